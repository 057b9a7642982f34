//! Who is told over HTTP.

use super::{
    Desk,
    access::{
        Principal,
        audit::{AuditAction, Entry},
    },
    audit::note,
    notify::{Kind, Secret},
    seal::Place,
    store::{entity::webhook, instant, micros},
};
use crate::Result;
use jiff::Timestamp;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, QueryOrder};
use uuid::Uuid;

/// A receiver of notices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// Its id.
    pub id: String,
    /// Where it is.
    pub url: String,
    /// The kinds of notices that it wants; empty: all.
    pub kinds: Vec<String>,
    /// Whether it is told. One that answers 410 is told no more.
    pub enabled: bool,
    /// Why not, where it disabled itself.
    pub fault: Option<String>,
    /// Since when.
    pub created_at: Timestamp,
}

impl Desk {
    /// Registers a receiver and returns the secret that signs what it gets, which is shown this once.
    ///
    /// # Errors
    /// [`Error::WebhookUrl`] where the guard does not let it be reached, [`Error::WebhookSecret`] for a bad secret of one's
    /// own, [`Error::InvalidRequest`] for an unknown kind.
    pub async fn add_webhook(
        &self,
        url: &str,
        kinds: &[String],
        secret: Option<&str>,
        by: &Principal,
    ) -> Result<(Registered, String)> {
        let endpoint = self.webhooks().guard().endpoint(url)?;
        if kinds.iter().any(|kind| Kind::from_id(kind).is_none()) {
            return Err(Kind::unknown());
        }
        let secret = match secret {
            Some(secret) => Secret::parse(secret)?,
            None => Secret::generate()?,
        };
        let (id, now) = (Uuid::now_v7().to_string(), self.now());
        let revealed = secret.reveal().to_string();
        let row = webhook::Model {
            secret_sealed: self.keys().seal(&place(&id), revealed.as_bytes()),
            url: endpoint.url().to_owned(),
            kinds: serde_json::to_string(kinds).expect("a list of texts is JSON"),
            enabled: true,
            fault: None,
            created_at: micros(now),
            id,
        };
        let told = registered(row.clone());
        let change = self.store().begin().await?;
        note(&change, &Entry::new(by, AuditAction::WebhookChanged, [&row.id], now)).await?;
        let row = row.into_active_model().reset_all();
        webhook::Entity::insert(row).exec_without_returning(&change).await?;
        change.commit().await?;
        Ok((told, revealed))
    }

    /// Everyone who is told, oldest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn webhooks_registered(&self) -> Result<Vec<Registered>> {
        let rows = webhook::Entity::find().order_by_asc(webhook::Column::Id).all(self.store().read()).await?;
        Ok(rows.into_iter().map(registered).collect())
    }

    /// Tells a receiver nothing more; false where there is none of this id. What is on its way to it is dropped.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn remove_webhook(&self, id: &str, by: &Principal) -> Result<bool> {
        let change = self.store().begin().await?;
        note(&change, &Entry::new(by, AuditAction::WebhookChanged, [id], self.now())).await?;
        let gone = webhook::Entity::delete_by_id(id).exec(&change).await?.rows_affected == 1;
        // Nothing was done where there was none, and nothing is noted.
        if gone {
            change.commit().await?;
        }
        Ok(gone)
    }
}

/// Where the secret of a receiver stands.
pub(in crate::desk) fn place(id: &str) -> Place<'_> {
    Place { table: "webhook", column: "secret", row: id }
}

fn registered(row: webhook::Model) -> Registered {
    Registered {
        kinds: serde_json::from_str(&row.kinds).unwrap_or_default(),
        created_at: instant(row.created_at),
        id: row.id,
        url: row.url,
        enabled: row.enabled,
        fault: row.fault,
    }
}
