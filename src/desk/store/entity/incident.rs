//! What many complain about.

use sea_orm::entity::prelude::*;

/// A row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "incident")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub key: String,
    pub rule: String,
    pub subject: String,
    pub reason: String,
    pub started_at: i64,
    pub latest_at: i64,
    pub closed_at: Option<i64>,
    pub closed_by: Option<String>,
    pub created_at: i64,
}

/// None: what belongs together is joined where it is asked for.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
