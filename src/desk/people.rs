//! The people of the desk: who they are, what they can do, whether they are there.

use super::{
    Desk,
    access::{
        Permission, Principal,
        audit::{AuditAction, Entry},
    },
    accounts::{is_id, is_name},
    audit::note,
    store::{entity::staff, micros, queue::Work},
    work::offer,
};
use crate::{Error, Result};
use sea_orm::{ActiveValue::Set, EntityTrait, QueryOrder, sea_query::OnConflict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
}

impl Person {
    /// What is stored of a person.
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
        })
    }
}

impl Desk {
    /// Adds a person, or says what has changed. Who is there and has room gets what waits.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where the person works, or worked, for a department that is not whoever asks's;
    /// [`Error::InvalidRequest`] where a department, group, skill or presence is not known.
    pub async fn put_person(&self, person: &Person, by: &Principal) -> Result<()> {
        by.require(Permission::StaffManage)?;
        self.check(person)?;
        let now = self.now();
        let json = |list: serde_json::Result<String>| list.expect("lists and maps of texts are JSON");
        let row = staff::ActiveModel {
            id: Set(person.id.clone()),
            name: Set(person.name.clone()),
            departments: Set(json(serde_json::to_string(&person.departments))),
            teams: Set(json(serde_json::to_string(&person.groups))),
            skills: Set(json(serde_json::to_string(&person.skills))),
            capacity: Set(person.capacity.into()),
            presence: Set(person.presence.clone()),
            supervisor: Set(person.supervisor),
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
        ];
        let again = OnConflict::column(staff::Column::Id).update_columns(known).to_owned();
        let change = self.store().begin().await?;
        note(&change, &Entry::new(by, AuditAction::StaffChanged, [&person.id], now)).await?;
        let before = staff::Entity::find_by_id(&person.id).one(&change).await?.map(Person::read).transpose()?;
        for department in before.iter().flat_map(|before| &before.departments).chain(&person.departments) {
            by.require_in(Permission::StaffManage, Some(department))?;
        }
        staff::Entity::insert(row).on_conflict(again).exec_without_returning(&change).await?;
        offer(&change, &person.id, now).await?;
        change.commit().await?;
        self.wake(Work::Assign);
        Ok(())
    }

    /// Everybody, by id.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn people(&self) -> Result<Vec<Person>> {
        let rows = staff::Entity::find().order_by_asc(staff::Column::Id).all(self.store().read()).await?;
        rows.into_iter().map(Person::read).collect()
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
