//! Many customers who say the same.

use super::{case::Case, policy::RelatePolicy, sentence};
use crate::{desk::ticket::Number, taxonomy::Name};
use std::collections::BTreeSet;

/// What a wave looks like. Only a hint: a person decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaveKind {
    /// Most come from known customers or name an order: a group complaint, perhaps with a text that they share.
    Group,
    /// Most have neither: perhaps spam, or a campaign.
    Flood,
}

/// Complaints of many customers with nearly the same words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wave {
    pub kind: WaveKind,
    /// All of them, by number, the new one too.
    pub members: Vec<Number>,
    /// How many customers.
    pub customers: usize,
    pub reason: Name,
}

/// Whether a complaint is one of a wave. `others` are those that share a key of its fingerprint; those with other words, or
/// too far away in time, are passed over. The more there are, the more it is a wave: further complaints never undo one.
pub fn wave(new: &Case, others: &[Case], policy: &RelatePolicy) -> Option<Wave> {
    let read = new.read();
    if !read.shingles.tell() {
        return None;
    }
    let alike = others.iter().filter(|other| {
        let in_time = new.at.duration_since(other.at).abs() < policy.wave_within;
        in_time && policy.is_near(read.shingles.likeness(&other.read().shingles))
    });
    let all: Vec<&Case> = alike.chain([new]).collect();
    let members: BTreeSet<Number> = all.iter().map(|case| case.number).collect();
    let customers = all.iter().map(|case| case.party()).collect::<BTreeSet<_>>().len();
    if customers < policy.wave_customers {
        return None;
    }
    let anonymous: BTreeSet<Number> = all.iter().filter(|case| case.is_nameless()).map(|case| case.number).collect();
    let kind = match anonymous.len() * 2 > members.len() {
        true => WaveKind::Flood,
        false => WaveKind::Group,
    };
    let reason = sentence::wave(customers, members.len(), policy.wave_within.as_hours(), anonymous.len());
    Some(Wave { kind, members: members.into_iter().collect(), customers, reason })
}
