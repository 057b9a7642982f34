//! From a history to what one clock saw of it: when it ran, when it paused, how it ended.

use super::{
    event::{Event, EventKind, PauseReason},
    policy::{ClockRule, Restart},
};
use jiff::Timestamp;

/// A stretch of time that does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// Why.
    pub reason: PauseReason,
    /// Since when.
    pub from: Timestamp,
    /// Until when; none while it lasts.
    pub to: Option<Timestamp>,
}

/// What ended a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub by: EventKind,
    /// Whether that was what the clock waited for; otherwise the complaint went away.
    pub reached: bool,
}

/// One clock's view of a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// When it began.
    pub started: Timestamp,
    /// What began it.
    pub by: EventKind,
    /// When it counted: rising, apart; the last has no end while it counts.
    pub stretches: Vec<(Timestamp, Option<Timestamp>)>,
    /// When it did not.
    pub pauses: Vec<Pause>,
    /// How it ended; none while it is open.
    pub end: Option<End>,
}

impl Run {
    /// The latest run of a clock in a history that is in order; none where nothing began it.
    pub(super) fn of(events: &[Event], rule: &ClockRule) -> Option<Run> {
        let mut run: Option<Run> = None;
        let (mut waiting, mut suspended) = (false, false);
        for event in events {
            match event.kind {
                EventKind::Waiting => waiting = true,
                EventKind::CustomerReplied => waiting = false,
                EventKind::Suspended => suspended = true,
                EventKind::Resumed
                | EventKind::Resolved
                | EventKind::Reopened
                | EventKind::Closed
                | EventKind::Withdrawn => (waiting, suspended) = (false, false),
                _ => {}
            }
            let open = run.as_mut().filter(|run| run.end.is_none());
            let stops = rule.stop.contains(&event.kind);
            let starts = rule.start.contains(&event.kind);
            match open {
                Some(open) if stops || matches!(event.kind, EventKind::Closed | EventKind::Withdrawn) => {
                    open.finish(event, stops);
                }
                None if starts => run = Some(begin(run.take(), event, rule.restart)),
                _ => {}
            }
            if let Some(open) = run.as_mut().filter(|run| run.end.is_none()) {
                let reasons = [(suspended, PauseReason::Suspended), (waiting, PauseReason::Waiting)];
                let holds = reasons.into_iter().find(|(holds, reason)| *holds && rule.pauses.contains(reason));
                open.hold(event.at, holds.map(|(_, reason)| reason));
            }
        }
        run
    }

    /// Why it does not count now; none while it counts or has ended.
    pub fn paused(&self) -> Option<&Pause> {
        self.pauses.last().filter(|pause| pause.to.is_none())
    }

    /// When it counts, where an ended clock counts on as if nothing had ended it: what its due instant is measured by.
    pub(super) fn stretches_without_end(&self) -> Vec<(Timestamp, Option<Timestamp>)> {
        let mut stretches = self.stretches.clone();
        match (self.end, stretches.last_mut()) {
            (Some(end), Some((_, to))) if *to == Some(end.at) => *to = None,
            (Some(end), _) => stretches.push((end.at, None)),
            (None, _) => {}
        }
        stretches
    }

    fn finish(&mut self, event: &Event, reached: bool) {
        self.cut(event.at);
        self.end = Some(End { at: event.at, by: event.kind, reached });
    }

    /// Counts on, or pauses for a reason, from an instant on.
    fn hold(&mut self, at: Timestamp, reason: Option<PauseReason>) {
        if self.paused().map(|pause| pause.reason) == reason {
            return;
        }
        self.cut(at);
        match reason {
            Some(reason) => self.pauses.push(Pause { reason, from: at, to: None }),
            None => self.stretches.push((at, None)),
        }
    }

    /// Ends the pause or the stretch that lasts.
    fn cut(&mut self, at: Timestamp) {
        let pause = self.pauses.last_mut().map(|pause| &mut pause.to).filter(|to| to.is_none());
        let stretch = self.stretches.last_mut().map(|(_, to)| to).filter(|to| to.is_none());
        if let Some(to) = pause.or(stretch) {
            *to = Some(at);
        }
    }
}

/// A run from its first event on, or the earlier one going on where the clock does not begin anew.
fn begin(earlier: Option<Run>, event: &Event, restart: Restart) -> Run {
    match earlier {
        Some(mut run) if restart == Restart::Continue => {
            if let Some(end) = run.end.take() {
                run.pauses.push(Pause { reason: PauseReason::Done, from: end.at, to: Some(event.at) });
            }
            run.stretches.push((event.at, None));
            run
        }
        _ => {
            Run { started: event.at, by: event.kind, stretches: vec![(event.at, None)], pauses: Vec::new(), end: None }
        }
    }
}
