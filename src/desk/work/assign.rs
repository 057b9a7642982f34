//! Giving tickets to people: a waiting ticket looks for somebody, and somebody who frees up looks for tickets.

use crate::{
    Desk, Error, Result,
    desk::{
        House,
        assign::staff::{self, Agent, Outcome, Presence, Stays, Unfit, Waiting},
        people::Person,
        record::Record,
        store::{
            Lock, Transaction,
            entity::{staff as person, ticket},
            hold, instant, micros,
            queue::{self, Claim, Work},
        },
        ticket::{Action, ActionKind, Actor, Command, Fact},
    },
};
use jiff::Timestamp;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use std::collections::{BTreeMap, BTreeSet};

/// So many waiting tickets are looked at together,
const PORTION: u64 = 200;
/// and so many times, where nothing in them is for whoever looks.
const PORTIONS: u64 = 10;
/// Marks the subject of a job that is about a person and not about a ticket.
const PERSON: &str = "staff:";

/// Lets a person who freed up take from the queue.
pub(in crate::desk) async fn offer(change: &Transaction, staff: &str, now: Timestamp) -> Result<()> {
    queue::put(change, Work::Assign, &format!("{PERSON}{staff}"), now, now).await
}

impl Desk {
    /// Finds somebody for a ticket, or tickets for somebody.
    pub(super) async fn give_out(&self, claim: &Claim) -> Result<()> {
        let now = self.now();
        let change = self.store().begin().await?;
        hold(&change, Lock::Assign).await?;
        let agents = agents(&change).await?;
        match claim.subject.strip_prefix(PERSON) {
            None => self.find_somebody(&change, &claim.subject, &agents, now).await?,
            Some(id) => {
                if let Some(agent) = agents.iter().find(|agent| agent.id == id) {
                    self.fill(&change, agent, now).await?;
                }
            }
        }
        queue::done(&change, claim).await?;
        Ok(change.commit().await?)
    }

    async fn find_somebody(&self, change: &Transaction, ticket: &str, agents: &[Agent], now: Timestamp) -> Result<()> {
        let Some(mut record) = Record::lock(change, ticket).await? else { return Ok(()) };
        let Some(waiting) = waiting(&record, self.house(), now) else { return Ok(()) };
        let routing = &self.house().routing;
        let strategy = routing.strategy(waiting.group.as_deref());
        let assignment = staff::assign(&waiting, agents, strategy, &routing.staff);
        match &assignment.outcome {
            Outcome::Agent { id } | Outcome::Supervisor { id } => {
                self.give(change, &mut record, id, &assignment.reason.zh, now).await
            }
            // It waits; whoever frees up looks for it.
            Outcome::Queued { .. } => Ok(()),
        }
    }

    /// Gives somebody what waits, in portions: those that this person cannot take must not hide those that come after them.
    async fn fill(&self, change: &Transaction, agent: &Agent, now: Timestamp) -> Result<()> {
        use ticket::Column;
        // As `fit` has it: a ticket of a group is for its members, another one for the department.
        let theirs = Condition::any()
            .add(Column::Team.is_in(&agent.groups))
            .add(Condition::all().add(Column::Team.is_null()).add(Column::Department.is_in(&agent.departments)));
        for portion in 0..PORTIONS {
            let rows = ticket::Entity::find()
                .filter(Column::Agent.is_null())
                .filter(Column::EndedAt.is_null())
                .filter(Column::Held.eq(false))
                .filter(theirs.clone())
                .order_by_asc(Column::Urgency)
                .order_by_asc(Column::OpenedAt)
                .offset(portion * PORTION)
                .limit(PORTION)
                .all(change)
                .await?;
            let last = (rows.len() as u64) < PORTION;
            // In the order of ids, so that nobody waits for somebody who waits for him.
            let ids: BTreeSet<String> = rows.into_iter().map(|row| row.id).collect();
            let mut open = BTreeMap::new();
            for id in ids {
                if let Some(record) = Record::lock(change, &id).await?
                    && let Some(waiting) = waiting(&record, self.house(), now)
                {
                    open.insert(id, (record, waiting));
                }
            }
            let queue: Vec<Waiting> = open.values().map(|(_, waiting)| waiting.clone()).collect();
            let drain = staff::drain(agent, &queue, &self.house().routing.staff);
            let full = drain.left.iter().any(|left| matches!(left.stays, Stays::Unfit(Unfit::Full { .. })));
            let served = full || !drain.taken.is_empty();
            for taken in drain.taken {
                let (mut record, _) = open.remove(&taken.ticket).expect("what is taken was in the queue");
                self.give(change, &mut record, &agent.id, &taken.reason.zh, now).await?;
            }
            if served || last {
                break;
            }
        }
        Ok(())
    }

    async fn give(
        &self,
        change: &Transaction,
        record: &mut Record,
        agent: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<()> {
        let department = record.ticket.department.clone();
        let department = department.ok_or_else(|| Error::Internal("a ticket waits without a department".into()))?;
        let command = Action::Assign { department, group: record.ticket.group.clone(), agent: Some(agent.into()) };
        let command = Command::from(command).noted(reason);
        record.act(self.house(), &command, &Actor::system("assignment"), now)?;
        self.write(change, record, now).await?;
        person::Entity::update_many()
            .col_expr(person::Column::LastAssignedAt, Expr::value(micros(now)))
            .filter(person::Column::Id.eq(agent))
            .exec(change)
            .await?;
        Ok(())
    }
}

/// The ticket as it waits for somebody; none where it does not, or cannot be given now: a supervisor may be asked about it.
fn waiting(record: &Record, house: &House, now: Timestamp) -> Option<Waiting> {
    let ticket = &record.ticket;
    let can = house.rules().allowed(ticket, &Actor::system("assignment"), now).contains(&ActionKind::Assign);
    if ticket.agent.is_some() || !can {
        return None;
    }
    let bounced = record.history.iter().filter(|event| matches!(event.fact, Fact::Bounced { .. }));
    Some(Waiting {
        id: record.row.id.clone(),
        department: ticket.department.clone()?,
        group: ticket.group.clone(),
        skills: serde_json::from_str(&record.row.skills).unwrap_or_default(),
        priority: Some(ticket.priority.clone()),
        deadline: record.row.due_at.map(instant),
        created_at: ticket.opened_at,
        bounced_by: bounced.map(|event| event.by.id.clone()).collect(),
    })
}

/// Everybody, with what they have in hand.
async fn agents(change: &Transaction) -> Result<Vec<Agent>> {
    let people = person::Entity::find().all(change).await?;
    let open: Vec<(String, String, i64)> = ticket::Entity::find()
        .select_only()
        .column(ticket::Column::Agent)
        .column(ticket::Column::Priority)
        .column_as(ticket::Column::Id.count(), "open")
        .filter(ticket::Column::Agent.is_not_null())
        .filter(ticket::Column::EndedAt.is_null())
        .group_by(ticket::Column::Agent)
        .group_by(ticket::Column::Priority)
        .into_tuple()
        .all(change)
        .await?;
    let mut load: BTreeMap<String, BTreeMap<Option<String>, u32>> = BTreeMap::new();
    for (agent, priority, count) in open {
        load.entry(agent).or_default().insert(Some(priority), u32::try_from(count).unwrap_or(u32::MAX));
    }
    people.into_iter().map(|row| agent(row, &mut load)).collect()
}

fn agent(row: person::Model, load: &mut BTreeMap<String, BTreeMap<Option<String>, u32>>) -> Result<Agent> {
    let last_assigned_at = row.last_assigned_at.map(instant);
    let person = Person::read(row)?;
    Ok(Agent {
        open: load.remove(&person.id).unwrap_or_default(),
        departments: person.departments,
        groups: person.groups,
        skills: person.skills,
        capacity: person.capacity,
        presence: match person.presence.as_str() {
            "present" => Presence::Present,
            "away" => Presence::Away,
            _ => Presence::Off,
        },
        supervisor: person.supervisor,
        last_assigned_at,
        id: person.id,
        name: person.name,
    })
}
