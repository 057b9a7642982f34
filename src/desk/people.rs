//! The people of the desk: who they are, what they can do, whether they are there.

use super::{
    Desk,
    access::{
        Permission, Principal,
        audit::{AuditAction, Entry},
    },
    accounts::{is_id, is_name},
    audit::note,
    notify::Mailbox,
    seal::Place,
    store::{entity::staff, micros, queue::Work},
    work::offer,
};
use crate::{Error, Result};
use sea_orm::{ActiveValue::Set, EntityTrait, QueryOrder, sea_query::OnConflict};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};
use zeroize::Zeroizing;

/// Somebody who works at the desk. Signing in is another matter, and another table's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// A short name that never changes: it stands in histories.
    #[schema(example = "zhang.wei")]
    pub id: String,
    /// What colleagues call this person.
    pub name: String,
    /// The departments that this person works for, by id.
    pub departments: Vec<String>,
    /// The groups of them, by id.
    #[serde(default)]
    pub groups: Vec<String>,
    /// How good this person is at what; higher is better.
    #[serde(default)]
    pub skills: BTreeMap<String, u8>,
    /// What open tickets may weigh together.
    pub capacity: u32,
    /// `present`, `away` or `off`.
    #[schema(example = "present")]
    pub presence: String,
    /// Takes what was given back too often, and nothing else.
    #[serde(default)]
    pub supervisor: bool,
    /// Where this person hears of the own tickets. It is stored sealed and shown masked; left out, null, or as it is shown, it
    /// stays what it is; empty, there is none any more.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "zhang.wei@example.com")]
    pub email: Option<Email>,
}

/// An e-mail address of somebody who works here. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(pub String);

impl Email {
    /// What is shown of it: the first letter, and where it is.
    fn masked(address: &str) -> Self {
        let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
        Email(format!("{}***@{domain}", local.chars().next().unwrap_or('*')))
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(…)")
    }
}

/// Where the address of a person stands.
pub(in crate::desk) fn place(id: &str) -> Place<'_> {
    Place { table: "staff", column: "email", row: id }
}

impl Person {
    /// What is stored of a person, but for the address, which is sealed.
    pub(in crate::desk) fn read(row: staff::Model) -> Result<Self> {
        let unreadable = |_| Error::Store { reason: "what is stored about a person cannot be read".into() };
        Ok(Person {
            id: row.id,
            name: row.name,
            departments: serde_json::from_str(&row.departments).map_err(unreadable)?,
            groups: serde_json::from_str(&row.teams).map_err(unreadable)?,
            skills: serde_json::from_str(&row.skills).map_err(unreadable)?,
            capacity: u32::try_from(row.capacity).unwrap_or(0),
            presence: row.presence,
            supervisor: row.supervisor,
            email: None,
        })
    }
}

impl Desk {
    /// Adds a person, or says what has changed. Who is there and has room gets what waits. Returns the person as shown.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where the person works, or worked, for a department that is not whoever asks's;
    /// [`Error::InvalidRequest`] where a department, group, skill or presence is not known, or the address cannot be used.
    pub async fn put_person(&self, person: &Person, by: &Principal) -> Result<Person> {
        by.require(Permission::StaffManage)?;
        self.check(person)?;
        let now = self.now();
        let json = |list: serde_json::Result<String>| list.expect("lists and maps of texts are JSON");
        let change = self.store().begin().await?;
        let stored = staff::Entity::find_by_id(&person.id).one(&change).await?;
        let email_sealed = self.sealed_email(person, stored.as_ref())?;
        let before = stored.map(Person::read).transpose()?;
        let row = staff::ActiveModel {
            id: Set(person.id.clone()),
            name: Set(person.name.clone()),
            departments: Set(json(serde_json::to_string(&person.departments))),
            teams: Set(json(serde_json::to_string(&person.groups))),
            skills: Set(json(serde_json::to_string(&person.skills))),
            capacity: Set(person.capacity.into()),
            presence: Set(person.presence.clone()),
            supervisor: Set(person.supervisor),
            email_sealed: Set(email_sealed.clone()),
            last_assigned_at: Set(None),
            created_at: Set(micros(now)),
        };
        let known = [
            staff::Column::Name,
            staff::Column::Departments,
            staff::Column::Teams,
            staff::Column::Skills,
            staff::Column::Capacity,
            staff::Column::Presence,
            staff::Column::Supervisor,
            staff::Column::EmailSealed,
        ];
        let again = OnConflict::column(staff::Column::Id).update_columns(known).to_owned();
        note(&change, &Entry::new(by, AuditAction::StaffChanged, [&person.id], now)).await?;
        for department in before.iter().flat_map(|before| &before.departments).chain(&person.departments) {
            by.require_in(Permission::StaffManage, Some(department))?;
        }
        staff::Entity::insert(row).on_conflict(again).exec_without_returning(&change).await?;
        offer(&change, &person.id, now).await?;
        change.commit().await?;
        self.wake(Work::Assign);
        let email = email_sealed.map(|sealed| self.open_email(&person.id, &sealed)).transpose()?;
        Ok(Person { email: email.map(|address| Email::masked(&address)), ..person.clone() })
    }

    /// The address that a person is to have, sealed: the new one, the one that is stored, or none.
    fn sealed_email(&self, person: &Person, stored: Option<&staff::Model>) -> Result<Option<Vec<u8>>> {
        let sealed = stored.and_then(|row| row.email_sealed.as_ref());
        let Some(Email(given)) = &person.email else { return Ok(sealed.cloned()) };
        if given.is_empty() {
            return Ok(None);
        }
        if let Some(sealed) = sealed
            && Email::masked(&self.open_email(&person.id, sealed)?).0 == *given
        {
            return Ok(Some(sealed.clone()));
        }
        // What is shown is no address: an asterisk in front of the @ is how it is masked.
        if given.contains("***@") || given.parse::<Mailbox>().is_err() {
            let reason = "must be an address of the form name@domain";
            return Err(Error::InvalidRequest { what: "email".into(), reason: reason.into() });
        }
        Ok(Some(self.keys().seal(&place(&person.id), given.as_bytes())))
    }

    /// The address of a person.
    pub(in crate::desk) fn open_email(&self, id: &str, sealed: &[u8]) -> Result<Zeroizing<String>> {
        self.keys().open_text(&place(id), sealed)
    }

    /// Everybody, by id; addresses are masked.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn people(&self) -> Result<Vec<Person>> {
        let rows = staff::Entity::find().order_by_asc(staff::Column::Id).all(self.store().read()).await?;
        let shown = |row: staff::Model| {
            let email = row.email_sealed.as_ref().map(|sealed| self.open_email(&row.id, sealed)).transpose()?;
            Ok(Person { email: email.map(|address| Email::masked(&address)), ..Person::read(row)? })
        };
        rows.into_iter().map(shown).collect()
    }

    fn check(&self, person: &Person) -> Result<()> {
        let wrong = |what: &str, reason: &str| Err(Error::InvalidRequest { what: what.into(), reason: reason.into() });
        let house = self.house();
        if !is_id(&person.id) {
            return wrong("id", "must be 1 to 64 letters, digits, points, hyphens and underscores");
        }
        if !is_name(&person.name) {
            return wrong("name", "must be 1 to 100 characters, none of them a control character");
        }
        if person.departments.iter().any(|id| house.taxonomy.department_index(id).is_none()) {
            return wrong("departments", "names one that the taxonomy does not have");
        }
        if person.groups.iter().any(|id| house.routing.groups.iter().all(|group| group.id != *id)) {
            return wrong("groups", "names one that the routing rules do not have");
        }
        let elsewhere = |id: &String| {
            let of = house.routing.groups.iter().find(|group| group.id == *id).map(|group| &group.department);
            of.is_some_and(|department| !person.departments.contains(department))
        };
        if person.groups.iter().any(elsewhere) {
            return wrong("groups", "names one of a department that this person does not work for");
        }
        if person.skills.keys().any(|id| !house.routing.skills.contains_key(id)) {
            return wrong("skills", "names one that the routing rules do not have");
        }
        if !["present", "away", "off"].contains(&person.presence.as_str()) {
            return wrong("presence", "must be present, away or off");
        }
        Ok(())
    }
}
