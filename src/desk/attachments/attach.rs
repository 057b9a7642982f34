//! Adding files to a ticket.

use super::{
    ALTOGETHER, AttachmentView, Received,
    row::{keep, of_complaint},
};
use crate::{
    Desk, Error, Result,
    desk::{
        record::Record,
        store::queue::Work,
        ticket::{Action, ActionKind, Actor, Evidence, Visibility},
    },
};

impl Desk {
    /// Asks whether somebody could add files to a ticket now, before any are sent.
    ///
    /// # Errors
    /// [`Error::NoSuchTicket`]; those of [`super::super::ticket::Rules::permit`].
    pub async fn check_attach(&self, ticket: &str, actor: &Actor) -> Result<()> {
        let record = Record::read(self.store(), ticket).await?.ok_or(Error::NoSuchTicket)?;
        self.house().rules().permit(&record.ticket, ActionKind::Attach, actor, self.now())
    }

    /// Adds files to a ticket: an event of its history a file. A file that the ticket has already, by its hash, is not added
    /// again, so that a request may be repeated. Returns the ticket and the files in their order, each with whether it is new.
    ///
    /// # Errors
    /// [`Error::NoSuchTicket`]; [`Error::TooManyAttachments`]; those of [`super::super::ticket::Rules::decide`].
    pub async fn attach(
        &self,
        ticket: &str,
        files: &[Received],
        visibility: Visibility,
        actor: &Actor,
    ) -> Result<(Record, Vec<(AttachmentView, bool)>)> {
        let now = self.now();
        let change = self.store().begin().await?;
        let mut record = Record::lock(&change, ticket).await?.ok_or(Error::NoSuchTicket)?;
        let complaint = record.row.complaint_id.clone();
        let known = of_complaint(&change, &complaint).await?;
        let mut views: Vec<(AttachmentView, bool)> = Vec::with_capacity(files.len());
        for file in files {
            let same = known.iter().find(|row| row.sha256 == file.sha256).cloned().map(AttachmentView::from);
            let same =
                same.or_else(|| views.iter().map(|(view, _)| view).find(|view| view.sha256 == file.sha256).cloned());
            if let Some(view) = same {
                views.push((view, false));
                continue;
            }
            if known.len() + views.iter().filter(|(_, fresh)| *fresh).count() >= ALTOGETHER {
                return Err(Error::TooManyAttachments { limit: ALTOGETHER });
            }
            let evidence = Evidence {
                id: file.id.clone(),
                media_type: file.format.media_type().into(),
                size: file.size,
                sha256: file.sha256.clone(),
                visibility,
            };
            record.act(self.house(), &Action::Attach { evidence }.into(), actor, now)?;
            let event = record.history.last().map(|event| event.sequence as i64);
            let view = keep(&change, self.keys(), file, &complaint, event, &actor.by, now).await?;
            views.push((view, true));
        }
        if views.iter().any(|(_, fresh)| *fresh) {
            self.write(&change, &mut record, now).await?;
            change.commit().await?;
            self.wake(Work::Deliver);
        }
        Ok((record, views))
    }
}
