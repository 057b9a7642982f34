//! What came in: the masked text in the clear, contact and original sealed.

use sea_orm::entity::prelude::*;

/// A row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "complaint")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub number: String,
    pub ticket_id: String,
    pub channel: Option<String>,
    pub external_id: Option<String>,
    pub customer_id: Option<String>,
    pub tier: Option<String>,
    pub contact_sealed: Option<Vec<u8>>,
    pub contact_index: Option<String>,
    pub contact_is_mail: bool,
    pub original_sealed: Vec<u8>,
    pub masked_text: String,
    pub words: String,
    pub wish: Option<String>,
    pub order_id: Option<String>,
    pub amount_fen: Option<i64>,
    pub product: Option<String>,
    pub region: Option<String>,
    pub product_key: Option<String>,
    pub is_duplicate: bool,
    pub token_sealed: Vec<u8>,
    pub received_at: i64,
    pub created_at: i64,
}

/// None: what belongs together is joined where it is asked for.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
