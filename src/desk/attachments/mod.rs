//! Files that belong to a complaint: what customers send with it, and what staff and customers add to its ticket.
//!
//! In the order in which a file travels:
//!
//! 1. [`Format`] says what it is, by its first bytes.
//! 2. [`Desk::receive`](crate::Desk::receive) takes it in as it comes, within the limit of its [`Kind`]: the database gets to know it,
//!    then it is sealed portion by portion into [`Objects`]: a folder, or an S3-compatible store.
//! 3. The intake, or [`Desk::attach`](crate::Desk::attach), writes its row, in the transaction that takes it: from then on it counts.
//! 4. [`Desk::attachment`](crate::Desk::attachment) opens it for somebody, with an entry in the audit log.
//! 5. What was received and never taken, because somebody or something broke off, is swept after a day. What a store has beside
//!    that is never touched: it may be another desk's, or belong to a database that was replaced.
//!
//! Files are kept as they came. Where a picture was taken and with what (EXIF) stays in it, as it may be evidence; nothing
//! shows it but the file itself.

mod attach;
pub mod backup;
mod faults;
mod format;
mod objects;
mod open;
mod receive;
mod reseal;
mod row;
mod sealed;
mod sweep;
mod tracks;
mod upload;

pub use format::{Format, Kind};
pub use objects::Objects;
pub use open::Opened;
pub use reseal::reseal;
pub use row::AttachmentView;

pub(in crate::desk) use row::{hashes, keep};

/// The most files that come with one request: with a complaint, or at once with a ticket.
pub const AT_ONCE: usize = 3;
/// The most files that a ticket has.
pub const ALTOGETHER: usize = 50;

/// A file that is on the disk and belongs to nobody yet.
#[derive(Clone, PartialEq)]
pub struct Received {
    pub(in crate::desk) id: String,
    /// Under which the store has it.
    pub(in crate::desk) key: String,
    /// What it is.
    pub format: Format,
    /// Bytes.
    pub size: u64,
    /// Of its bytes, in 64 small hexadecimal digits.
    pub sha256: String,
    /// What whoever sent it calls it. It may name people: it is stored sealed.
    pub(in crate::desk) name: Option<String>,
}
