//! Deadlines: history, calendar and policy put together at an instant.

use super::{
    budget::{Budget, DayRules},
    calendar::{Calendar, Measure, UnknownYear},
    event::{Event, in_order},
    history::Run,
    policy::{Clock, DeadlinePolicy, Subject, Target},
    span::Unit,
};
use crate::Result;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// How a clock stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nothing started it yet.
    NotStarted,
    /// It counts.
    Running,
    /// It is not over and does not count.
    Paused,
    /// What it waited for came by the due instant.
    Met,
    /// The due instant came first, whether or not it was done later.
    Breached,
    /// The complaint was closed or withdrawn before it was due.
    Cancelled,
}

/// A level of escalation that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Escalation {
    /// From 1 on.
    pub level: u8,
    /// The roles it goes to.
    pub to: Vec<String>,
    /// Since when it is due.
    pub at: Timestamp,
}

/// One clock of a complaint at an instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Deadline {
    /// What is timed.
    pub clock: Clock,
    /// How long it has, and which rule says so.
    pub target: Target,
    /// How it stands.
    pub state: State,
    /// What it saw of the history; none while it has not started.
    pub run: Option<Run>,
    /// How spans in days were counted.
    pub days: DayRules,
    /// All the time that it has, from its start, and what is counted for it.
    pub total: Option<Budget>,
    /// When it is due; none while it has not started, or pauses with time left.
    pub due: Option<Timestamp>,
    /// Where the last calendar day was a day off: the instant at which it would have been due.
    pub rolled_from: Option<Timestamp>,
    /// When as little is left as the policy warns at; none while that cannot be known, or where it never warns.
    pub warning: Option<Timestamp>,
    /// Counted time that has passed.
    pub used: SignedDuration,
    /// Counted time that is left; negative: so much too late.
    pub left: SignedDuration,
    /// The left share of the total, from 0 to 1.
    pub share_left: f64,
    /// Whether the clock is open and the warning due.
    pub warned: bool,
    /// The levels of escalation that are due, rising; none once the clock has ended.
    pub escalations: Vec<Escalation>,
    /// The next instant at which warning, breach or an escalation falls due if nothing happens until then.
    pub next_change: Option<Timestamp>,
    /// Years on which the due instant depends and whose public holidays the calendar does not know.
    pub unknown_years: Vec<UnknownYear>,
}

/// The clocks that a policy sets for a complaint, in the order of [`Clock::ALL`], as they stand at an instant. Events later
/// than that have not happened yet; the order of `events` makes no difference.
///
/// # Errors
/// [`crate::Error::DeadlineOutOfReach`].
pub fn deadlines(
    events: &[Event],
    subject: &Subject,
    calendar: &Calendar,
    policy: &DeadlinePolicy,
    now: Timestamp,
) -> Result<Vec<Deadline>> {
    let events = in_order(events, now);
    let mut deadlines = Vec::with_capacity(Clock::ALL.len());
    for clock in Clock::ALL {
        let Some(target) = policy.target(clock, subject) else { continue };
        let idle = Deadline::idle(clock, target, policy.days);
        deadlines.push(match Run::of(&events, policy.clock(clock)) {
            None => idle,
            Some(run) => idle.at(run, subject, calendar, policy, now)?,
        });
    }
    Ok(deadlines)
}

/// What a customer is promised: the plan, where there is to be one (预计今日18:00前给出方案). Other clocks are the house's own.
pub fn promised(deadlines: &[Deadline]) -> Option<Timestamp> {
    let plan = deadlines.iter().find(|deadline| deadline.clock == Clock::Plan && deadline.is_open());
    plan.and_then(|plan| plan.due)
}

/// The next instant at which one of some deadlines changes by itself: when a timer must look again.
pub fn next_change(deadlines: &[Deadline]) -> Option<Timestamp> {
    deadlines.iter().filter_map(|deadline| deadline.next_change).min()
}

impl Deadline {
    fn idle(clock: Clock, target: Target, days: DayRules) -> Self {
        Deadline {
            clock,
            target,
            state: State::NotStarted,
            run: None,
            days,
            total: None,
            due: None,
            rolled_from: None,
            warning: None,
            used: SignedDuration::ZERO,
            left: SignedDuration::ZERO,
            share_left: 1.0,
            warned: false,
            escalations: Vec::new(),
            next_change: None,
            unknown_years: Vec::new(),
        }
    }

    /// Whether it has started and what it waits for has not come.
    pub fn is_open(&self) -> bool {
        self.run.as_ref().is_some_and(|run| run.end.is_none())
    }

    /// Whether somebody must hear of it by now: it is open, and nearly over or over.
    pub fn is_urgent(&self) -> bool {
        self.is_open() && (self.warned || self.state == State::Breached)
    }

    fn at(
        mut self,
        run: Run,
        subject: &Subject,
        calendar: &Calendar,
        policy: &DeadlinePolicy,
        now: Timestamp,
    ) -> Result<Self> {
        let path = Path { calendar, stretches: run.stretches_without_end() };
        let mut total = calendar.budget(self.target.span, &policy.days, run.started)?;
        self.due = path.reach(total)?;
        if self.target.span.unit() == Unit::CalendarDays {
            // The day to which it gives way may be lost to a pause again: then the end moves on.
            while let Some(due) = self.due
                && let Some(later) = calendar.roll_forward(due, &policy.days)?
            {
                self.rolled_from.get_or_insert(due);
                total.amount += calendar.count(total.measure, due, later);
                self.due = path.reach(total)?;
            }
        }
        self.used = path.counted(total.measure, run.end.map_or(now, |end| end.at));
        self.left = total.amount - self.used;
        self.share_left = share(self.left, total.amount);
        self.warning = match policy.warn_left {
            0 => None,
            percent => path.reach(Budget { amount: part(total.amount, 100 - percent), ..total })?,
        };
        self.state = match (&run.end, self.due) {
            (Some(end), Some(due)) if end.at > due => State::Breached,
            (Some(end), _) if end.reached => State::Met,
            (Some(_), _) => State::Cancelled,
            (None, Some(due)) if now >= due => State::Breached,
            (None, _) if run.paused().is_some() => State::Paused,
            (None, _) => State::Running,
        };
        if self.target.span.asks_calendar() {
            let last = self.due.or(run.paused().map(|pause| pause.from)).unwrap_or(now);
            self.unknown_years = calendar.unknown_years(run.started, last);
        }
        self.total = Some(total);
        self.run = Some(run);
        if self.is_open() {
            self.warned = self.warning.is_some_and(|warning| warning <= now);
            let escalations = self.escalations(&path, subject, policy)?;
            let times = [self.warning, self.due].into_iter().flatten();
            let times = times.chain(escalations.iter().map(|escalation| escalation.at));
            self.next_change = times.filter(|time| *time > now).min();
            self.escalations = escalations.into_iter().filter(|escalation| escalation.at <= now).collect();
        }
        Ok(self)
    }

    /// When each level falls due, as far as that can be known.
    fn escalations(&self, path: &Path, subject: &Subject, policy: &DeadlinePolicy) -> Result<Vec<Escalation>> {
        let Some(due) = self.due else { return Ok(Vec::new()) };
        let after = path.after(due);
        let mut escalations = Vec::new();
        for level in policy.levels(self.clock, subject) {
            let budget = path.calendar.budget(level.after, &policy.days, due)?;
            let at = if budget.amount > SignedDuration::ZERO { after.reach(budget)? } else { Some(due) };
            escalations.extend(at.map(|at| Escalation { level: level.level, to: level.to.to_vec(), at }));
        }
        Ok(escalations)
    }
}

/// The stretches of time that count, and the calendar by which they do.
struct Path<'a> {
    calendar: &'a Calendar,
    stretches: Vec<(Timestamp, Option<Timestamp>)>,
}

impl Path<'_> {
    /// The earliest instant by which a budget is used up; none where a pause without an end comes first.
    fn reach(&self, budget: Budget) -> Result<Option<Timestamp>> {
        let mut left = budget.amount;
        for &(from, to) in &self.stretches {
            let counted = to.map(|to| self.calendar.count(budget.measure, from, to));
            match counted.filter(|counted| *counted < left) {
                Some(counted) => left -= counted,
                None => return self.calendar.advance(budget.measure, from, left).map(Some),
            }
        }
        Ok(None)
    }

    /// What was counted until an instant.
    fn counted(&self, measure: Measure, until: Timestamp) -> SignedDuration {
        let ends = |to: Option<Timestamp>| to.map_or(until, |to| to.min(until));
        let counts = self.stretches.iter().map(|&(from, to)| self.calendar.count(measure, from.min(until), ends(to)));
        counts.fold(SignedDuration::ZERO, SignedDuration::saturating_add)
    }

    /// What of it lies after an instant.
    fn after(&self, instant: Timestamp) -> Path<'_> {
        let left = self.stretches.iter().filter(|(_, to)| to.is_none_or(|to| to > instant));
        Path { calendar: self.calendar, stretches: left.map(|&(from, to)| (from.max(instant), to)).collect() }
    }
}

/// A part of a duration, in percent, to the nanosecond.
fn part(amount: SignedDuration, percent: u8) -> SignedDuration {
    SignedDuration::from_nanos_i128(amount.as_nanos() * i128::from(percent) / 100)
}

fn share(left: SignedDuration, total: SignedDuration) -> f64 {
    match total.is_zero() {
        true => 0.0,
        false => (left.as_secs_f64() / total.as_secs_f64()).clamp(0.0, 1.0),
    }
}
