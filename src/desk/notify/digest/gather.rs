//! One message of many deadlines.

use super::Message;
use crate::desk::notify::message::{Facts, Item, Kind, Notice};
use jiff::Timestamp;
use std::{cmp::Reverse, collections::HashSet};
use uuid::Uuid;

/// The digest, or the notice itself where it is about one deadline: of each deadline of each ticket only the worst that happened, the worst first, then by the time at which they
/// are due.
pub(super) fn gather(notices: &[&Notice], most_items: usize, now: Timestamp, id: Uuid) -> Message {
    let mut worst_first = notices.to_vec();
    worst_first.sort_by_key(|notice| (Reverse(weight(notice.kind)), notice.facts.due, notice.at, notice.id));
    let mut seen = HashSet::new();
    let which = |notice: &Notice| {
        let clock = notice.facts.clock.as_ref().map(|clock| clock.en.clone());
        // Without a number, nothing says that two are the same.
        (notice.facts.number.clone().unwrap_or_else(|| notice.id.to_string()), clock)
    };
    worst_first.retain(|notice| seen.insert(which(notice)));
    let covers = notices.iter().map(|notice| notice.id).collect();
    if let [alone] = worst_first[..] {
        return Message { notice: alone.clone(), covers };
    }
    let items = worst_first.iter().take(most_items.max(1)).map(|notice| Item {
        kind: notice.kind,
        number: notice.facts.number.clone(),
        clock: notice.facts.clock.clone(),
        due: notice.facts.due,
    });
    let count = u32::try_from(worst_first.len()).unwrap_or(u32::MAX);
    let facts = Facts { count: Some(count), items: items.collect(), ..Facts::default() };
    Message { notice: Notice { id, kind: Kind::Digest, at: now, audience: worst_first[0].audience, facts }, covers }
}

fn weight(kind: Kind) -> u8 {
    match kind {
        Kind::DeadlineEscalated => 2,
        Kind::DeadlineBreached => 1,
        _ => 0,
    }
}
