//! Complaints as they are counted.

use crate::desk::ticket::Number;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// A complaint that is counted: a row of `SELECT number, party, received_at, is_duplicate …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The complaint number.
    pub number: Number,
    /// Who complains: customer id, else blind index of the contact; none where nothing is known.
    pub party: Option<String>,
    /// When it came in.
    pub at: Timestamp,
    /// Whether it tells an earlier one again. It belongs to what the earlier one belongs to, and does not count.
    pub duplicate: bool,
}

/// The places, in a list ordered by time, of all that lie in a window with enough complaints of enough customers.
///
/// A window is half-open, `[start, start + length)`, and begins with a complaint: no other can hold more.
pub(super) fn crowded(sorted: &[&Member], length: SignedDuration, count: usize, parties: usize) -> Vec<usize> {
    let mut crowded = BTreeSet::new();
    let mut end = 0;
    for (start, first) in sorted.iter().enumerate() {
        while end < sorted.len() && sorted[end].at.duration_since(first.at) < length {
            end += 1;
        }
        let window = &sorted[start..end];
        let counted = window.iter().filter(|member| !member.duplicate);
        if counted.clone().count() >= count && distinct(counted.copied()) >= parties {
            crowded.extend(start..end);
        }
    }
    crowded.into_iter().collect()
}

/// How many there are in the fullest window that holds the one at `place`, of a list ordered by time.
pub(super) fn fullest(sorted: &[&Member], place: usize, length: SignedDuration) -> usize {
    let within = |from: &Member, to: &Member| to.at.duration_since(from.at) < length;
    let starts = (0..=place).filter(|&start| within(sorted[start], sorted[place]));
    let counts = starts.map(|start| sorted[start..].iter().take_while(|last| within(sorted[start], last)).count());
    counts.max().unwrap_or(0)
}

/// How many customers; every complaint of nobody known is one of its own.
fn distinct<'a>(members: impl Iterator<Item = &'a Member>) -> usize {
    let (mut known, mut unknown) = (BTreeSet::new(), 0);
    for member in members {
        match member.party.as_deref() {
            Some(party) => _ = known.insert(party),
            None => unknown += 1,
        }
    }
    known.len() + unknown
}

/// Ordered by time, each number once, the new one among them.
pub(super) fn in_order<'a>(new: &'a Member, others: &'a [Member]) -> Vec<&'a Member> {
    let mut all: Vec<&Member> = others.iter().filter(|other| other.number != new.number).chain([new]).collect();
    all.sort_by_key(|member| (member.at, member.number));
    all.dedup_by_key(|member| member.number);
    all
}
