//! Making accounts and changing them.

use super::{Account, is_id, is_name, lock, read};
use crate::{
    Desk, Error, Result,
    desk::{
        access::{
            DeskRole, Permission, Principal, PrincipalKind,
            audit::{AuditAction, Entry},
        },
        audit::note,
        keys::administrators_in,
        store::{
            Transaction,
            entity::{account, session, sign_in},
            micros,
        },
    },
};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

impl Desk {
    /// Makes an account.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where whoever asks may not, or has less; [`Error::InvalidRequest`] where the account or the
    /// password is not sound, or the id is taken.
    pub async fn create_account(&self, account: &Account, password: &str, by: &Principal) -> Result<()> {
        by.require(Permission::StaffManage)?;
        by.require_grant(account.role, None, &account.scope())?;
        self.check_account(account)?;
        let now = self.now();
        let mut row = account::Model { created_at: micros(now), ..row(account) };
        row.password = self.doors().hash_new(password, &row).await?;
        let change = self.store().begin().await?;
        note(&change, &Entry::new(by, AuditAction::StaffCreated, [&account.id], now)).await?;
        if lock(&change, &account.id).await?.is_some() {
            return Err(wrong("id", "is that of an account that there is already"));
        }
        account::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(&change).await?;
        Ok(change.commit().await?)
    }

    /// Changes what an account is called, what it is, its departments, or whether it may sign in. Where it is something
    /// else then, or may not sign in, its sessions end.
    ///
    /// # Errors
    /// [`Error::NoSuchAccount`]; [`Error::Forbidden`] where whoever asks has less than the account before or after;
    /// [`Error::InvalidRequest`], also where nobody would be left to run the desk.
    pub async fn change_account(&self, account: &Account, by: &Principal) -> Result<()> {
        by.require(Permission::StaffManage)?;
        by.require_grant(account.role, None, &account.scope())?;
        self.check_account(account)?;
        let now = self.now();
        let change = self.store().begin().await?;
        // First, for with the entry come the lock of the log and with it one change of accounts at a time.
        note(&change, &Entry::new(by, AuditAction::StaffChanged, [&account.id], now)).await?;
        let old = lock(&change, &account.id).await?.ok_or(Error::NoSuchAccount)?;
        let before = read(&old)?;
        by.require_grant(before.role, None, &before.scope())?;
        let rules =
            |account: &Account| account.enabled && account.role == DeskRole::Admin && account.departments.is_none();
        if rules(&before) && !rules(account) && administrators_in(&change, now).await? < 2 {
            return Err(wrong(
                "account",
                "is that of the last administrator: make another one, or a key of one, first",
            ));
        }
        let new = account::Model { password: old.password, created_at: old.created_at, ..row(account) };
        account::Entity::update(new.into_active_model().reset_all()).exec(&change).await?;
        if before.role != account.role || !account.enabled {
            end_sessions(&change, &account.id).await?;
        }
        Ok(change.commit().await?)
    }

    /// Gives somebody else a new password; who was locked out may try it at once. All sessions of the account end.
    ///
    /// # Errors
    /// [`Error::NoSuchAccount`]; [`Error::Forbidden`] where whoever asks has less than the account, and would have more with
    /// its password; [`Error::InvalidRequest`] where the password is not sound, or the account is one's own.
    pub async fn set_password(&self, id: &str, password: &str, by: &Principal) -> Result<()> {
        by.require(Permission::StaffManage)?;
        if by.kind == PrincipalKind::Session && by.id == id {
            return Err(wrong(
                "account",
                "is your own: change its password with the old one, at /v1/sessions/password",
            ));
        }
        let row = account::Entity::find_by_id(id).one(self.store().read()).await?.ok_or(Error::NoSuchAccount)?;
        let account = read(&row)?;
        by.require_grant(account.role, None, &account.scope())?;
        self.store_password(row, password, by).await
    }

    /// Hashes a password and stores it, unless the account was changed since it was read.
    pub(super) async fn store_password(&self, row: account::Model, password: &str, by: &Principal) -> Result<()> {
        let hash = self.doors().hash_new(password, &row).await?;
        let change = self.store().begin().await?;
        note(&change, &Entry::new(by, AuditAction::PasswordSet, [&row.id], self.now())).await?;
        if lock(&change, &row.id).await?.as_ref() != Some(&row) {
            return Err(wrong("account", "was changed by somebody else meanwhile: try again"));
        }
        end_sessions(&change, &row.id).await?;
        sign_in::Entity::delete_by_id(&row.id).exec(&change).await?;
        let new = account::Model { password: hash, ..row };
        account::Entity::update(new.into_active_model().reset_all()).exec(&change).await?;
        Ok(change.commit().await?)
    }

    fn check_account(&self, account: &Account) -> Result<()> {
        if !is_id(&account.id) {
            return Err(wrong("id", "must be 1 to 64 letters, digits, points, hyphens and underscores"));
        }
        if Principal::is_reserved(&account.id) {
            return Err(wrong("id", "is one that keys and the machine itself have"));
        }
        if !is_name(&account.name) {
            return Err(wrong("name", "must be 1 to 100 characters, none of them a control character"));
        }
        if account.role == DeskRole::Integration {
            return Err(wrong("role", "is that of other software, which gets a key and no account"));
        }
        match &account.departments {
            Some(ids) if ids.is_empty() => Err(wrong("departments", "is empty: leave it out for all departments")),
            Some(ids) if ids.iter().any(|id| self.house().taxonomy.department_index(id).is_none()) => {
                Err(wrong("departments", "names one that the taxonomy does not have"))
            }
            _ => Ok(()),
        }
    }
}

async fn end_sessions(change: &Transaction, account: &str) -> Result<()> {
    session::Entity::delete_many().filter(session::Column::AccountId.eq(account)).exec(change).await?;
    Ok(())
}

/// The row of an account, but for what the account does not say.
fn row(account: &Account) -> account::Model {
    let departments = account.departments.as_ref();
    account::Model {
        id: account.id.clone(),
        name: account.name.clone(),
        role: account.role.id().into(),
        departments: departments.map(|ids| serde_json::to_string(ids).expect("ids are JSON")),
        password: String::new(),
        enabled: account.enabled,
        created_at: 0,
    }
}

fn wrong(what: &str, reason: &str) -> Error {
    Error::InvalidRequest { what: what.into(), reason: reason.into() }
}
