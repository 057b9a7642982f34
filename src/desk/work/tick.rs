//! Looking at the clocks of a ticket: what falls due by itself happens, and what somebody must hear of is told, once.

use crate::{
    Desk, Result,
    desk::{
        record::Record,
        store::queue::{self, Claim, Work},
        ticket::{Action, Actor},
    },
};

impl Desk {
    /// Looks at the clocks of one ticket.
    pub(super) async fn tick(&self, claim: &Claim) -> Result<()> {
        let (house, now) = (self.house(), self.now());
        let change = self.store().begin().await?;
        let Some(mut record) = Record::lock(&change, &claim.subject).await? else {
            queue::done(&change, claim).await?;
            return Ok(change.commit().await?);
        };
        let timers = Actor::system("timers");
        if record.ticket.pause.as_ref().and_then(|pause| pause.until).is_some_and(|until| until <= now) {
            record.act(house, &Action::Resume {}.into(), &timers, now)?;
        }
        if house.rules().auto_close_at(&record.ticket).is_some_and(|at| at <= now) {
            record.act(house, &Action::Close { reason: None }.into(), &timers, now)?;
        }
        let deadlines = record.deadlines(house, now)?;
        self.tell_deadlines(&change, &record, &deadlines, now).await?;
        match self.write_but_clocks(&change, &mut record, now).await? {
            Some(next) => queue::again(&change, claim, next).await?,
            None => queue::done(&change, claim).await?,
        }
        change.commit().await?;
        self.wake(Work::Assign);
        self.wake(Work::Deliver);
        Ok(())
    }
}
