//! Incidents as they are stored, and who belongs to them.

use crate::{
    Error, Result,
    desk::{
        House,
        incident::{Incident, Rule, Signal},
        store::{
            Transaction,
            entity::{incident, incident_member},
            instant, micros,
        },
    },
};
use jiff::{SignedDuration, Timestamp};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter,
    sea_query::{Expr, OnConflict},
};
use uuid::Uuid;

impl House {
    /// For how long nobody must complain until an incident of a rule is quiet. None at all where the rule is off: its
    /// incidents are over.
    pub(in crate::desk) fn quiet(&self, rule: Rule) -> SignedDuration {
        match rule {
            Rule::Cluster => self.incidents.cluster.as_ref().map(|rule| rule.quiet),
            Rule::Surge => self.incidents.surge.as_ref().map(|rule| rule.quiet),
            Rule::Wave => Some(self.relate.wave_within),
            Rule::Repeat | Rule::Fierce => None,
        }
        .unwrap_or_default()
    }
}

/// A row as the rules see it.
pub(super) fn incident(row: &incident::Model) -> Result<Incident> {
    let unknown = || Error::Store { reason: "an incident is of a rule that this version does not know".into() };
    Ok(Incident {
        key: row.key.clone(),
        rule: Rule::from_id(&row.rule).ok_or_else(unknown)?,
        started_at: instant(row.started_at),
        latest_at: instant(row.latest_at),
        closed_at: row.closed_at.map(instant),
    })
}

/// The incidents of a subject.
#[derive(Default)]
pub(in crate::desk) struct Past {
    /// The one that is not closed.
    pub open: Option<Incident>,
    /// Those that are, by id, with the time of their latest member.
    closed: Vec<(String, Timestamp)>,
    /// When a person closed one last.
    pub closed_at: Option<Timestamp>,
}

impl Past {
    /// Reads them, as they stand for a complaint of some time.
    pub async fn read(change: &Transaction, house: &House, rule: Rule, subject: &str, at: Timestamp) -> Result<Self> {
        let find = incident::Entity::find().filter(incident::Column::Rule.eq(rule.id()));
        let rows = find.filter(incident::Column::Subject.eq(subject)).all(change).await?;
        let mut past = Past::default();
        for row in rows {
            let known = incident(&row)?;
            past.closed_at = past.closed_at.max(known.closed_at.filter(|_| row.closed_by.is_some()));
            if known.stage(house.quiet(rule), at) == crate::desk::incident::Stage::Closed {
                past.closed.push((row.id, known.latest_at));
            } else {
                past.open = Some(known);
            }
        }
        Ok(past)
    }

    /// How many are closed.
    pub fn closed(&self) -> u32 {
        u32::try_from(self.closed.len()).unwrap_or(u32::MAX)
    }

    /// The closed ones with members since some time.
    pub fn closed_since(&self, from: Timestamp) -> Vec<&str> {
        self.closed.iter().filter(|(_, latest)| *latest >= from).map(|(id, _)| id.as_str()).collect()
    }
}

/// What a signal made of an incident.
pub(in crate::desk) struct Entered {
    /// The incident.
    pub id: String,
    /// Whether it began with this.
    pub opened: bool,
}

/// Opens the incident of a signal, or finds it there, and enters tickets with the times of their complaints.
///
/// An older one of the same subject, whose time is over, is closed in passing: until then nobody needs to know.
pub(in crate::desk) async fn enter(
    change: &Transaction,
    house: &House,
    signal: &Signal,
    subject: &str,
    members: &[(String, Timestamp)],
    now: Timestamp,
) -> Result<Entered> {
    let rule = signal.rule;
    let times = members.iter().map(|(_, at)| *at);
    let begun = Incident::open(signal.key.clone(), rule, times.clone(), now);
    let row = incident::ActiveModel {
        id: Set(Uuid::now_v7().to_string()),
        key: Set(signal.key.clone()),
        rule: Set(rule.id().into()),
        subject: Set(subject.into()),
        reason: Set(serde_json::to_string(&signal.reason).expect("two texts are JSON")),
        started_at: Set(micros(begun.started_at)),
        latest_at: Set(micros(begun.latest_at)),
        closed_at: Set(None),
        closed_by: Set(None),
        created_at: Set(micros(now)),
    };
    let once = OnConflict::column(incident::Column::Key).do_nothing().to_owned();
    let opened = incident::Entity::insert(row).on_conflict(once).exec_without_returning(change).await? == 1;
    let find = incident::Entity::find().filter(incident::Column::Key.eq(&signal.key));
    let row =
        find.one(change).await?.ok_or_else(|| Error::Internal("an incident that was just opened is gone".into()))?;
    let mut joined = incident(&row)?;
    times.for_each(|at| joined.join(at));
    incident::Entity::update_many()
        .col_expr(incident::Column::StartedAt, Expr::value(micros(joined.started_at)))
        .col_expr(incident::Column::LatestAt, Expr::value(micros(joined.latest_at)))
        .filter(incident::Column::Id.eq(&row.id))
        .exec(change)
        .await?;
    if opened {
        let over = (house.quiet(rule) + house.quiet(rule)).as_micros();
        let over = i64::try_from(over).unwrap_or(i64::MAX);
        incident::Entity::update_many()
            .col_expr(incident::Column::ClosedAt, Expr::col(incident::Column::LatestAt).add(over))
            .filter(incident::Column::Rule.eq(rule.id()))
            .filter(incident::Column::Subject.eq(subject))
            .filter(incident::Column::ClosedAt.is_null())
            .filter(incident::Column::Id.ne(&row.id))
            .exec(change)
            .await?;
    }
    for (ticket, _) in members {
        add(change, &row.id, ticket, now).await?;
    }
    Ok(Entered { id: row.id, opened })
}

/// Makes a ticket a member; nothing where it is one.
pub(in crate::desk) async fn add(change: &Transaction, incident: &str, ticket: &str, now: Timestamp) -> Result<()> {
    let row = incident_member::ActiveModel {
        incident_id: Set(incident.into()),
        ticket_id: Set(ticket.into()),
        joined_at: Set(micros(now)),
    };
    let once = OnConflict::columns([incident_member::Column::IncidentId, incident_member::Column::TicketId])
        .do_nothing()
        .to_owned();
    incident_member::Entity::insert(row).on_conflict(once).exec_without_returning(change).await?;
    Ok(())
}
