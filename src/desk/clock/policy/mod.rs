//! Who has how long, as data: spans per clock, priority, category and channel; what starts, stops and pauses a clock; whom to
//! warn and to whom it goes when nobody acts. A TOML text, versioned apart from calendars.

mod parse;
mod presets;
#[cfg(test)]
mod tests;

pub use presets::Preset;

use super::{
    budget::DayRules,
    event::{EventKind, PauseReason},
    span::Span,
};
use crate::{
    Error, Result,
    taxonomy::{Language, Name, Taxonomy},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, path::Path};

/// What is timed. In policies and over HTTP each has its name in snake case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// Until the customer hears from us.
    FirstResponse,
    /// Until there is a plan.
    Plan,
    /// Until it is solved.
    Resolution,
    /// Until a supervisor decides on a plan.
    Approval,
    /// Until the customer is told the result.
    Feedback,
    /// Until the customer is asked whether all is well.
    Survey,
}

impl Clock {
    /// All, in the order of a complaint's life.
    pub const ALL: [Clock; 6] =
        [Clock::FirstResponse, Clock::Plan, Clock::Resolution, Clock::Approval, Clock::Feedback, Clock::Survey];

    /// The stable name: `first_response`.
    pub fn id(self) -> &'static str {
        match self {
            Clock::FirstResponse => "first_response",
            Clock::Plan => "plan",
            Clock::Resolution => "resolution",
            Clock::Approval => "approval",
            Clock::Feedback => "feedback",
            Clock::Survey => "survey",
        }
    }

    /// What people call it.
    pub fn name(self) -> Name {
        let (zh, en) = match self {
            Clock::FirstResponse => ("首次响应", "First response"),
            Clock::Plan => ("处理方案", "Plan"),
            Clock::Resolution => ("处理完成", "Resolution"),
            Clock::Approval => ("审核", "Approval"),
            Clock::Feedback => ("反馈客户", "Feedback to the customer"),
            Clock::Survey => ("回访", "Survey"),
        };
        Name { zh: zh.into(), en: en.into() }
    }
}

/// What happens to a clock that has ended when its start comes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Restart {
    /// It begins anew with all its time.
    Fresh,
    /// It goes on with the time that was left.
    Continue,
}

/// What moves a clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockRule {
    /// Any of these starts it.
    pub start: Vec<EventKind>,
    /// Any of these is what it waits for. Closing and withdrawing a complaint end it too, without reaching that.
    pub stop: Vec<EventKind>,
    /// Why it may pause.
    pub pauses: Vec<PauseReason>,
    /// What a second start does.
    pub restart: Restart,
}

impl ClockRule {
    /// What moves a clock that a policy says nothing about.
    pub fn default_for(clock: Clock) -> Self {
        use EventKind::*;
        let (start, stop): (&[EventKind], &[EventKind]) = match clock {
            Clock::FirstResponse => (&[Received], &[Responded, FeedbackGiven]),
            Clock::Plan => (&[Received, Reopened], &[Planned, Resolved]),
            Clock::Resolution => (&[Received, Reopened], &[Resolved]),
            Clock::Approval => (&[ApprovalRequested], &[Approved, Rejected]),
            Clock::Feedback => (&[Resolved], &[FeedbackGiven]),
            Clock::Survey => (&[FeedbackGiven], &[Surveyed]),
        };
        let pauses: &[PauseReason] = match clock {
            // Nobody waits for the customer before the first answer, nor when it is the supervisor's turn.
            Clock::FirstResponse | Clock::Approval | Clock::Feedback | Clock::Survey => &[PauseReason::Suspended],
            Clock::Plan | Clock::Resolution => &[PauseReason::Waiting, PauseReason::Suspended],
        };
        ClockRule { start: start.into(), stop: stop.into(), pauses: pauses.into(), restart: Restart::Fresh }
    }
}

/// What a complaint is, as far as rules ask. What is not known yet meets no condition.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Subject<'a> {
    /// The id of its priority.
    pub priority: Option<&'a str>,
    /// The id of its category, the second level.
    pub category: Option<&'a str>,
    /// Where it came in; case does not matter.
    pub channel: Option<&'a str>,
}

/// A label that a rule asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    /// One of these, by id: a group stands for all its categories.
    ids: BTreeSet<String>,
    name: Name,
}

/// What a rule asks of a complaint; nothing: it is for all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Conditions {
    category: Option<Wanted>,
    group: Option<Wanted>,
    channel: Option<String>,
    priority: Option<Wanted>,
}

impl Conditions {
    fn hold(&self, subject: &Subject) -> bool {
        let meets = |wanted: &Option<Wanted>, id: Option<&str>| {
            wanted.as_ref().is_none_or(|wanted| id.is_some_and(|id| wanted.ids.contains(id)))
        };
        let channel = |wanted: &String| subject.channel.is_some_and(|channel| channel.to_lowercase() == *wanted);
        meets(&self.category, subject.category)
            && meets(&self.group, subject.category)
            && meets(&self.priority, subject.priority)
            && self.channel.as_ref().is_none_or(channel)
    }

    /// A category says more than its group, that more than a channel, that more than a priority; and any of them more than
    /// all that come after it together. So two rules that both hold are never equally specific unless they ask the same.
    fn specificity(&self) -> [bool; 4] {
        [self.category.is_some(), self.group.is_some(), self.channel.is_some(), self.priority.is_some()]
    }

    fn tell(&self, language: Language) -> String {
        let zh = language == Language::Zh;
        let named = |what: (&str, &str), name: &str| match zh {
            true => format!("{}「{name}」", what.0),
            false => format!("{} \"{name}\"", what.1),
        };
        let category = self.category.as_ref().or(self.group.as_ref());
        let parts = [
            category.map(|wanted| named(("类别", "category"), wanted.name.get(language))),
            self.channel.as_ref().map(|channel| named(("渠道", "channel"), channel)),
            self.priority.as_ref().map(|wanted| named(("优先级", "priority"), wanted.name.get(language))),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        match (parts.is_empty(), zh) {
            (true, true) => "所有投诉".into(),
            (true, false) => "all complaints".into(),
            (false, true) => parts.join("、"),
            (false, false) => parts.join(", "),
        }
    }
}

/// How long each clock has for some complaints.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    conditions: Conditions,
    /// Parallel to [`Clock::ALL`]. Outside: whether the rule says anything; inside: none where the clock is off.
    spans: [Option<Option<Span>>; 6],
}

/// Where a breached clock goes next for some complaints.
#[derive(Debug, Clone, PartialEq, Eq)]
struct EscalationRule {
    clock: Option<Clock>,
    conditions: Conditions,
    level: u8,
    after: Span,
    to: Vec<String>,
}

/// A level of escalation as it holds for one clock of one complaint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level<'a> {
    /// From 1 on.
    pub level: u8,
    /// How long after the breach.
    pub after: Span,
    /// The roles it goes to.
    pub to: &'a [String],
}

/// How long one clock has for one complaint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// How long.
    pub span: Span,
    /// For which complaints the rule is that says so.
    pub rule: Name,
}

/// A checked policy of deadlines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadlinePolicy {
    pub id: String,
    pub version: String,
    /// The share of a clock's time, in percent, that is left when it is time to warn.
    pub warn_left: u8,
    /// The roles that are warned.
    pub warn_to: Vec<String>,
    /// How spans in days are counted.
    pub days: DayRules,
    clocks: [ClockRule; 6],
    rules: Vec<Rule>,
    escalations: Vec<EscalationRule>,
}

impl DeadlinePolicy {
    /// Reads a policy and checks it against the taxonomy whose labels it names; `path` is only for messages.
    ///
    /// # Errors
    /// [`Error::Deadlines`] with the line at fault: unknown keys, clocks, events and labels, bad spans, rules that say the
    /// same twice.
    pub fn parse(text: &str, path: &Path, taxonomy: &Taxonomy) -> Result<Self> {
        parse::policy(text, taxonomy)
            .map_err(|fault| Error::Deadlines { path: path.to_owned(), reason: fault.tell(text) })
    }

    /// What moves a clock.
    pub fn clock(&self, clock: Clock) -> &ClockRule {
        &self.clocks[clock as usize]
    }

    /// How long a clock has: what the most specific rule says that says anything about it; none where it is off.
    pub fn target(&self, clock: Clock, subject: &Subject) -> Option<Target> {
        let rules = self.rules.iter().filter(|rule| rule.conditions.hold(subject));
        let saying = rules.filter_map(|rule| Some((rule, rule.spans[clock as usize]?)));
        let (rule, span) = saying.max_by_key(|(rule, _)| rule.conditions.specificity())?;
        let tell = |language| rule.conditions.tell(language);
        Some(Target { span: span?, rule: Name { zh: tell(Language::Zh), en: tell(Language::En) } })
    }

    /// The levels of escalation of a clock, rising; of each the most specific rule.
    pub fn levels(&self, clock: Clock, subject: &Subject) -> Vec<Level<'_>> {
        let holds = |rule: &&EscalationRule| rule.clock.is_none_or(|own| own == clock) && rule.conditions.hold(subject);
        let mut rules: Vec<&EscalationRule> = self.escalations.iter().filter(holds).collect();
        rules
            .sort_by_key(|rule| (rule.level, std::cmp::Reverse((rule.conditions.specificity(), rule.clock.is_some()))));
        rules.dedup_by_key(|rule| rule.level);
        rules.iter().map(|rule| Level { level: rule.level, after: rule.after, to: &rule.to }).collect()
    }

    /// Every role that the policy names, once: for those who must know who that is.
    pub fn roles(&self) -> BTreeSet<&str> {
        let escalated = self.escalations.iter().flat_map(|rule| &rule.to);
        self.warn_to.iter().chain(escalated).map(String::as_str).collect()
    }
}
