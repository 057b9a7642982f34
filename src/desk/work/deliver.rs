//! Bringing a notice to its target.

use crate::{
    Desk, Error, Result,
    desk::{
        intake::place,
        mail::{MailPlan, agent_of, is_mail},
        notify::{Channel, GATHERED, Notice, Outcome, Outgoing, Secret, next_attempt},
        outbox::CUSTOMER,
        store::{
            entity::{complaint, delivery, notice, staff, ticket, webhook},
            queue::{self, Claim, Work},
        },
        webhooks,
    },
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use zeroize::Zeroizing;

impl Desk {
    /// Makes one attempt. What came of it is written after it was made: a process that dies in between makes it again, with the
    /// same id, by which the receiver knows it.
    pub(super) async fn deliver(&self, claim: &Claim) -> Result<()> {
        let database = self.store().read();
        let row = delivery::Entity::find_by_id(&claim.subject).one(database).await?;
        let notice = match &row {
            Some(row) => notice::Entity::find_by_id(&row.notice_id).one(database).await?,
            None => None,
        };
        let mailbox = row.as_ref().map(|row| row.target.clone()).filter(|target| is_mail(target));
        let target = match row {
            Some(row) if is_mail(&row.target) => match agent_of(&row.target) {
                Some(agent) => self.agent(agent).await?,
                None => self.house().mail.as_ref().map(|plan| Target::Mail(plan, row.target)),
            },
            Some(row) if row.target == CUSTOMER => self.customer_of(notice.as_ref()).await?,
            Some(row) => {
                let row = webhook::Entity::find_by_id(&row.target).one(database).await?;
                row.filter(|row| row.enabled).map(Target::Webhook)
            }
            None => None,
        };
        let (Some(notice), Some(target)) = (notice, target) else {
            // The receiver is gone: there is nobody to tell.
            return queue::done(self.store().writer(), claim).await;
        };
        if let Some(mailbox) = mailbox
            && GATHERED.iter().any(|kind| kind.id() == notice.kind)
        {
            return self.deliver_gathered(claim, &mailbox, &target).await;
        }
        let outcome = self.attempt(notice.ticket_id.as_deref(), &read(&notice)?, &target).await?;
        let now = self.now();
        let attempts = u32::try_from(claim.attempts).unwrap_or(u32::MAX);
        let next = next_attempt(attempts, &outcome, now, rand::random());
        match outcome {
            Outcome::Delivered => queue::done(self.store().writer(), claim).await,
            Outcome::Gone => {
                let change = self.store().begin().await?;
                if let Target::Webhook(row) = &target {
                    webhook::Entity::update_many()
                        .col_expr(webhook::Column::Enabled, Expr::value(false))
                        .col_expr(webhook::Column::Fault, Expr::value("the receiver wants nothing more (410)"))
                        .filter(webhook::Column::Id.eq(&row.id))
                        .exec(&change)
                        .await?;
                }
                queue::done(&change, claim).await?;
                Ok(change.commit().await?)
            }
            Outcome::Retry { reason, .. } | Outcome::Refused { reason } => {
                let later = next.map(|next| next.duration_since(now));
                queue::failed(self.store().writer(), Work::Deliver, claim, &reason, later, now).await?;
                Ok(())
            }
        }
    }

    /// Whoever complained, where that is known and wants to be written to.
    async fn customer_of(&self, notice: Option<&notice::Model>) -> Result<Option<Target<'_>>> {
        let (Some(plan), Some(ticket)) = (&self.house().mail, notice.and_then(|notice| notice.ticket_id.as_ref()))
        else {
            return Ok(None);
        };
        let database = self.store().read();
        let Some(ticket) = ticket::Entity::find_by_id(ticket).one(database).await? else { return Ok(None) };
        let Some(row) = complaint::Entity::find_by_id(&ticket.complaint_id).one(database).await? else {
            return Ok(None);
        };
        let Some(sealed) = &row.contact_sealed else { return Ok(None) };
        let contact = self.keys().open_text(&place("contact", &row.id), sealed)?;
        let token = self.keys().open_text(&place("token", &row.id), &row.token_sealed)?;
        Ok(Some(Target::Customer(plan, contact, token)))
    }

    /// Somebody in the staff list, where there still is an address.
    async fn agent(&self, id: &str) -> Result<Option<Target<'_>>> {
        let Some(plan) = &self.house().mail else { return Ok(None) };
        let row = staff::Entity::find_by_id(id).one(self.store().read()).await?;
        let Some(sealed) = row.and_then(|row| row.email_sealed) else { return Ok(None) };
        Ok(Some(Target::Agent(plan, self.open_email(id, &sealed)?)))
    }

    /// Says a notice to a target once; `ticket` is the id of the one that it is about.
    pub(super) async fn attempt(&self, ticket: Option<&str>, notice: &Notice, target: &Target<'_>) -> Result<Outcome> {
        let target = match target {
            Target::Mail(plan, address) => {
                return Ok(plan.send(address, ticket, notice, &self.house().calendar, self.now()).await);
            }
            Target::Agent(plan, address) => {
                let calendar = &self.house().calendar;
                return Ok(plan.send_to_agent(address, ticket, notice, calendar, self.now()).await);
            }
            Target::Customer(plan, contact, token) => {
                let calendar = &self.house().calendar;
                return Ok(plan.send_to_customer(contact, token, notice, calendar, self.now()).await);
            }
            Target::Webhook(row) => row,
        };
        let secret = self.keys().open_text(&webhooks::place(&target.id), &target.secret_sealed)?;
        let secret = Secret::parse(&secret)?;
        let endpoint = match self.webhooks().guard().endpoint(&target.url) {
            Ok(endpoint) => endpoint,
            // What the operator allowed once may be forbidden by now.
            Err(fault) => return Ok(Outcome::Refused { reason: fault.to_string() }),
        };
        let channel = self.webhooks().channel(endpoint, vec![secret]);
        Ok(channel.send(Outgoing { notice, rendered: None, at: self.now() }).await)
    }
}

/// A notice as it was written down.
pub(super) fn read(row: &notice::Model) -> Result<Notice> {
    let unreadable = |_| Error::Store { reason: "a stored notice cannot be read".into() };
    serde_json::from_str(&row.body).map_err(unreadable)
}

/// Where a notice goes.
pub(super) enum Target<'h> {
    Webhook(webhook::Model),
    Mail(&'h MailPlan, String),
    /// With the agent's own address.
    Agent(&'h MailPlan, Zeroizing<String>),
    /// With the contact, and what opens the ticket to its customer.
    Customer(&'h MailPlan, Zeroizing<String>, Zeroizing<String>),
}
