//! A desk with one ticket to play on.

use super::*;
use std::sync::LazyLock;

/// Read once: the properties open thousands of desks.
static RETAIL: LazyLock<(Taxonomy, TicketPolicy)> = LazyLock::new(|| {
    let taxonomy = Taxonomy::retail();
    let policy = TicketPolicy::default_for(&taxonomy);
    (taxonomy, policy)
});

/// One ticket, its history, and a clock that is moved by hand.
#[derive(Clone)]
pub struct Desk {
    pub taxonomy: Taxonomy,
    pub policy: TicketPolicy,
    pub history: Vec<Event>,
    pub ticket: Ticket,
    pub now: Timestamp,
}

pub fn agent() -> Actor {
    Actor::staff(Role::Agent, "STAFF-a7", ["logistics"])
}

pub fn supervisor() -> Actor {
    Actor::everywhere(Role::Supervisor, "STAFF-s1")
}

pub fn customer() -> Actor {
    Actor::customer("c9")
}

pub fn system() -> Actor {
    Actor::system("timers")
}

pub fn number(count: u32) -> Number {
    Number::new("2026-11-26".parse().unwrap(), count).unwrap()
}

impl Desk {
    /// A new ticket of some priority, of customer `c9`, with a label for every head.
    pub fn new(priority: &str) -> Self {
        let (taxonomy, policy) = RETAIL.clone();
        let now: Timestamp = "2026-11-26T09:00+08:00".parse().unwrap();
        let labels = [
            (Head::Category, vec!["delivery.late"]),
            (Head::Secondary, vec!["service.slow"]),
            (Head::Department, vec!["logistics"]),
            (Head::Priority, vec![priority]),
            (Head::Emotion, vec!["anger"]),
            (Head::Flags, vec!["repeat"]),
        ];
        let set = |ids: Vec<&str>| ids.into_iter().map(str::to_owned).collect();
        let opening = Opening {
            number: number(1),
            channel: Some("app".into()),
            customer: Some("c9".into()),
            priority: priority.into(),
            labels: labels.into_iter().map(|(head, ids)| (head, set(ids))).collect(),
        };
        let opened = Rules { policy: &policy, taxonomy: &taxonomy }.open(opening, &system(), now).unwrap();
        let history = vec![opened];
        let ticket = Ticket::replay(&history).unwrap();
        Desk { taxonomy, policy, history, ticket, now }
    }

    pub fn rules(&self) -> Rules<'_> {
        Rules { policy: &self.policy, taxonomy: &self.taxonomy }
    }

    /// Takes a command; on success the kinds of the events that came of it.
    pub fn take(&mut self, actor: &Actor, command: impl Into<Command>) -> Result<Vec<&'static str>> {
        let events = self.rules().decide(&self.ticket, &command.into(), actor, self.now)?;
        for event in &events {
            self.ticket.apply(event).unwrap();
        }
        self.history.extend(events.iter().cloned());
        Ok(events.iter().map(|event| event.fact.kind()).collect())
    }

    /// Takes a command that is sound.
    pub fn act(&mut self, actor: &Actor, action: Action) -> Vec<&'static str> {
        let told = format!("{action:?} at {}", self.ticket.stands());
        self.take(actor, action).unwrap_or_else(|error| panic!("{told}: {error}"))
    }

    /// The message of a command that is refused.
    pub fn refused(&mut self, actor: &Actor, action: Action) -> String {
        let told = format!("{action:?} at {}", self.ticket.stands());
        self.take(actor, action).expect_err(&told).to_string()
    }

    pub fn hours(&mut self, hours: i64) -> &mut Self {
        self.now += SignedDuration::from_hours(hours);
        self
    }

    /// The same desk after sound actions of some kinds, each by whoever may.
    pub fn after(mut self, kinds: &[ActionKind]) -> Self {
        for kind in kinds {
            let actor = match kind {
                ActionKind::Confirm | ActionKind::Dispute | ActionKind::Reply | ActionKind::Withdraw => customer(),
                ActionKind::Approve | ActionKind::Reject => supervisor(),
                _ => agent(),
            };
            let action = sample(*kind, &self.ticket);
            self.act(&actor, action);
        }
        self
    }
}

/// A sound action of a kind for a ticket of [`Desk::new`].
pub fn sample(kind: ActionKind, ticket: &Ticket) -> Action {
    let here = ticket.department.as_deref().unwrap_or("logistics");
    let there = if here == "service" { "logistics" } else { "service" };
    let text = || "内容".to_owned();
    match kind {
        ActionKind::Accept => Action::Accept {},
        ActionKind::Assign => Action::Assign { department: here.into(), group: None, agent: None },
        ActionKind::Start => Action::Start {},
        ActionKind::Investigate => Action::Investigate { findings: text() },
        ActionKind::Wait => Action::Wait { on: Party::Customer, reason: text(), until: None },
        ActionKind::Suspend => Action::Suspend { reason: text(), until: None },
        ActionKind::Resume => Action::Resume {},
        ActionKind::Propose => Action::Propose { plan: text(), compensation_fen: 0 },
        ActionKind::RequestApproval => Action::RequestApproval {},
        ActionKind::Approve => Action::Approve {},
        ActionKind::Reject => Action::Reject { reason: text() },
        ActionKind::Resolve => Action::Resolve {},
        ActionKind::Respond => Action::Respond { text: text() },
        ActionKind::GiveFeedback => Action::GiveFeedback { text: text() },
        ActionKind::Reply => Action::Reply { text: text() },
        ActionKind::Confirm => Action::Confirm {},
        ActionKind::Dispute => Action::Dispute { reason: text() },
        ActionKind::FollowUp => Action::FollowUp { score: Some(4), text: Some(text()) },
        ActionKind::Close => Action::Close { reason: Some(text()) },
        ActionKind::Withdraw => Action::Withdraw { reason: text() },
        ActionKind::Merge => Action::Merge { into: number(2) },
        ActionKind::Absorb => Action::Absorb { from: number(3) },
        ActionKind::Reopen => Action::Reopen { reason: text() },
        ActionKind::Transfer => Action::Transfer { department: there.into(), cause: Cause::Misrouted, reason: text() },
        ActionKind::Bounce => Action::Bounce { suggested: None, reason: text() },
        ActionKind::Link => Action::Link { other: number(4), relation: Relation::Related },
        ActionKind::Comment => Action::Comment { text: text(), visibility: Visibility::Internal },
        ActionKind::Attach => Action::Attach { evidence: evidence(&format!("f{}", ticket.version)) },
        ActionKind::CorrectLabel => {
            let held = ticket.labels[&Head::Category].first().cloned();
            let to = if held.as_deref() == Some("delivery.lost") { "delivery.late" } else { "delivery.lost" };
            Action::CorrectLabel { head: Head::Category, from: held, to: Some(to.into()) }
        }
        ActionKind::ChangePriority => {
            let to = if ticket.priority == "low" { "medium" } else { "low" };
            Action::ChangePriority { to: to.into(), reason: text() }
        }
        ActionKind::JoinIncident => Action::JoinIncident { incident: "i1".into(), priority: "medium".into() },
    }
}

pub fn evidence(id: &str) -> Evidence {
    Evidence {
        id: id.into(),
        media_type: "image/jpeg".into(),
        size: 120_000,
        sha256: "0123456789abcdef".repeat(4),
        visibility: Visibility::Internal,
    }
}
