//! Many deadlines, few messages: what of one recipient's notices is sent now, and what waits for company.
//!
//! The first warning goes at once. Then it is quiet for a window, and whatever came in it goes as one digest at its end. A
//! breach or an escalation waits for less, and takes along what waits.

mod gather;
#[cfg(test)]
mod tests;

use super::message::{Kind, Notice};
use gather::gather;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// How long deadlines may wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestPolicy {
    /// How long a recipient has peace after a message about deadlines: no warning waits longer.
    pub window: SignedDuration,
    /// How long a breach or an escalation may wait, within that window; zero: never.
    pub urgent_wait: SignedDuration,
    /// How many deadlines a message lists; it tells how many there are in all.
    pub most_items: usize,
}

impl Default for DigestPolicy {
    /// 15 minutes, 2 minutes, 30.
    fn default() -> Self {
        DigestPolicy {
            window: SignedDuration::from_mins(15),
            urgent_wait: SignedDuration::from_mins(2),
            most_items: 30,
        }
    }
}

/// A message to send now, and the notices that it tells: their deliveries are done when it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What to send: one of the pending notices, or a digest of several deadlines.
    pub notice: Notice,
    /// The ids of the pending notices in it.
    pub covers: Vec<Uuid>,
}

/// What to do with one recipient's pending notices. Each of them is in exactly one message, or held.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// What to send now.
    pub now: Vec<Message>,
    /// The ids of what waits.
    pub held: Vec<Uuid>,
    /// When to ask again, where something waits: always later than now.
    pub until: Option<Timestamp>,
}

/// Plans the notices that wait for one recipient, of one audience. `last` is when that recipient was last sent a message
/// about deadlines; `id` becomes the id of a digest. Notices of other kinds are never held and never gathered; software, which
/// reads every notice by itself, needs no plan.
pub fn plan(pending: &[Notice], last: Option<Timestamp>, policy: &DigestPolicy, now: Timestamp, id: Uuid) -> Plan {
    let (deadlines, others): (Vec<&Notice>, Vec<&Notice>) = pending.iter().partition(|notice| gathers(notice.kind));
    let alone = |notice: &Notice| Message { notice: notice.clone(), covers: vec![notice.id] };
    let mut plan = Plan { now: others.into_iter().map(alone).collect(), ..Plan::default() };
    let Some(release) = deadlines.iter().map(|notice| release(notice, last, policy)).min() else { return plan };
    if release > now {
        plan.held = deadlines.iter().map(|notice| notice.id).collect();
        plan.until = Some(release);
    } else {
        plan.now.push(gather(&deadlines, policy.most_items, now, id));
    }
    plan
}

/// The kinds of notices that are gathered.
pub const GATHERED: [Kind; 3] = [Kind::DeadlineWarning, Kind::DeadlineBreached, Kind::DeadlineEscalated];

fn gathers(kind: Kind) -> bool {
    GATHERED.contains(&kind)
}

/// When a notice has to go: at the end of the window, and never later than its kind may wait, whatever clocks did.
fn release(notice: &Notice, last: Option<Timestamp>, policy: &DigestPolicy) -> Timestamp {
    let Some(last) = last else { return Timestamp::MIN };
    let wait = match notice.kind {
        Kind::DeadlineWarning => policy.window,
        _ => policy.urgent_wait,
    };
    let after = |from: Timestamp, wait: SignedDuration| from.checked_add(wait).unwrap_or(Timestamp::MAX);
    after(last, policy.window).min(after(notice.at, wait))
}
