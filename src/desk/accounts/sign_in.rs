//! Signing in, and what a session stands for.
//!
//! Nothing here tells whether there is an account of a name: one that is none has its tries counted in the same table by
//! the same statements, is locked like any other, and its password is checked as long.

use super::{is_id, lock, read};
use crate::{
    Desk, Error, Result,
    desk::{
        access::{
            Principal, PrincipalKind, Source,
            audit::{AuditAction, Entry},
            lockout::{ACCOUNT, Failures},
            password::{self, Outcome},
            session::{Session, SessionPolicy, Token},
        },
        audit::note,
        store::{
            Transaction,
            entity::{account, session, sign_in},
            instant, micros,
        },
    },
};
use jiff::{SignedDuration, Timestamp};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter,
    sea_query::{Expr, OnConflict},
};
use std::net::IpAddr;

/// For so long failures count: longer than any lock of [`ACCOUNT`], and than the day after which its locks start small.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(48);

/// Somebody who has signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// For the browser: [`Token::cookie`], and [`Token::csrf`] for the page.
    pub token: Token,
    /// Who it is.
    pub principal: Principal,
}

/// An account whose password was right.
struct Proved {
    row: account::Model,
    /// Its password under today's parameters, where it is stored under older ones.
    rehashed: Option<String>,
}

impl Desk {
    /// Signs somebody in by name and password, from an address.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] where they do not fit or the account is disabled, [`Error::LockedOut`] where account or
    /// address failed too often.
    pub async fn sign_in(&self, name: &str, password: &str, from: IpAddr) -> Result<SignedIn> {
        let now = self.now();
        let Proved { row, rehashed } = self.prove(name, password, from, now).await?;
        let principal = principal(&row)?;
        let token = Token::generate();
        let change = self.store().begin().await?;
        note(&change, &Entry::new(&principal, AuditAction::SignedIn, [&row.id], now)).await?;
        if lock(&change, &row.id).await?.as_ref() != Some(&row) {
            // Changed or disabled while the password was checked.
            return Err(wrong());
        }
        let begun = session::ActiveModel {
            token_hash: Set(token.hash()),
            account_id: Set(row.id.clone()),
            created_at: Set(micros(now)),
            seen_at: Set(micros(now)),
        };
        session::Entity::insert(begun).exec_without_returning(&change).await?;
        forgive(&change, &row.id, now).await?;
        if let Some(password) = rehashed {
            let new = account::Model { password, ..row };
            account::Entity::update(new.into_active_model().reset_all()).exec(&change).await?;
        }
        change.commit().await?;
        Ok(SignedIn { token, principal })
    }

    /// Changes the password of whoever signed in. All sessions end, this one too: whoever else had the old password is out.
    ///
    /// # Errors
    /// As [`Desk::sign_in`] for the old password; [`Error::InvalidRequest`] where the new one is not sound, or whoever asks
    /// has not signed in.
    pub async fn change_password(&self, by: &Principal, old: &str, new: &str, from: IpAddr) -> Result<()> {
        if by.kind != PrincipalKind::Session {
            let reason = "only who has signed in has a password to change".into();
            return Err(Error::InvalidRequest { what: "account".into(), reason });
        }
        let proved = self.prove(&by.id, old, from, self.now()).await?;
        self.store_password(proved.row, new, by).await
    }

    /// Who a session stands for.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] where it is over, or its account may not sign in any more.
    pub async fn session(&self, token: &Token) -> Result<Principal> {
        let now = self.now();
        let found = session::Entity::find_by_id(token.hash()).one(self.store().read()).await?.ok_or_else(over)?;
        let account = account::Entity::find_by_id(&found.account_id).one(self.store().read()).await?;
        let account = account.filter(|account| account.enabled).ok_or_else(over)?;
        let mut session = Session { created_at: instant(found.created_at), seen_at: instant(found.seen_at) };
        if session.renew(&SessionPolicy::default(), now)? {
            let seen = micros(session.seen_at);
            let noted = session::Entity::update_many()
                .col_expr(session::Column::SeenAt, Expr::value(seen))
                .filter(session::Column::TokenHash.eq(&found.token_hash))
                .filter(session::Column::SeenAt.lt(seen))
                .exec(self.store().writer())
                .await;
            if let Err(fault) = noted {
                // The session may end early for it, but this request can be answered.
                tracing::warn!(code = Error::from(fault).code(), "the use of a session was not noted");
            }
        }
        principal(&account)
    }

    /// Ends a session; one that is over already is no fault.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn sign_out(&self, token: &Token) -> Result<()> {
        session::Entity::delete_by_id(token.hash()).exec(self.store().writer()).await?;
        Ok(())
    }

    /// Holds a password against that of an account, after counting the try for both account and address.
    async fn prove(&self, name: &str, password: &str, from: IpAddr, now: Timestamp) -> Result<Proved> {
        let address = Source::from(from);
        self.doors().addresses.attempt(address, now)?;
        let proved = self.prove_account(name, password, now).await;
        if !matches!(proved, Err(Error::Unauthenticated { .. })) {
            // Right, refused unread, or our own fault: no guess was made.
            self.doors().addresses.succeeded(&address, now);
        }
        proved
    }

    async fn prove_account(&self, name: &str, password: &str, now: Timestamp) -> Result<Proved> {
        // What cannot be a name is counted under one that nobody can have: so no key is longer than an id.
        let name = if is_id(name) { name } else { "?" };
        let change = self.store().begin().await?;
        count(&change, name, now).await?;
        let row = account::Entity::find_by_id(name).one(&change).await?;
        change.commit().await?;
        let stored = row.as_ref().filter(|row| row.enabled).map(|row| row.password.clone());
        let check = move |password: &str| match password::verify(password, stored.as_deref())? {
            Outcome::Wrong => Err(wrong()),
            Outcome::Right => Ok(None),
            Outcome::RightButOld => password::hash(password).map(Some),
        };
        let rehashed = self.doors().blocking(password, check).await?;
        Ok(Proved { row: row.ok_or_else(wrong)?, rehashed })
    }

    /// Forgets sessions that are over, and failures that are long ago.
    pub(in crate::desk) async fn sweep_sign_ins(&self, now: Timestamp) -> Result<()> {
        let before = |duration| micros(now.checked_sub(duration).unwrap_or(Timestamp::MIN));
        let policy = SessionPolicy::default();
        let over = Condition::any()
            .add(session::Column::CreatedAt.lte(before(policy.absolute)))
            .add(session::Column::SeenAt.lte(before(policy.idle)));
        session::Entity::delete_many().filter(over).exec(self.store().writer()).await?;
        let old = sign_in::Column::TriedAt.lt(before(REMEMBERED));
        sign_in::Entity::delete_many().filter(old).exec(self.store().writer()).await?;
        Ok(())
    }
}

/// Counts a try of a name. Where that is refused, the transaction must be dropped: refused tries do not count.
async fn count(change: &Transaction, name: &str, now: Timestamp) -> Result<()> {
    let first = sign_in::ActiveModel {
        id: Set(name.into()),
        failures: Set(json(&Failures::default())),
        tried_at: Set(micros(now)),
    };
    // The row is made or locked by the same statement: of two who try at once the second sees what the first counted.
    let again = OnConflict::column(sign_in::Column::Id).update_column(sign_in::Column::TriedAt).to_owned();
    sign_in::Entity::insert(first).on_conflict(again).exec_without_returning(change).await?;
    let mut failures = failures(change, name).await?;
    failures.attempt(&ACCOUNT, now)?;
    keep(change, name, &failures).await
}

/// The password was right.
async fn forgive(change: &Transaction, name: &str, now: Timestamp) -> Result<()> {
    let mut failures = failures(change, name).await?;
    failures.succeeded(&ACCOUNT, now);
    match failures == Failures::default() {
        true => {
            sign_in::Entity::delete_by_id(name).exec(change).await?;
            Ok(())
        }
        false => keep(change, name, &failures).await,
    }
}

async fn failures(change: &Transaction, name: &str) -> Result<Failures> {
    let row = sign_in::Entity::find_by_id(name).one(change).await?;
    let read = |row: sign_in::Model| serde_json::from_str(&row.failures);
    row.map_or(Ok(Failures::default()), read)
        .map_err(|_| Error::Store { reason: "the stored failures of a sign-in cannot be read".into() })
}

async fn keep(change: &Transaction, name: &str, failures: &Failures) -> Result<()> {
    sign_in::Entity::update_many()
        .col_expr(sign_in::Column::Failures, Expr::value(json(failures)))
        .filter(sign_in::Column::Id.eq(name))
        .exec(change)
        .await?;
    Ok(())
}

fn json(failures: &Failures) -> String {
    serde_json::to_string(failures).expect("times and a count are JSON")
}

fn principal(row: &account::Model) -> Result<Principal> {
    let account = read(row)?;
    Ok(Principal::session(account.id.clone(), account.role, account.scope()))
}

fn wrong() -> Error {
    Error::Unauthenticated { reason: "the name or the password is wrong".into() }
}

fn over() -> Error {
    Error::Unauthenticated { reason: "the session is over: sign in again".into() }
}
