//! Showing files: their list, and their bytes to those who may read originals.

use super::{
    AttachmentView, Format,
    row::{format, name_place, of_complaint},
    sealed::Opener,
};
use crate::{
    Desk, Error, Result,
    desk::{
        access::{
            Principal,
            audit::{AuditAction, Entry, Purpose},
        },
        audit::note,
        store::entity::attachment,
    },
};
use axum::body::Bytes;
use futures_util::{Stream, stream};
use sea_orm::EntityTrait;

/// A file that somebody opened.
pub struct Opened {
    pub format: Format,
    /// Bytes.
    pub size: u64,
    /// Of its bytes, in hexadecimal digits.
    pub sha256: String,
    /// What whoever brought it called it.
    pub name: Option<String>,
    desk: Desk,
    first: Vec<u8>,
    rest: Opener,
}

impl Opened {
    /// Its bytes. They end with a fault where the stored object is not whole.
    pub fn bytes(self) -> impl Stream<Item = Result<Bytes>> + Send + 'static {
        stream::try_unfold((Some(self.first), self.rest, self.desk), async |(first, mut rest, desk)| {
            let portion = match first {
                Some(first) => Some(first),
                None => rest.next(desk.keys()).await?.map(|mut portion| std::mem::take(&mut *portion)),
            };
            Ok(portion.map(|portion| (Bytes::from(portion), (None, rest, desk))))
        })
    }
}

impl Desk {
    /// The files of a complaint, in the order in which they came.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn attachments(&self, complaint: &str) -> Result<Vec<AttachmentView>> {
        let rows = of_complaint(self.store().read(), complaint).await?;
        Ok(rows.into_iter().map(AttachmentView::from).collect())
    }

    /// Opens a file of a complaint, after noting who asked and what for. Whether they may is asked before.
    ///
    /// # Errors
    /// [`Error::NoSuchAttachment`]; [`Error::AttachmentDamaged`], [`Error::Sealed`] where it cannot be opened.
    pub async fn attachment(
        &self,
        complaint: &str,
        id: &str,
        principal: &Principal,
        purpose: Purpose,
        request: Option<String>,
    ) -> Result<Opened> {
        let row = attachment::Entity::find_by_id(id).one(self.store().read()).await?;
        let row = row.filter(|row| row.complaint_id == complaint).ok_or(Error::NoSuchAttachment)?;
        let name = row.name_sealed.as_ref().map(|sealed| self.keys().open_text(&name_place(id), sealed)).transpose()?;
        let mut rest = Opener::begin(self.store().objects()?, id, &row.object).await?;
        let first = rest.next(self.keys()).await?;
        let change = self.store().begin().await?;
        let entry = Entry::new(principal, AuditAction::AttachmentRead, [complaint, id], self.now());
        note(&change, &Entry { purpose: Some(purpose), request_id: request, ..entry }).await?;
        change.commit().await?;
        Ok(Opened {
            format: format(&row)?,
            size: u64::try_from(row.size).unwrap_or(0),
            sha256: row.sha256,
            name: name.map(|name| name.to_string()),
            desk: self.clone(),
            first: first.map(|mut first| std::mem::take(&mut *first)).unwrap_or_default(),
            rest,
        })
    }
}
