//! What a customer sees and does, by the secret link that came with the acceptance.

use super::{
    Desk,
    access::secret,
    attachments::Received,
    clock::promised,
    record::Record,
    store::entity::ticket,
    ticket::{Actor, Command, CustomerLine, Visibility},
};
use crate::{Error, Result};
use jiff::Timestamp;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use serde::Serialize;
use utoipa::ToSchema;

/// Where a complaint is, for its customer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Progress {
    #[schema(example = "C20261126-000123-6")]
    pub number: String,
    /// `new`, `processing`, `resolved` or `closed`.
    pub status: &'static str,
    /// `red` while there is work, `green` when it is solved, `grey` when it is over.
    #[schema(value_type = String)]
    pub colour: super::ticket::Colour,
    /// By when there is to be a plan (预计今日18:00前给出方案); null once there is one.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub promised_at: Option<Timestamp>,
    /// What happened, oldest first, in Chinese and English.
    #[schema(value_type = Vec<Object>)]
    pub timeline: Vec<CustomerLine>,
    /// What the customer can do now.
    pub actions: Vec<&'static str>,
}

impl Desk {
    /// Where the complaint of a token is.
    ///
    /// # Errors
    /// [`Error::NoSuchComplaint`] for a token that is none of ours.
    pub async fn progress(&self, token: &str) -> Result<Progress> {
        let (id, _) = self.ticket_of(token).await?;
        let record = Record::read(self.store(), &id).await?.ok_or(Error::NoSuchComplaint)?;
        self.progress_of(&record)
    }

    /// The customer does something, and sees where that leads.
    ///
    /// # Errors
    /// As [`Desk::progress`] and [`Desk::act`].
    pub async fn act_as_customer(&self, token: &str, command: Command) -> Result<Progress> {
        let (id, customer) = self.ticket_of(token).await?;
        let record = self.act(&id, command, &customer).await?;
        self.progress_of(&record)
    }

    /// The customer adds files, which the customer then sees in the history, and sees where that leads.
    ///
    /// # Errors
    /// As [`Desk::progress`] and [`Desk::attach`].
    pub async fn attach_as_customer(&self, token: &str, files: &[Received]) -> Result<Progress> {
        let (id, customer) = self.ticket_of(token).await?;
        let (record, _) = self.attach(&id, files, Visibility::Public, &customer).await?;
        self.progress_of(&record)
    }

    /// Asks whether the customer could add files now, before any are sent.
    ///
    /// # Errors
    /// As [`Desk::progress`] and [`Desk::check_attach`].
    pub async fn check_attach_as_customer(&self, token: &str) -> Result<()> {
        let (id, customer) = self.ticket_of(token).await?;
        self.check_attach(&id, &customer).await
    }

    fn progress_of(&self, record: &Record) -> Result<Progress> {
        let (house, now) = (self.house(), self.now());
        let rules = house.rules();
        let deadlines = record.deadlines(house, now)?;
        let customer = Actor::complainant(record.ticket.customer.as_deref());
        let status = record.ticket.public_node().status();
        Ok(Progress {
            number: record.ticket.number.to_string(),
            status: status.id(),
            colour: status.colour(),
            promised_at: promised(&deadlines),
            timeline: rules.customer_timeline(&record.history)?,
            actions: rules.allowed(&record.ticket, &customer, now).iter().map(|kind| kind.id()).collect(),
        })
    }

    /// The ticket of a token, and its customer.
    async fn ticket_of(&self, token: &str) -> Result<(String, Actor)> {
        let found: Option<(String, Option<String>)> = ticket::Entity::find()
            .select_only()
            .column(ticket::Column::Id)
            .column(ticket::Column::CustomerId)
            .filter(ticket::Column::TokenHash.eq(secret::hash(token)))
            .into_tuple()
            .one(self.store().read())
            .await?;
        let (id, customer) = found.ok_or(Error::NoSuchComplaint)?;
        Ok((id, Actor::complainant(customer.as_deref())))
    }
}
