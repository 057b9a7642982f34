//! The rows of files.

use super::{Format, Received, upload::take};
use crate::{
    Error, Result,
    desk::{
        seal::{KeyRing, Place},
        store::{
            Transaction,
            entity::attachment::{self, Column, Entity},
            instant, micros,
        },
        ticket::By,
    },
};
use jiff::Timestamp;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What staff see of a file without opening it. Its name may name people, so it comes with the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AttachmentView {
    pub id: String,
    /// `image` or `audio`.
    pub kind: String,
    /// By its first bytes.
    #[schema(example = "image/jpeg")]
    pub media_type: String,
    /// Bytes.
    pub size: i64,
    /// Of its bytes, in hexadecimal digits.
    pub sha256: String,
    /// As what somebody brought it: `customer`, `agent`, `supervisor`, `admin`.
    pub role: String,
    /// The id of whoever brought it.
    pub actor: String,
    /// The event of the ticket's history that tells of it; null where it came with the complaint.
    pub event: Option<i64>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl From<attachment::Model> for AttachmentView {
    fn from(row: attachment::Model) -> Self {
        let format = Format::from_media_type(&row.media_type);
        AttachmentView {
            id: row.id,
            kind: format.map_or("", |format| format.kind().id()).into(),
            media_type: row.media_type,
            size: row.size,
            sha256: row.sha256,
            role: row.role,
            actor: row.actor,
            event: row.event,
            created_at: instant(row.created_at),
        }
    }
}

/// Writes the row of a file that a complaint takes; `event` is where its ticket's history tells of it. Returns what it is.
///
/// # Errors
/// [`Error::InvalidRequest`] where it is not there to be taken; those of the database.
pub(in crate::desk) async fn keep(
    change: &Transaction,
    keys: &KeyRing,
    file: &Received,
    complaint: &str,
    event: Option<i64>,
    by: &By,
    now: Timestamp,
) -> Result<AttachmentView> {
    take(change, &file.id).await?;
    let name = file.name.as_ref().map(|name| keys.seal(&name_place(&file.id), name.as_bytes()));
    // Ids and times of those that come at once may be in any order.
    let before = Entity::find().filter(Column::ComplaintId.eq(complaint)).count(change).await?;
    let row = attachment::Model {
        id: file.id.clone(),
        complaint_id: complaint.into(),
        place: i64::try_from(before).unwrap_or(i64::MAX),
        event,
        role: by.role.id().into(),
        actor: by.id.clone(),
        media_type: file.format.media_type().into(),
        size: i64::try_from(file.size).unwrap_or(i64::MAX),
        sha256: file.sha256.clone(),
        object: file.key.clone(),
        name_sealed: name,
        created_at: micros(now),
    };
    Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(change).await?;
    Ok(row.into())
}

/// The files of a complaint, in the order in which they came.
pub(super) async fn of_complaint(database: &impl ConnectionTrait, complaint: &str) -> Result<Vec<attachment::Model>> {
    let all = Entity::find().filter(Column::ComplaintId.eq(complaint));
    Ok(all.order_by_asc(Column::Place).all(database).await?)
}

/// The hashes of the files that came with a complaint.
pub(in crate::desk) async fn hashes(database: &impl ConnectionTrait, complaint: &str) -> Result<Vec<String>> {
    let all = Entity::find().select_only().column(Column::Sha256);
    let came = all.filter(Column::ComplaintId.eq(complaint)).filter(Column::Event.is_null());
    Ok(came.into_tuple().all(database).await?)
}

/// Where the sealed name of a file stands.
pub(super) fn name_place(id: &str) -> Place<'_> {
    Place { table: "attachment", column: "name", row: id }
}

/// The format of a stored file.
pub(super) fn format(row: &attachment::Model) -> Result<Format> {
    let unknown = || Error::AttachmentDamaged { reason: "its media type is not known to this version".into() };
    Format::from_media_type(&row.media_type).ok_or_else(unknown)
}
