//! Files of complaints; their bytes are in the store of objects.

use sea_orm::entity::prelude::*;

/// A row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "attachment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub complaint_id: String,
    pub place: i64,
    pub event: Option<i64>,
    pub role: String,
    pub actor: String,
    pub media_type: String,
    pub size: i64,
    pub sha256: String,
    pub object: String,
    pub name_sealed: Option<Vec<u8>>,
    pub created_at: i64,
}

/// None: what belongs together is joined where it is asked for.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
