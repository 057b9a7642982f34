//! What the engine said about a complaint, and where the rules sent it.

use sea_orm::entity::prelude::*;

/// A row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "decision")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complaint_id: String,
    pub category: Option<String>,
    pub emotion: Option<String>,
    pub intensity: Option<f64>,
    pub sentiment: Option<f64>,
    pub action: String,
    pub signals: String,
    pub decision: String,
    pub route: String,
    pub decided_at: i64,
    /// None where it was decided before desks kept them.
    pub receipt: Option<String>,
}

/// None: what belongs together is joined where it is asked for.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
