//! How many complaints of a category in a region are usual, and how many there are.

use crate::{
    Desk, Error, Result,
    desk::{
        incident::{Baseline, HourCount, SurgeRule},
        store::{
            entity::{complaint, decision},
            micros,
        },
    },
};
use jiff::Timestamp;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QuerySelect, Select,
    sea_query::{Expr, SimpleExpr},
};
use std::{ops::Range, sync::Arc};
use tokio::sync::Mutex;

/// What was learnt for the hours of a history; none where they were too few.
type Learnt = (Range<i64>, Option<Arc<Baseline>>);

/// What is usual today, learnt once a day and process. Equal histories give equal ones, so processes agree.
#[derive(Default)]
pub struct Usual(Mutex<Option<Learnt>>);

impl Usual {
    /// What is usual on the day of an instant; none where surges are not watched, or there is too little history.
    pub(super) async fn on(&self, desk: &Desk, now: Timestamp) -> Result<Option<Arc<Baseline>>> {
        let Some(rule) = desk.house().incidents.surge.clone() else { return Ok(None) };
        let hours = Baseline::hours(now, desk.house().calendar.zone(), &rule);
        // Others wait here: they would learn the same.
        let mut learnt = self.0.lock().await;
        if let Some((known, usual)) = &*learnt
            && *known == hours
        {
            return Ok(usual.clone());
        }
        let usual = learn(desk, hours.clone(), rule).await?.map(Arc::new);
        *learnt = Some((hours, usual.clone()));
        Ok(usual)
    }
}

async fn learn(desk: &Desk, hours: Range<i64>, rule: SurgeRule) -> Result<Option<Baseline>> {
    let store = desk.store().read();
    let first: Option<Option<i64>> = complaint::Entity::find()
        .select_only()
        .column_as(complaint::Column::CreatedAt.min(), "first")
        .into_tuple()
        .one(store)
        .await?;
    let Some(since) = first.flatten().map(crate::desk::store::instant) else { return Ok(None) };
    let rows: Vec<(String, String, i64, i64)> = counted(micros_of(hours.start))
        .select_only()
        .column(decision::Column::Category)
        .column(complaint::Column::Region)
        .column_as(hour(), "hour")
        .column_as(complaint::Column::Id.count(), "count")
        .filter(complaint::Column::ReceivedAt.lt(micros_of(hours.end)))
        .filter(complaint::Column::Region.is_not_null())
        .filter(decision::Column::Category.is_not_null())
        .group_by(decision::Column::Category)
        .group_by(complaint::Column::Region)
        .group_by(hour())
        .into_tuple()
        .all(store)
        .await?;
    let (house, zone) = (desk.house(), desk.house().calendar.zone().clone());
    let count = |(category, region, hour, count): (String, String, i64, i64)| HourCount {
        label: rule.label(&house.taxonomy, &category).to_owned(),
        region,
        hour,
        count: u64::try_from(count).unwrap_or(0),
    };
    let rows: Vec<HourCount> = rows.into_iter().map(count).collect();
    // Seconds of arithmetic, for a house with many regions.
    let learnt = tokio::task::spawn_blocking(move || Baseline::learn(&rows, hours, since, &zone, &rule)).await;
    learnt.map_err(|_| Error::Internal("learning what is usual broke off".into()))
}

/// A category, or those of a group, in a region.
pub(super) struct Watched<'a> {
    pub categories: Vec<&'a str>,
    pub region: &'a str,
}

impl Watched<'_> {
    /// Its complaints since some time, told once each.
    pub(super) fn since(&self, from: i64) -> Select<complaint::Entity> {
        counted(from)
            .filter(complaint::Column::Region.eq(self.region))
            .filter(decision::Column::Category.is_in(self.categories.iter().copied()))
    }

    /// How many came in each hour since some time.
    pub(super) async fn by_hour(&self, change: &impl ConnectionTrait, from: i64) -> Result<Vec<(i64, u64)>> {
        let rows: Vec<(i64, i64)> = self
            .since(from)
            .select_only()
            .column_as(hour(), "hour")
            .column_as(complaint::Column::Id.count(), "count")
            .group_by(hour())
            .into_tuple()
            .all(change)
            .await?;
        Ok(rows.into_iter().map(|(hour, count)| (hour, u64::try_from(count).unwrap_or(0))).collect())
    }
}

/// Complaints with their decisions since some time, duplicates left out.
fn counted(from: i64) -> Select<complaint::Entity> {
    use complaint::Column::{CreatedAt, Id, IsDuplicate, ReceivedAt};
    let decided = complaint::Entity::belongs_to(decision::Entity).from(Id).to(decision::Column::ComplaintId).into();
    let find = complaint::Entity::find().join(JoinType::InnerJoin, decided).filter(IsDuplicate.eq(false));
    // What came in since then was written down since then: by that there is an index.
    find.filter(CreatedAt.gte(from)).filter(ReceivedAt.gte(from))
}

/// Whole hours since 1970.
fn hour() -> SimpleExpr {
    Expr::cust("complaint.received_at / 3600000000")
}

/// The beginning of an hour, as stored.
pub(super) fn micros_of(hour: i64) -> i64 {
    let second = hour.saturating_mul(3_600);
    Timestamp::from_second(second).map_or(if hour < 0 { i64::MIN } else { i64::MAX }, micros)
}
