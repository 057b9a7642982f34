//! Mailboxes of the house that hear of deadlines: when the last message went, and until when somebody writes the next.

use sea_orm::entity::prelude::*;

/// A row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "recipient")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub told_at: Option<i64>,
    pub busy_until: Option<i64>,
}

/// None: what belongs together is joined where it is asked for.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
