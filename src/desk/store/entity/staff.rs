//! The people of the desk.

use sea_orm::entity::prelude::*;

/// A row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "staff")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub name: String,
    pub departments: String,
    pub teams: String,
    pub skills: String,
    pub capacity: i64,
    pub presence: String,
    pub supervisor: bool,
    pub email_sealed: Option<Vec<u8>>,
    pub last_assigned_at: Option<i64>,
    pub created_at: i64,
}

/// None: what belongs together is joined where it is asked for.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
