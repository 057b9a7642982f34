//! Who may do what: keys, passwords, sessions, roles, limits, and the log of it.
//!
//! 1. [`key`] are the secrets of machines, [`password`] and [`session`] those of people; [`lockout`] slows down guessing.
//! 2. [`DeskRole`] is what somebody is at the desk, [`Permission`] what one may do; [`Principal`] is whoever stands behind a
//!    request, with role, scopes and departments, and the ticket's [`Actor`](super::ticket::Actor) that comes of it.
//! 3. [`rate`] gives every principal and address its share.
//! 4. [`listen`] says on which addresses the server may answer, and who needs no credentials.
//! 5. [`audit`] is the chained log of who saw what is not for everyone, and who changed the desk.
//!
//! All of it is pure but for the making of secrets: the time comes in, rows go out. A request is answered in this order:
//! credentials, rate, permission, departments, and then the log before what it is about.
//!
//! ```
//! use fenzhen::desk::access::{DeskRole, Permission, key::{Key, KeyRecord}};
//! use fenzhen::desk::ticket::Scope;
//! let now: jiff::Timestamp = "2026-11-26T09:00+08:00".parse().unwrap();
//! let (key, record) = KeyRecord::issue("CRM", DeskRole::Integration, None, Scope::All, None, now)?;
//! // The key is shown once; the record is stored.
//! let sent = Key::parse(key.reveal())?;
//! let principal = record.verify(&sent, now)?;
//! assert!(principal.require(Permission::ComplaintsCreate).is_ok());
//! assert!(principal.require(Permission::KeysManage).is_err());
//! # Ok::<(), fenzhen::Error>(())
//! ```

mod address;
pub mod audit;
pub mod key;
pub mod listen;
pub mod lockout;
pub mod password;
mod permission;
mod principal;
pub mod rate;
pub(in crate::desk) mod secret;
pub mod session;

pub use address::Source;
pub use permission::{DeskRole, Permission};
pub use principal::{Principal, PrincipalKind};
