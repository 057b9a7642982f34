//! The engine decides about complaints, and their tickets go where they belong.

use super::LEASE;
use crate::{
    Complaint, Decision, Desk, Error, Result,
    complaint::{Customer, Order},
    decide::Receipt,
    decision::{Action as Verdict, Band, Candidate, Choice},
    desk::{
        assign::route::{Destination, Facts, Route},
        intake::place,
        record::Record,
        seal::KeyRing,
        store::{
            entity::{complaint, decision},
            instant, micros,
            queue::{self, Claim, Work},
        },
        ticket::{Action, ActionKind, Actor, Head},
    },
};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::OnConflict};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// How many complaints are claimed together: so many that the engine is done with them long before their lease ends, on any
/// machine and in any build.
pub struct Portion(AtomicU64);

impl Default for Portion {
    fn default() -> Self {
        Portion(AtomicU64::new(8))
    }
}

impl Portion {
    /// The engine decides about this many at once.
    const MOST: u64 = 32;
    /// Slower, and the next portion is half as large;
    const SLOW: Duration = Duration::from_secs(10);
    /// faster, and it is twice as large.
    const FAST: Duration = Duration::from_secs(3);

    pub(super) fn most(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// The engine took so long about a portion of this size.
    fn took(&self, time: Duration, size: usize) {
        let size = size as u64;
        let next = match time {
            time if time > Self::SLOW => size / 2,
            time if time < Self::FAST && size == self.most() => size * 2,
            _ => return,
        };
        self.0.store(next.clamp(1, Self::MOST), Ordering::Relaxed);
    }
}

impl Desk {
    /// Decides about the complaints of some jobs, all in one call of the engine, each in a transaction of its own. Returns how
    /// many that were.
    pub(super) async fn classify(&self, claims: Vec<Claim>) -> Result<usize> {
        let count = claims.len();
        if count == 0 {
            return Ok(0);
        }
        let ids: Vec<&str> = claims.iter().map(|claim| claim.subject.as_str()).collect();
        let rows = complaint::Entity::find().filter(complaint::Column::Id.is_in(ids)).all(self.store().read()).await?;
        let mut rows: BTreeMap<String, complaint::Model> = rows.into_iter().map(|row| (row.id.clone(), row)).collect();
        let mut asked = Vec::new();
        let mut complaints = Vec::new();
        for claim in claims {
            let Some(row) = rows.remove(&claim.subject) else {
                let missing = Error::Store { reason: "a complaint that is to be classified is not there".into() };
                self.settle(Work::Classify, claim, Err(missing)).await?;
                continue;
            };
            match asked_of(self.keys(), &row) {
                Ok(complaint) => {
                    complaints.push(complaint);
                    asked.push((claim, row));
                }
                Err(fault) => self.settle(Work::Classify, claim, Err(fault)).await?,
            }
        }
        let (since, size) = (Instant::now(), complaints.len());
        let decided = self.engine().decide(complaints).await;
        self.portion().took(since.elapsed(), size);
        let results = match decided {
            Ok(results) => results,
            Err(_) => {
                // The engine has too much to do, or goes home: that is no fault of these.
                let later = self.now().checked_add(queue::back_off(1)).unwrap_or(self.now());
                for (claim, _) in &asked {
                    let _ = queue::again(self.store().writer(), claim, later).await;
                }
                return Ok(count);
            }
        };
        // A slow machine may have read for as long as a lease: what follows has one of its own.
        let claims: Vec<Claim> = asked.iter().map(|(claim, _)| claim.clone()).collect();
        queue::renew(self.store().writer(), &claims, LEASE, self.now()).await?;
        for ((claim, row), result) in asked.into_iter().zip(results) {
            let (desk, own) = (self.clone(), claim.clone());
            let job = async move { desk.conclude(&own, &row, result?).await };
            self.see_to(Work::Classify, claim, job).await?;
        }
        Ok(count)
    }

    /// Writes a decision down and sends the ticket where it belongs.
    async fn conclude(&self, claim: &Claim, row: &complaint::Model, mut decision: Decision) -> Result<()> {
        let receipt = decision.receipt.take();
        let decision = &decision;
        let (house, now) = (self.house(), self.now());
        let route = house.routing.route(&self.facts(row, decision));
        let change = self.store().begin().await?;
        let mut record = Record::lock(&change, &row.ticket_id)
            .await?
            .ok_or_else(|| Error::Store { reason: "a complaint has no ticket".into() })?;
        if let Some(priority) = &decision.priority {
            let engine = Actor::system("engine");
            let event = house.rules().classify(&record.ticket, &priority.level, labels(decision), &engine, now)?;
            record.happen(event)?;
        }
        let waits = record.ticket.end.is_none() && record.ticket.department.is_none();
        if waits && let Destination::Department { department, group, skills } = &route.destination {
            let routing = Actor::system("routing");
            if !record.ticket.accepted {
                record.act(house, &Action::Accept {}.into(), &routing, now)?;
            }
            // Somebody may have asked a supervisor to close it meanwhile.
            if house.rules().allowed(&record.ticket, &routing, now).contains(&ActionKind::Assign) {
                let (department, group) = (department.clone(), group.clone());
                record.act(house, &Action::Assign { department, group, agent: None }.into(), &routing, now)?;
                record.row.skills = serde_json::to_string(skills).expect("a list of texts is JSON");
            }
        }
        let stored = stored(row, decision, receipt.as_deref(), &route, micros(now))?;
        decision::Entity::insert(stored)
            .on_conflict(
                OnConflict::column(decision::Column::ComplaintId)
                    .update_columns([
                        decision::Column::Category,
                        decision::Column::Emotion,
                        decision::Column::Intensity,
                        decision::Column::Sentiment,
                        decision::Column::Action,
                        decision::Column::Signals,
                        decision::Column::Decision,
                        decision::Column::Route,
                        decision::Column::DecidedAt,
                        decision::Column::Receipt,
                    ])
                    .to_owned(),
            )
            .exec_without_returning(&change)
            .await?;
        self.write(&change, &mut record, now).await?;
        queue::put(&change, Work::Relate, &row.id, now, now).await?;
        queue::done(&change, claim).await?;
        change.commit().await?;
        self.settled().notify_waiters();
        self.wake(Work::Relate);
        self.wake(Work::Assign);
        Ok(())
    }

    /// What routing asks about.
    fn facts(&self, row: &complaint::Model, decision: &Decision) -> Facts {
        let department = decision.department.as_ref();
        Facts {
            category: decision.category.as_ref().map(|choice| choice.label.clone()),
            department: department.map(|choice| choice.label.clone()),
            band: match decision.decision.action {
                Verdict::Dispatch => Band::Auto,
                Verdict::Suggest => Band::Suggest,
                Verdict::Review => Band::Review,
            },
            foreign: decision.foreign,
            candidates: department.map(candidates).unwrap_or_default(),
            priority: decision.priority.as_ref().map(|priority| priority.level.clone()),
            flags: decision.flags.iter().map(|flag| flag.label.clone()).collect(),
            signals: signals(decision),
            channel: row.channel.clone(),
            region: row.region.clone(),
            tier: row.tier.clone(),
            product: row.product.clone(),
            amount: row.amount_fen.map(|fen| fen as f64 / 100.0),
            received_at: Some(instant(row.received_at)),
            masked_text: row.masked_text.clone(),
        }
    }
}

/// What came in, as the engine reads it: the same each time, so that a decision can be repeated.
pub(in crate::desk) fn asked_of(keys: &KeyRing, row: &complaint::Model) -> Result<Complaint> {
    let text = keys.open_text(&place("original", &row.id), &row.original_sealed)?.to_string();
    let amount = row.amount_fen.map(|fen| fen as f64 / 100.0);
    let customer = (row.customer_id.is_some() || row.tier.is_some())
        .then(|| Customer { id: row.customer_id.clone(), tier: row.tier.clone() });
    let order = (row.order_id.is_some() || amount.is_some()).then(|| Order { id: row.order_id.clone(), amount });
    Ok(Complaint {
        id: Some(row.id.clone()),
        text,
        channel: row.channel.clone(),
        customer,
        order,
        product: row.product.clone(),
        region: row.region.clone(),
        received_at: Some(instant(row.received_at).to_string()),
        answer_in: None,
        receipt: true,
    })
}

/// The choice and its alternatives, best first.
fn candidates(choice: &Choice) -> Vec<Candidate> {
    let first = Candidate { label: choice.label.clone(), probability: choice.probability };
    std::iter::once(first).chain(choice.alternatives.iter().cloned()).collect()
}

/// The signals that fired, each once.
fn signals(decision: &Decision) -> Vec<String> {
    let reasons = decision.priority.iter().flat_map(|priority| &priority.reasons);
    let ids: BTreeSet<&str> = reasons.map(|reason| reason.signal.as_str()).collect();
    ids.into_iter().map(str::to_owned).collect()
}

/// The labels that a ticket carries.
fn labels(decision: &Decision) -> BTreeMap<Head, BTreeSet<String>> {
    let one = |label: Option<&String>| label.cloned().into_iter().collect::<BTreeSet<_>>();
    let many = |labels: &[Candidate]| labels.iter().map(|candidate| candidate.label.clone()).collect::<BTreeSet<_>>();
    let all = [
        (Head::Category, one(decision.category.as_ref().map(|choice| &choice.label))),
        (Head::Secondary, many(&decision.secondary)),
        (Head::Department, one(decision.department.as_ref().map(|choice| &choice.label))),
        (Head::Priority, one(decision.priority.as_ref().map(|priority| &priority.level))),
        (Head::Emotion, one(decision.emotion.as_ref().map(|emotion| &emotion.label))),
        (Head::Flags, many(&decision.flags)),
    ];
    all.into_iter().filter(|(_, labels)| !labels.is_empty()).collect()
}

fn stored(
    row: &complaint::Model,
    decision: &Decision,
    receipt: Option<&Receipt>,
    route: &Route,
    at: i64,
) -> Result<decision::ActiveModel> {
    let fault = |fault: serde_json::Error| Error::Internal(fault.to_string());
    Ok(decision::ActiveModel {
        complaint_id: Set(row.id.clone()),
        category: Set(decision.category.as_ref().map(|choice| choice.label.clone())),
        emotion: Set(decision.emotion.as_ref().map(|emotion| emotion.label.clone())),
        intensity: Set(decision.emotion.as_ref().map(|emotion| emotion.intensity.into())),
        sentiment: Set(decision.sentiment.map(f64::from)),
        action: Set(match decision.decision.action {
            Verdict::Dispatch => "dispatch".into(),
            Verdict::Suggest => "suggest".into(),
            Verdict::Review => "review".into(),
        }),
        signals: Set(serde_json::to_string(&signals(decision)).map_err(fault)?),
        decision: Set(serde_json::to_string(decision).map_err(fault)?),
        route: Set(serde_json::to_string(route).map_err(fault)?),
        decided_at: Set(at),
        receipt: Set(receipt.map(serde_json::to_string).transpose().map_err(fault)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_engine_gets_less_at_once() {
        let portion = Portion::default();
        for (seconds, size, next) in
            [(1, 8, 16), (1, 3, 16), (1, 16, 32), (1, 32, 32), (5, 32, 32), (40, 32, 16), (90, 1, 1)]
        {
            portion.took(Duration::from_secs(seconds), size);
            assert_eq!(portion.most(), next, "after {size} in {seconds} s");
        }
    }
}
