//! The state of a ticket after its history, for lists.

use sea_orm::entity::prelude::*;

/// A row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "ticket")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub number: String,
    pub complaint_id: String,
    pub version: i64,
    pub node: String,
    pub status: String,
    pub pause: Option<String>,
    pub held: bool,
    pub classified: bool,
    pub triage: bool,
    pub department: Option<String>,
    pub team: Option<String>,
    pub agent: Option<String>,
    pub skills: String,
    pub priority: String,
    pub urgency: i64,
    pub category: Option<String>,
    pub customer_id: Option<String>,
    pub channel: Option<String>,
    pub product: Option<String>,
    pub region: Option<String>,
    pub incident_id: Option<String>,
    pub merged_into: Option<String>,
    pub opened_at: i64,
    pub changed_at: i64,
    pub due_at: Option<i64>,
    pub due_clock: Option<String>,
    pub breached: bool,
    pub ended_at: Option<i64>,
    pub token_hash: String,
}

/// None: what belongs together is joined where it is asked for.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
