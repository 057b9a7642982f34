//! An incident from its first member to its end.

use super::Rule;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// An incident: a row of its own, with the key as a unique column. Its members are rows beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// [`incident_key`](super::incident_key).
    pub key: String,
    /// Which rule found it.
    pub rule: Rule,
    /// When its first member came in.
    pub started_at: Timestamp,
    /// When its latest member came in.
    pub latest_at: Timestamp,
    /// When it was closed, by time or by a person.
    pub closed_at: Option<Timestamp>,
}

/// How an incident stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Complaints come in.
    Open,
    /// None came for the rule's quiet time. One more opens it again.
    Quiet,
    /// None came for twice that time, or a person closed it. The next begins another incident.
    Closed,
}

impl Incident {
    /// A new one with the times of its members; of none: at `now`.
    pub fn open(key: String, rule: Rule, members: impl IntoIterator<Item = Timestamp>, now: Timestamp) -> Self {
        let times: Vec<Timestamp> = members.into_iter().collect();
        let started_at = times.iter().min().copied().unwrap_or(now);
        let latest_at = times.iter().max().copied().unwrap_or(now);
        Incident { key, rule, started_at, latest_at, closed_at: None }
    }

    /// One member more. The order in which members join means nothing.
    pub fn join(&mut self, at: Timestamp) {
        self.started_at = self.started_at.min(at);
        self.latest_at = self.latest_at.max(at);
    }

    /// How it stands at an instant, with the quiet time of its rule.
    pub fn stage(&self, quiet: SignedDuration, now: Timestamp) -> Stage {
        let silent = now.duration_since(self.latest_at);
        if self.closed_at.is_some() || silent >= quiet + quiet {
            Stage::Closed
        } else if silent >= quiet {
            Stage::Quiet
        } else {
            Stage::Open
        }
    }

    /// When its stage changes if nobody complains: then `now` is to be looked at again. None: never.
    pub fn next_change(&self, quiet: SignedDuration, now: Timestamp) -> Option<Timestamp> {
        let after = match self.stage(quiet, now) {
            Stage::Open => quiet,
            Stage::Quiet => quiet + quiet,
            Stage::Closed => return None,
        };
        self.latest_at.checked_add(after).ok()
    }

    /// Whether a complaint of this time can become a member.
    pub fn takes(&self, at: Timestamp, quiet: SignedDuration) -> bool {
        self.stage(quiet, at) != Stage::Closed
    }
}
