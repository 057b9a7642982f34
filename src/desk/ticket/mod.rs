//! The ticket: what comes of a complaint, who did what to it, and what may be done next.
//!
//! A ticket is its history. Events are only added, and everything that is known of a ticket is folded from them:
//!
//! 1. [`Number`] is the complaint number, with a check digit.
//! 2. [`Event`] says when, who and what: one of the kinds of [`Fact`]. [`Event::from_json`] reads stored ones.
//! 3. [`Ticket`] is the state after a history: the [`Node`] of 受理 → 调查 → 处理 → 审核 → 反馈 → 回访 → 归档, a pause that may
//!    lie over it, department, agent, proposal, approval and the rest.
//! 4. [`Action`] is what somebody wants; [`Rules::decide`] holds it against role, departments and state, and gives the
//!    events that come of it. [`Rules::allowed`] says what is possible now, by the same rules.
//! 5. [`TicketPolicy`] says what a supervisor must approve, and how long things stay open.
//! 6. [`Rules::customer_timeline`], [`Rules::staff_timeline`] and [`steps`] tell a history.
//! 7. [`BounceStats`] says how well tickets are dispatched.
//!
//! All of it is pure. Storing the events of a command, all or none and only where the version is still the same, is the
//! store's part.
//!
//! ```
//! use fenzhen::{desk::ticket::*, taxonomy::Taxonomy};
//! let taxonomy = Taxonomy::retail();
//! let policy = TicketPolicy::default_for(&taxonomy);
//! let rules = Rules { policy: &policy, taxonomy: &taxonomy };
//! let now: jiff::Timestamp = "2026-11-26T09:00+08:00".parse().unwrap();
//! let opening = Opening {
//!     number: Number::new("2026-11-26".parse().unwrap(), 123)?,
//!     channel: Some("app".into()),
//!     customer: Some("c9".into()),
//!     priority: "medium".into(),
//!     labels: Default::default(),
//! };
//! let mut history = vec![rules.open(opening, &Actor::system("intake"), now)?];
//! let mut ticket = Ticket::replay(&history)?;
//! let agent = Actor::staff(Role::Agent, "a7", ["logistics"]);
//! for action in [
//!     Action::Accept {},
//!     Action::Assign { department: "logistics".into(), group: None, agent: None },
//!     Action::Start {},
//!     Action::Investigate { findings: "承运商中转站积压".into() },
//! ] {
//!     for event in rules.decide(&ticket, &action.into(), &agent, now)? {
//!         ticket.apply(&event)?;
//!         history.push(event);
//!     }
//! }
//! assert_eq!(ticket.node, Node::Handle);
//! assert_eq!(ticket.agent.as_deref(), Some("a7"), "who starts becomes the agent");
//! let refused = rules.decide(&ticket, &Action::Start {}.into(), &agent, now).unwrap_err();
//! assert!(refused.to_string().contains("is at handle (processing), where `start` is not possible; possible now:"));
//! # Ok::<(), fenzhen::Error>(())
//! ```

mod action;
mod actor;
mod bounce;
mod decide;
mod event;
mod node;
mod number;
mod policy;
mod state;
mod summary;
#[cfg(test)]
mod tests;
mod version;
mod view;
mod words;

pub use action::{Action, ActionKind, Command};
pub use actor::{Actor, By, Role, Scope};
pub use bounce::{BounceStats, PingPong, Tally};
pub use decide::{Opening, Rules};
pub use event::{
    ApprovalReason, Cause, Ending, Event, Evidence, Fact, Head, Party, PriorityCause, Relation, Subject, Visibility,
};
pub use node::{Colour, Node, Status};
pub use number::{Number, NumberFault};
pub use policy::{ApprovalRule, TicketPolicy};
pub use state::{Approval, Dispatch, End, Held, Move, MoveCause, Pause, PauseKind, Proposal, Route, Ticket};
pub use version::{Expected, etag};
pub use view::{CustomerLine, Mark, Reach, StaffLine, Step, Stop, Visit, steps};
