//! `fenzhen key`.

use super::{
    aligned,
    stdout::print,
    store::{StoreFlags, wait_for},
};
use crate::{
    Error, Result,
    desk::{
        access::{
            DeskRole, Permission, Principal,
            audit::{AuditAction, Entry},
            key::KeyRecord,
        },
        audit, keys,
        store::Store,
    },
};
use jiff::{SignedDuration, Timestamp};
use std::process::ExitCode;

/// Make, list and revoke the API keys of the desk
///
/// Once there is a key of an administrator, every request needs a key, and the server may answer other machines.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  fenzhen key create 'operations' --role admin
  fenzhen key create 'CRM' --role integration --days 365
  fenzhen key list
  fenzhen key revoke fz_ab12cd34")]
pub struct Key {
    #[command(subcommand)]
    act: Act,
    #[command(flatten)]
    store: StoreFlags,
}

#[derive(Debug, clap::Subcommand)]
enum Act {
    /// Make a key; it is printed this once
    Create {
        /// What people call it
        name: String,
        /// intake, handler, supervisor, analyst, follow_up, admin or integration
        #[arg(long, value_name = "ROLE")]
        role: DeskRole,
        /// Departments whose tickets it sees, by id; all without it
        #[arg(long, value_name = "ID")]
        department: Vec<String>,
        /// What of the role is left, as in complaints:create; all without it
        #[arg(long, value_name = "PERMISSION")]
        scope: Vec<Permission>,
        /// Days for which it is good; for ever without it
        #[arg(long, value_name = "N")]
        days: Option<u16>,
    },
    /// List all keys, those that are over too
    List,
    /// Take a key back for good
    Revoke {
        /// Its public id, as `list` shows it
        id: String,
    },
    /// Make a key that takes another one's place; both are good for some hours
    Rotate {
        /// The public id of the old one
        id: String,
        /// Hours for which the old one is good still
        #[arg(long, value_name = "N", default_value_t = 24)]
        hours: u16,
    },
}

impl Key {
    pub fn run(&self) -> Result<ExitCode> {
        wait_for(async {
            let store = self.store.open().await?;
            self.act(&store).await?;
            store.close().await;
            Ok(ExitCode::SUCCESS)
        })
    }

    async fn act(&self, store: &Store) -> Result<()> {
        let now = Timestamp::now();
        match &self.act {
            Act::Create { name, role, department, scope, days } => {
                let departments = (!department.is_empty()).then(|| department.iter().cloned().collect()).into();
                let scopes = (!scope.is_empty()).then(|| scope.iter().copied().collect());
                let end = |days: u16| now.checked_add(SignedDuration::from_hours(24 * i64::from(days)));
                let expires = days.map(end).transpose().map_err(|_| Error::InvalidRequest {
                    what: "--days".into(),
                    reason: "leads beyond the end of the calendar".into(),
                })?;
                let (key, record) = KeyRecord::issue(name, *role, scopes, departments, expires, now)?;
                keep(store, &[&record], AuditAction::KeyIssued, now).await?;
                print(&format!("{}\n", key.reveal()))
            }
            Act::List => {
                let all = keys::all(store).await?;
                let head = ["id", "name", "role", "made", "state", "used"].map(str::to_owned).to_vec();
                let rows: Vec<Vec<String>> =
                    std::iter::once(head).chain(all.iter().map(|key| line(key, now))).collect();
                print(&aligned::aligned(&rows))
            }
            Act::Revoke { id } => {
                let mut record = keys::find(store, id).await?;
                record.revoke(now);
                keep(store, &[&record], AuditAction::KeyRevoked, now).await
            }
            Act::Rotate { id, hours } => {
                let mut old = keys::find(store, id).await?;
                let (key, new) = old.rotate(SignedDuration::from_hours((*hours).into()), now)?;
                keep(store, &[&old, &new], AuditAction::KeyRotated, now).await?;
                print(&format!("{}\n", key.reveal()))
            }
        }
    }
}

/// Stores what has changed, with an entry of the audit log, all or nothing.
async fn keep(store: &Store, changed: &[&KeyRecord], action: AuditAction, now: Timestamp) -> Result<()> {
    let change = store.begin().await?;
    for record in changed {
        keys::keep(&change, record).await?;
    }
    let ids = changed.iter().map(|record| record.id.clone());
    // Whoever can open the database and its keys is at the machine.
    audit::note(&change, &Entry::new(&Principal::local(), action, ids, now)).await?;
    Ok(change.commit().await?)
}

fn line(key: &KeyRecord, now: Timestamp) -> Vec<String> {
    let state = match (key.revoked_at, key.expires_at) {
        (Some(at), _) => format!("revoked {at:.0}"),
        (None, Some(at)) if at <= now => format!("expired {at:.0}"),
        (None, Some(at)) => format!("good until {at:.0}"),
        (None, None) => "good".into(),
    };
    let used = key.used_at.map_or("never".into(), |at| format!("{at:.0}"));
    let made = format!("{:.0}", key.created_at);
    vec![key.id.clone(), key.name.clone(), key.role.id().into(), made, state, used]
}
