//! When must something be done? Calendars and deadlines.
//!
//! A deadline is a pure function of a complaint's history, a calendar and a policy, at an instant: nothing about it is
//! stored, so a correction of any of the three corrects every deadline.
//!
//! 1. [`Calendar`] says when work is done, and counts working time between instants.
//! 2. [`Span`] is how long somebody has; [`Budget`] what that comes to from a start, by the [`DayRules`] of law or house.
//! 3. [`DeadlinePolicy`] says which [`Clock`] has which span for which complaint, what moves it, and who hears of a breach.
//! 4. [`Run`] is what one clock saw of a history: stretches that count, pauses, the end.
//! 5. [`deadlines`] puts them together: due, state, time left, warning, escalations, the next instant at which that changes.
//! 6. [`Deadline::explain`] says why, line by line.
//!
//! ```
//! use fenzhen::{desk::clock::*, taxonomy::{Language, Taxonomy}};
//! let policy = Preset::Retail.policy(&Taxonomy::retail()).unwrap();
//! let received: jiff::Timestamp = "2026-09-30T17:59+08:00".parse().unwrap();
//! let history = [Event::new(received, EventKind::Received)];
//! let subject = Subject { priority: Some("medium"), ..Subject::default() };
//! let all = deadlines(&history, &subject, &Calendar::office(), &policy, received).unwrap();
//! // Four working hours, one minute of them before National Day.
//! assert_eq!(all[0].clock, Clock::FirstResponse);
//! assert_eq!(all[0].due, Some("2026-10-08T14:29+08:00".parse().unwrap()));
//! assert!(all[0].explain(&Calendar::office(), Language::En).iter().any(|line| line.contains("National Day")));
//! ```

mod budget;
mod calendar;
mod deadline;
mod event;
mod explain;
mod history;
mod policy;
mod span;
#[cfg(test)]
mod tests;

pub use budget::{Budget, DayEnd, DayRules, WorkingDays};
pub use calendar::{Calendar, Day, Hours, Interval, Measure, SpecialDay, UnknownYear};
pub use deadline::{Deadline, Escalation, State, deadlines, next_change, promised};
pub use event::{Event, EventKind, PauseReason};
pub use history::{End, Pause, Run};
pub use policy::{Clock, ClockRule, DeadlinePolicy, Level, Preset, Restart, Subject, Target};
pub use span::{Span, Unit};
