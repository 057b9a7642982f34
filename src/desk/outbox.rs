//! Telling: notices are written in the transaction of what they tell, and brought to their targets afterwards.

use super::{
    Desk, House,
    clock::{Clock, Deadline, State, promised},
    mail::{DEPARTMENT_HEAD, MailPlan, OWNER},
    notify::{Agent, Audience, Facts, Kind, Masked, Notice},
    record::Record,
    store::{
        Transaction,
        entity::{complaint, delivery, notice, staff, webhook},
        micros,
        queue::{self, Work},
    },
    ticket::{Event, Fact, Head, Party, Subject, Ticket},
};
use crate::Result;
use jiff::Timestamp;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, sea_query::OnConflict,
};
use std::collections::BTreeSet;
use uuid::Uuid;
use zeroize::Zeroizing;

/// A receiver, and what it wants to hear: an empty list is everything.
struct Receiver {
    id: String,
    kinds: Vec<String>,
}

/// Those who want to be told.
pub(in crate::desk) struct Receivers<'h> {
    desk: &'h Desk,
    webhooks: Vec<Receiver>,
    mail: Option<&'h MailPlan>,
}

/// Whose a notice is: a ticket, and the department and the person that have it.
#[derive(Clone, Default)]
pub(in crate::desk) struct About<'a> {
    pub ticket: Option<&'a str>,
    /// The complaint whose customer may hear of it.
    pub complaint: Option<&'a str>,
    pub department: Option<&'a str>,
    /// Who works on it, by id.
    pub agent: Option<&'a str>,
    /// The roles that hear of it, beside those who hear of everything of its kind.
    pub roles: BTreeSet<&'a str>,
}

impl<'a> About<'a> {
    /// A ticket as it stands.
    pub fn ticket(record: &'a Record) -> Self {
        About {
            ticket: Some(&record.row.id),
            complaint: Some(&record.row.complaint_id),
            department: record.ticket.department.as_deref(),
            agent: record.ticket.agent.as_deref(),
            roles: BTreeSet::new(),
        }
    }

    /// The same for some roles.
    pub fn to(self, roles: impl IntoIterator<Item = &'a String>) -> Self {
        About { roles: roles.into_iter().map(String::as_str).collect(), ..self }
    }
}

impl<'h> Receivers<'h> {
    /// Reads them.
    pub async fn read(change: &impl ConnectionTrait, desk: &'h Desk) -> Result<Self> {
        let rows = webhook::Entity::find().filter(webhook::Column::Enabled.eq(true)).all(change).await?;
        let receiver =
            |row: webhook::Model| Receiver { kinds: serde_json::from_str(&row.kinds).unwrap_or_default(), id: row.id };
        Ok(Receivers { desk, webhooks: rows.into_iter().map(receiver).collect(), mail: desk.house().mail.as_ref() })
    }

    /// Whether nobody wants to be told of anything.
    fn are_none(&self) -> bool {
        self.webhooks.is_empty() && self.mail.is_none()
    }

    /// The targets of a notice, each once. The owner of a ticket is told at the own address; where there is none, the head of
    /// the department.
    async fn of(&self, change: &Transaction, kind: Kind, about: &About<'_>) -> Result<BTreeSet<String>> {
        let mut targets = BTreeSet::new();
        if let Some(plan) = self.mail {
            let (mut roles, mut own) = (about.roles.clone(), None);
            if roles.remove(OWNER) {
                own = match about.agent {
                    Some(agent) => self.address(change, agent).await?.zip(plan.target_of_agent(kind, agent)),
                    None => None,
                };
                if own.is_none() {
                    roles.insert(DEPARTMENT_HEAD);
                }
            }
            let address = own.as_ref().map(|(address, _)| address.as_str());
            targets.extend(plan.targets(kind, about.department, &roles, address));
            targets.extend(own.map(|(_, target)| target));
        }
        let wants = |one: &&Receiver| one.kinds.is_empty() || one.kinds.iter().any(|wanted| wanted == kind.id());
        let webhooks = self.webhooks.iter().filter(wants).map(|one| one.id.clone());
        targets.extend(webhooks);
        Ok(targets)
    }

    /// The e-mail address of somebody in the staff list. One that does not open is as good as none: others hear it then.
    async fn address(&self, change: &Transaction, agent: &str) -> Result<Option<Zeroizing<String>>> {
        let select = staff::Entity::find_by_id(agent).select_only().column(staff::Column::EmailSealed);
        let sealed: Option<Option<Vec<u8>>> = select.into_tuple().one(change).await?;
        Ok(sealed.flatten().and_then(|sealed| self.desk.open_email(agent, &sealed).ok()))
    }
}

/// Writes a notice down, once for its key, with a delivery to everyone who wants to hear of it. Nobody wants to hear of most
/// steps of a ticket: those are written only where somebody does. What is late, what is fierce and incidents are kept for `/v1/notices` too.
/// Returns whether it is new.
pub(in crate::desk) async fn tell(
    change: &Transaction,
    receivers: &Receivers<'_>,
    key: &str,
    about: About<'_>,
    notice: &Notice,
    now: Timestamp,
) -> Result<bool> {
    let kept = matches!(
        notice.kind,
        Kind::DeadlineWarning
            | Kind::DeadlineBreached
            | Kind::DeadlineEscalated
            | Kind::TicketEscalated
            | Kind::IncidentOpened
    );
    let mut targets = receivers.of(change, notice.kind, &about).await?;
    if let Some(complaint) = about.complaint
        && receivers.mail.is_some_and(|plan| plan.tells_customers(notice.kind))
        && has_mailbox(change, complaint).await?
    {
        targets.insert(CUSTOMER.into());
    }
    if !kept && targets.is_empty() {
        return Ok(false);
    }
    let row = notice::ActiveModel {
        id: Set(notice.id.to_string()),
        key: Set(key.into()),
        kind: Set(notice.kind.id().into()),
        ticket_id: Set(about.ticket.map(str::to_owned)),
        body: Set(serde_json::to_string(notice).expect("a notice is plain data")),
        created_at: Set(micros(now)),
    };
    let once = OnConflict::column(notice::Column::Key).do_nothing().to_owned();
    if notice::Entity::insert(row).on_conflict(once).exec_without_returning(change).await? == 0 {
        return Ok(false);
    }
    for target in targets {
        let id = Uuid::now_v7().to_string();
        let row = delivery::ActiveModel {
            id: Set(id.clone()),
            notice_id: Set(notice.id.to_string()),
            target: Set(target),
            created_at: Set(micros(now)),
        };
        delivery::Entity::insert(row).exec_without_returning(change).await?;
        queue::put(change, Work::Deliver, &id, now, now).await?;
    }
    Ok(true)
}

/// The target of a delivery to whoever complained.
pub(in crate::desk) const CUSTOMER: &str = "customer";

/// Whether a customer left an e-mail address.
async fn has_mailbox(change: &Transaction, complaint: &str) -> Result<bool> {
    let select = complaint::Entity::find_by_id(complaint).select_only().column(complaint::Column::ContactIsMail);
    Ok(select.into_tuple().one(change).await?.unwrap_or(false))
}

impl Desk {
    /// Tells what some new events of a ticket come to.
    pub(in crate::desk) async fn tell_events(
        &self,
        change: &Transaction,
        record: &Record,
        events: &[Event],
        now: Timestamp,
    ) -> Result<()> {
        if events.is_empty() {
            return Ok(());
        }
        let receivers = Receivers::read(change, self).await?;
        // No step of a ticket is kept for its own sake.
        if receivers.are_none() {
            return Ok(());
        }
        let deadlines = record.deadlines(self.house(), now)?;
        let base = Facts { promised: promised(&deadlines), ..facts(change, self.house(), &record.ticket).await? };
        for event in events {
            let Some(kind) = kind(&event.fact) else { continue };
            let mut facts = base.clone();
            facts.text = said(event, &record.history).map(Masked::new);
            facts.due = match &event.fact {
                Fact::FeedbackGiven { .. } => self.house().rules().auto_close_at(&record.ticket),
                Fact::Waiting { on: Party::Customer, until, .. } => *until,
                _ => None,
            };
            let notice = Notice { id: Uuid::now_v7(), kind, at: event.at, audience: Audience::System, facts };
            let key = format!("event/{}/{}", record.row.id, event.sequence);
            let mut about = About::ticket(record);
            if matches!(event.fact, Fact::Merged { .. }) {
                // For its customer it is not over: it goes on in another ticket.
                about.complaint = None;
            }
            tell(change, &receivers, &key, about, &notice, now).await?;
        }
        // The customer is asked how it went while the clock of the survey runs: once a run of it.
        let surveys = deadlines.iter().filter(|deadline| deadline.clock == Clock::Survey && deadline.is_open());
        for started in surveys.filter_map(|survey| Some(survey.run.as_ref()?.started)) {
            if !events.iter().any(|event| event.at == started) {
                continue;
            }
            let (id, kind, audience) = (Uuid::now_v7(), Kind::TicketSurvey, Audience::Customer);
            let notice = Notice { id, kind, at: started, audience, facts: base.clone() };
            let key = format!("{}/{}/{}", kind.id(), record.row.id, micros(started));
            tell(change, &receivers, &key, About::ticket(record), &notice, now).await?;
        }
        Ok(())
    }

    /// Tells of the clocks of a ticket that are nearly or already over, and of every level that hears of it, each once a run of
    /// the clock: a warning goes to the roles that the policy warns, a level to those that it names. The breach itself goes to
    /// those who are warned, as far as no level that is due tells them anyway.
    pub(in crate::desk) async fn tell_deadlines(
        &self,
        change: &Transaction,
        record: &Record,
        deadlines: &[Deadline],
        now: Timestamp,
    ) -> Result<()> {
        let urgent = |deadline: &&Deadline| deadline.is_urgent();
        let mut late = deadlines.iter().filter(urgent).peekable();
        if late.peek().is_none() {
            return Ok(());
        }
        let receivers = Receivers::read(change, self).await?;
        let base = facts(change, self.house(), &record.ticket).await?;
        let warned = &self.house().deadlines.warn_to;
        for deadline in late {
            let Some(run) = &deadline.run else { continue };
            let clock = deadline.clock;
            let mut told = Vec::new();
            let levels = &deadline.escalations;
            if deadline.state == State::Breached {
                let escalated = |role: &&String| levels.iter().any(|level| level.to.contains(role));
                let rest = warned.iter().filter(|role| !escalated(role)).collect::<Vec<_>>();
                told.push((Kind::DeadlineBreached, Audience::Agent, None, rest));
            } else {
                told.push((Kind::DeadlineWarning, Audience::Agent, None, warned.iter().collect()));
            }
            let levels = levels
                .iter()
                .map(|one| (Kind::DeadlineEscalated, Audience::Supervisor, Some(one.level), one.to.iter().collect()));
            told.extend(levels);
            for (kind, audience, level, roles) in told {
                let facts = Facts {
                    clock: Some(clock.name()),
                    due: deadline.due,
                    percent_left: Some((deadline.share_left * 100.0).round() as u8),
                    level,
                    ..base.clone()
                };
                let notice = Notice { id: Uuid::now_v7(), kind, at: now, audience, facts };
                let level = level.map(|level| format!("/{level}")).unwrap_or_default();
                let key = format!("{}{level}/{}/{}/{}", kind.id(), record.row.id, clock.id(), micros(run.started));
                tell(change, &receivers, &key, About::ticket(record).to(roles), &notice, now).await?;
            }
        }
        Ok(())
    }
}

/// What a notice tells of a ticket as it stands.
pub(in crate::desk) async fn facts(change: &Transaction, house: &House, ticket: &Ticket) -> Result<Facts> {
    let named = |head, id: &String| house.rules().label(head, id);
    let category = ticket.labels.get(&Head::Category).and_then(|labels| labels.first());
    Ok(Facts {
        number: Some(ticket.number.to_string()),
        category: category.map(|id| named(Head::Category, id)),
        priority: Some(named(Head::Priority, &ticket.priority)),
        department: ticket.department.as_ref().map(|id| named(Head::Department, id)),
        agent: match &ticket.agent {
            Some(id) => Some(agent(change, id).await?),
            None => None,
        },
        stage: Some(ticket.node.name()),
        ..Facts::default()
    })
}

/// Who works on a ticket, by name; who is in no staff list, by the id alone.
async fn agent(change: &Transaction, id: &str) -> Result<Agent> {
    let select = staff::Entity::find_by_id(id).select_only().column(staff::Column::Name);
    let name = select.into_tuple::<String>().one(change).await?;
    Ok(Agent { id: id.into(), name: name.unwrap_or_else(|| id.into()) })
}

fn kind(fact: &Fact) -> Option<Kind> {
    Some(match fact {
        Fact::Opened { .. } => Kind::TicketOpened,
        Fact::Assigned { .. } => Kind::TicketAssigned,
        Fact::Started | Fact::Investigated { .. } | Fact::Proposed { .. } | Fact::Responded { .. } => {
            Kind::TicketProgress
        }
        Fact::Waiting { on: Party::Customer, .. } => Kind::TicketWaiting,
        Fact::CustomerReplied { .. } => Kind::TicketReplied,
        Fact::ApprovalRequested { subject: Subject::Resolution, .. } => Kind::TicketApproval,
        Fact::Resolved => Kind::TicketResolved,
        Fact::FeedbackGiven { .. } => Kind::TicketFeedback,
        Fact::Transferred { .. } => Kind::TicketTransferred,
        Fact::Reopened { .. } | Fact::CustomerDissatisfied { .. } => Kind::TicketReopened,
        Fact::Closed { .. } | Fact::Withdrawn { .. } | Fact::Merged { .. } => Kind::TicketClosed,
        _ => return None,
    })
}

/// What was said to or by the customer. The house reads what was settled: the plan that was approved or needed nobody's word, or
/// what the customer was told last; customers have no text with it.
fn said(event: &Event, history: &[Event]) -> Option<String> {
    match &event.fact {
        Fact::Resolved => solution(history.iter().filter(|earlier| earlier.sequence < event.sequence)),
        Fact::Responded { text } | Fact::FeedbackGiven { text } | Fact::CustomerReplied { text } => Some(text.clone()),
        Fact::Waiting { on: Party::Customer, reason, .. } => Some(reason.clone()),
        _ => None,
    }
}

/// The solution at the end of a history.
fn solution<'e>(history: impl DoubleEndedIterator<Item = &'e Event>) -> Option<String> {
    let mut answered = None;
    for event in history.rev() {
        match &event.fact {
            Fact::Proposed { plan, .. } => return Some(plan.clone()),
            Fact::Responded { text } => _ = answered.get_or_insert_with(|| text.clone()),
            // What was proposed before is off.
            Fact::Reopened { .. }
            | Fact::CustomerDissatisfied { .. }
            | Fact::Rejected { subject: Subject::Resolution, .. } => break,
            _ => {}
        }
    }
    answered
}
