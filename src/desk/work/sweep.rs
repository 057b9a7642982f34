//! Sweeping up behind those who broke off.

use crate::{
    Desk, Error, Result,
    desk::store::queue::{self, Claim},
};
use jiff::{SignedDuration, Timestamp};

/// The one subject of this work.
pub(super) const ATTACHMENTS: &str = "attachments";
/// How often it is done.
const EVERY: SignedDuration = SignedDuration::from_hours(6);

impl Desk {
    /// Removes what was received and not taken, and comes again. A store that is out of reach is no reason to give up.
    pub(super) async fn sweep_up(&self, claim: &Claim) -> Result<()> {
        match self.sweep_attachments().await {
            Ok(0) => {}
            Ok(removed) => tracing::info!(removed, "attachments that nobody took were removed"),
            Err(fault @ Error::AttachmentStore { .. }) => {
                tracing::warn!(code = fault.code(), "attachments are swept later");
            }
            Err(fault) => return Err(fault),
        }
        let next = self.now().checked_add(EVERY).unwrap_or(Timestamp::MAX);
        queue::again(self.store().writer(), claim, next).await
    }
}
