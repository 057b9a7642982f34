//! What happened to a complaint, as far as clocks care.

use crate::taxonomy::{Language, Name};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What happened. In policies and over HTTP each has its name in snake case: `approval_requested`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The complaint came in.
    Received,
    /// Somebody registered it (受理).
    Accepted,
    /// It got a department or a person.
    Assigned,
    /// The customer heard from us for the first time, or again.
    Responded,
    /// There is a plan for what to do.
    Planned,
    /// A supervisor was asked to approve.
    ApprovalRequested,
    Approved,
    Rejected,
    /// Only the customer can take it on; counted time pauses.
    Waiting,
    /// The customer answered: ends `Waiting`.
    CustomerReplied,
    /// Work was put aside; counted time pauses.
    Suspended,
    /// Work goes on: ends `Suspended` and `Waiting`.
    Resumed,
    Resolved,
    /// The customer was told the result.
    FeedbackGiven,
    /// The customer was asked whether all is well (回访).
    Surveyed,
    /// The customer withdrew it, or it was merged into another.
    Withdrawn,
    Closed,
    Reopened,
}

impl EventKind {
    /// What people call it.
    pub fn name(self) -> Name {
        let (zh, en) = match self {
            EventKind::Received => ("收到投诉", "complaint received"),
            EventKind::Accepted => ("受理", "accepted"),
            EventKind::Assigned => ("派发", "assigned"),
            EventKind::Responded => ("响应客户", "customer answered"),
            EventKind::Planned => ("给出方案", "plan made"),
            EventKind::ApprovalRequested => ("提交审核", "approval requested"),
            EventKind::Approved => ("审核通过", "approved"),
            EventKind::Rejected => ("审核退回", "rejected"),
            EventKind::Waiting => ("等待客户", "waiting for the customer"),
            EventKind::CustomerReplied => ("客户回复", "customer replied"),
            EventKind::Suspended => ("挂起", "suspended"),
            EventKind::Resumed => ("恢复处理", "resumed"),
            EventKind::Resolved => ("处理完成", "resolved"),
            EventKind::FeedbackGiven => ("反馈客户", "customer told the result"),
            EventKind::Surveyed => ("回访", "customer surveyed"),
            EventKind::Withdrawn => ("撤回或合并", "withdrawn or merged"),
            EventKind::Closed => ("归档", "closed"),
            EventKind::Reopened => ("重新打开", "reopened"),
        };
        Name { zh: zh.into(), en: en.into() }
    }

    /// What people call it in one language.
    pub(super) fn tell(self, language: Language) -> String {
        self.name().get(language).to_owned()
    }
}

/// One entry of a complaint's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// When it took effect.
    pub at: Timestamp,
    /// The place in the history, which decides between events of one instant; 0 where there is none.
    pub sequence: u64,
    /// What happened.
    pub kind: EventKind,
}

impl Event {
    /// An event without a place in the history.
    pub fn new(at: Timestamp, kind: EventKind) -> Self {
        Event { at, sequence: 0, kind }
    }
}

/// The events up to an instant in the order in which they count: by time, by place in the history, and where neither tells,
/// in the order of a complaint's life. How they are handed in makes no difference.
pub(super) fn in_order(events: &[Event], until: Timestamp) -> Vec<Event> {
    let mut events: Vec<Event> = events.iter().copied().filter(|event| event.at <= until).collect();
    events.sort_by_key(|event| (event.at, event.sequence, event.kind));
    events
}

/// Why a clock does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseReason {
    /// Only the customer can take it on.
    Waiting,
    /// Work was put aside.
    Suspended,
    /// It was done, and begun again later. No policy names it: it pauses a clock by itself.
    #[serde(skip_deserializing)]
    Done,
}

impl PauseReason {
    /// What people call it.
    pub fn name(self) -> Name {
        let (zh, en) = match self {
            PauseReason::Waiting => ("等待客户回复", "waiting for the customer"),
            PauseReason::Suspended => ("挂起", "suspended"),
            PauseReason::Done => ("已完成、尚未重新开始", "done and not begun again"),
        };
        Name { zh: zh.into(), en: en.into() }
    }
}
