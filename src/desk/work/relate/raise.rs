//! What must be raised because of a complaint: what the rules of [`crate::desk::incident`] say of it, from what is stored.

use super::{
    known::{Known, Told},
    usual::{Watched, micros_of},
};
use crate::{
    Decision, Error, Result,
    desk::{
        House,
        incident::{self, Baseline, Member, Mood, Pair, Rule, Signal, Stage, WAVE_TELLS, hour_of, incident_key},
        incidents::Past,
        relate,
        store::{
            Transaction,
            entity::{complaint, decision, incident as row, incident_member},
            instant, micros,
        },
    },
};
use jiff::{SignedDuration, Timestamp};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use std::collections::BTreeSet;

/// The longest window in which surges are looked for, in hours.
const SURGE_HOURS: i64 = 24;

/// A complaint with what the rules ask about.
pub(super) struct Asked<'a> {
    pub change: &'a Transaction,
    pub house: &'a House,
    pub new: &'a Told,
    pub member: Member,
    pub decision: &'a decision::Model,
    pub known: &'a Known,
    pub usual: Option<&'a Baseline>,
    pub now: Timestamp,
}

/// A signal that is an incident, with what that is about.
pub(super) struct Crowd {
    pub signal: Signal,
    pub subject: String,
}

impl Asked<'_> {
    /// What is raised about the complaint alone.
    pub(super) fn alone(&self) -> Result<Vec<Signal>> {
        let policy = &self.house.incidents;
        let repeat = incident::repeat(&self.member, &self.known.of_customer(self.new)?, policy);
        let fierce = incident::fierce(self.member.number, &self.mood()?, policy);
        Ok(repeat.into_iter().chain(fierce).collect())
    }

    fn mood(&self) -> Result<Mood> {
        let unreadable = |_| Error::Store { reason: "a stored decision cannot be read".into() };
        let decision: Decision = serde_json::from_str(&self.decision.decision).map_err(unreadable)?;
        Ok(Mood {
            emotion: decision.emotion.as_ref().map(|emotion| emotion.label.clone()),
            intensity: decision.emotion.map_or(0.0, |emotion| emotion.intensity),
            flags: decision.flags.into_iter().map(|flag| flag.label).collect(),
            signals: serde_json::from_str(&self.decision.signals).map_err(unreadable)?,
        })
    }

    /// The incidents that it begins or joins.
    pub(super) async fn crowds(&self) -> Result<Vec<Crowd>> {
        let mut crowds: Vec<Crowd> = self.cluster().await?.into_iter().collect();
        crowds.extend(self.surge().await?);
        // What has a name already needs no second one.
        if crowds.is_empty() {
            crowds.extend(self.wave().await?);
        }
        Ok(crowds)
    }

    /// What is so old that its incident would be over is history: nobody is alarmed when that is brought in.
    fn is_over(&self, quiet: SignedDuration) -> bool {
        self.now.duration_since(self.member.at) >= quiet + quiet
    }

    async fn cluster(&self) -> Result<Option<Crowd>> {
        use complaint::Column::{CreatedAt, ProductKey, ReceivedAt, TicketId};
        let (Some(rule), Some(product)) = (&self.house.incidents.cluster, &self.new.product_key) else {
            return Ok(None);
        };
        if self.is_over(rule.quiet) {
            return Ok(None);
        }
        let past = Past::read(self.change, self.house, Rule::Cluster, product, self.member.at).await?;
        let from = self.member.at.checked_sub(rule.window).unwrap_or(Timestamp::MIN);
        let mut find = Told::find().filter(ProductKey.eq(product));
        find = find.filter(CreatedAt.gte(micros(from))).filter(ReceivedAt.gte(micros(from)));
        let closed = past.closed_since(from);
        if !closed.is_empty() {
            find = find.filter(TicketId.not_in_subquery(members_of(&closed)));
        }
        // What came after an open incident began belongs to it already, or will when it is related itself. Only with some before it
        // can this one make it begin earlier.
        let open = past.open.as_ref().filter(|open| open.takes(self.member.at, rule.quiet));
        let others: Vec<Told> = match open.filter(|open| open.started_at <= self.member.at) {
            Some(open)
                if find.clone().filter(ReceivedAt.lt(micros(open.started_at))).count(self.change).await? == 0 =>
            {
                Vec::new()
            }
            _ => find.into_model().all(self.change).await?,
        };
        let others: Vec<Member> = others.iter().map(Told::member).collect::<Result<_>>()?;
        let policy = &self.house.incidents;
        let signal = incident::cluster(product, &self.member, &others, past.open.as_ref(), past.closed(), policy);
        Ok(signal.map(|signal| Crowd { signal, subject: product.clone() }))
    }

    async fn surge(&self) -> Result<Option<Crowd>> {
        let (house, at) = (self.house, self.member.at);
        let Some(rule) = &house.incidents.surge else { return Ok(None) };
        let (Some(category), Some(region)) = (&self.decision.category, &self.new.region) else { return Ok(None) };
        if self.is_over(rule.quiet) {
            return Ok(None);
        }
        let taxonomy = &house.taxonomy;
        let label = rule.label(taxonomy, category);
        let leaves = taxonomy.categories.iter().map(|leaf| leaf.label.id.as_str());
        let watched =
            Watched { categories: leaves.filter(|leaf| rule.label(taxonomy, leaf) == label).collect(), region };
        let group = taxonomy.group_index(label).map(|index| &taxonomy.groups[index].name);
        let leaf = || taxonomy.category_index(label).map(|index| &taxonomy.categories[index].label.name);
        // A label of an older taxonomy.
        let Some(name) = group.or_else(leaf) else { return Ok(None) };
        let pair = Pair { label, name, region };
        let subject = pair.subject();
        let past = Past::read(self.change, house, Rule::Surge, &subject, at).await?;
        // What led to one that a person closed is settled.
        let settled = past.closed_at.map_or(i64::MIN, |at| micros(at) + 1);
        let from = micros_of(hour_of(at) - SURGE_HOURS + 1).max(settled);
        let alarm = match self.usual.filter(|_| past.open.is_none() && !self.member.duplicate) {
            None => None,
            Some(usual) => {
                let recent = watched.by_hour(self.change, from).await?;
                usual.test(label, region, hour_of(at), &recent)
            }
        };
        let others = match &alarm {
            None => Vec::new(),
            Some(alarm) => {
                let from = micros_of(*alarm.hours().start()).max(settled);
                let rows: Vec<(String, i64)> = watched
                    .since(from)
                    .select_only()
                    .columns([complaint::Column::Number, complaint::Column::ReceivedAt])
                    .into_tuple()
                    .all(self.change)
                    .await?;
                let member = |(number, at): (String, i64)| {
                    Ok(Member { number: number.parse()?, party: None, at: instant(at), duplicate: false })
                };
                rows.into_iter().map(member).collect::<Result<_>>()?
            }
        };
        let (open, policy) = (past.open.as_ref(), &house.incidents);
        let signal = incident::surge(&self.member, &pair, alarm.as_ref(), &others, open, past.closed(), policy);
        Ok(signal.map(|signal| Crowd { signal, subject }))
    }

    /// Many customers with the same words. A person says whether that is a group complaint or a flood, so nothing becomes more
    /// urgent by it.
    async fn wave(&self) -> Result<Option<Crowd>> {
        let house = self.house;
        let quiet = house.quiet(Rule::Wave);
        if self.is_over(quiet) {
            return Ok(None);
        }
        let alike: Vec<&Told> = self.known.alike().collect();
        let tickets: Vec<&str> = alike.iter().map(|told| told.ticket_id.as_str()).collect();
        if tickets.is_empty() {
            return Ok(None);
        }
        let joined = incident_member::Entity::find()
            .select_only()
            .column(incident_member::Column::IncidentId)
            .filter(incident_member::Column::TicketId.is_in(tickets.iter().copied()))
            .into_query();
        let waves = row::Entity::find()
            .filter(row::Column::Rule.eq(Rule::Wave.id()))
            .filter(row::Column::Id.in_subquery(joined))
            .order_by_asc(row::Column::CreatedAt)
            .all(self.change)
            .await?;
        let (over, open): (Vec<_>, Vec<_>) = waves.into_iter().partition(|row| {
            let known = incident::Incident::open(row.key.clone(), Rule::Wave, [instant(row.latest_at)], self.now);
            row.closed_at.is_some() || known.stage(quiet, self.member.at) == Stage::Closed
        });
        let over: Vec<&str> = over.iter().map(|row| row.id.as_str()).collect();
        let settled: BTreeSet<String> = match over.is_empty() {
            true => BTreeSet::new(),
            false => incident_member::Entity::find()
                .select_only()
                .column(incident_member::Column::TicketId)
                .filter(incident_member::Column::IncidentId.is_in(over))
                .filter(incident_member::Column::TicketId.is_in(tickets))
                .into_tuple::<String>()
                .all(self.change)
                .await?
                .into_iter()
                .collect(),
        };
        let others = alike.into_iter().filter(|told| !settled.contains(&told.ticket_id)).map(Told::case);
        let others = others.collect::<Result<Vec<_>>>()?;
        let Some(wave) = relate::wave(&self.new.case()?, &others, &house.relate) else { return Ok(None) };
        let (key, subject) = match open.into_iter().next() {
            Some(row) => (row.key, row.subject),
            None => {
                let first = wave.members.first().unwrap_or(&self.member.number).to_string();
                (incident_key(Rule::Wave, &first, 0), first)
            }
        };
        let signal = Signal {
            rule: Rule::Wave,
            members: wave.members,
            reason: wave.reason,
            raise_to: None,
            level: 1,
            notify: vec![WAVE_TELLS.into()],
            incident: Some(key.clone()),
            key,
        };
        Ok(Some(Crowd { signal, subject }))
    }
}

/// The tickets of some incidents.
fn members_of(incidents: &[&str]) -> sea_orm::sea_query::SelectStatement {
    incident_member::Entity::find()
        .select_only()
        .column(incident_member::Column::TicketId)
        .filter(incident_member::Column::IncidentId.is_in(incidents.iter().copied()))
        .into_query()
}
