//! Other rules, other deadlines: a deadline is a function of history, calendar and policy, so where one of them is another than
//! last time, every open ticket is looked at once more. What lists show, what is warned of and when the next look is due follow.

use super::{AFTER_A_FAULT, LONGEST_ROUND, guarded};
use crate::{
    Desk, Result,
    desk::store::{
        entity::{setting, ticket},
        queue::{self, Work},
    },
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::OnConflict,
};
use tokio::sync::watch;

/// Under which it stands by which rules the tickets were last looked at.
const RULES: &str = "clock_rules";
/// So many tickets are put into the queue in one transaction.
const PORTION: u64 = 500;

/// Does it until it is done, or told to stop.
pub(super) async fn refresh_on(desk: Desk, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let asked = desk.clone();
        match guarded(LONGEST_ROUND, async move { asked.refresh().await }).await {
            Ok(0) => return,
            Ok(tickets) => {
                tracing::info!(
                    tickets,
                    "the rules of the clocks are others than last time: open tickets are looked at again"
                );
                return;
            }
            Err(fault) => tracing::warn!(code = fault.code(), "looking for other rules was put off"),
        }
        tokio::select! {
            () = tokio::time::sleep(AFTER_A_FAULT) => {}
            _ = stop.changed() => {}
        }
    }
}

impl Desk {
    /// Puts a look at every open ticket into the queue where the rules of the clocks are others than those by which this database
    /// was last worked on. Returns how many tickets that were. Broken off, it begins anew: looking twice does no harm.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn refresh(&self) -> Result<usize> {
        let rules = self.house().clock_rules();
        let known = setting::Entity::find_by_id(RULES).one(self.store().read()).await?;
        if known.as_ref().is_some_and(|known| known.value == rules) {
            return Ok(0);
        }
        let (mut count, mut last) = (0, String::new());
        loop {
            let open = ticket::Entity::find().select_only().column(ticket::Column::Id);
            let open = open.filter(ticket::Column::EndedAt.is_null()).filter(ticket::Column::Id.gt(&last));
            let open = open.order_by_asc(ticket::Column::Id).limit(PORTION);
            let ids: Vec<String> = open.into_tuple().all(self.store().read()).await?;
            let Some(end) = ids.last() else { break };
            last.clone_from(end);
            let (now, change) = (self.now(), self.store().begin().await?);
            for id in &ids {
                queue::put(&change, Work::Tick, id, now, now).await?;
            }
            change.commit().await?;
            self.wake(Work::Tick);
            count += ids.len();
        }
        let row = setting::ActiveModel { id: Set(RULES.into()), value: Set(rules) };
        let again = OnConflict::column(setting::Column::Id).update_column(setting::Column::Value).to_owned();
        setting::Entity::insert(row).on_conflict(again).exec_without_returning(self.store().writer()).await?;
        Ok(count)
    }
}
