//! The people behind the roles that deadlines and incidents name.

use super::{Recipient, fault_of};
use crate::{
    Result,
    desk::notify::{Audience, Mailbox},
    taxonomy::Taxonomy,
};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// The role of whoever works on a ticket. Its address is the agent's own, so a mail plan gives it none.
pub const OWNER: &str = "owner";
/// The role that hears in the owner's place where a ticket has no owner, or the owner no address.
pub const DEPARTMENT_HEAD: &str = "department_head";

/// Somebody in a role: an address, or one with the only department whose tickets it hears of.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Holder {
    Everywhere(String),
    Of(Post),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Post {
    address: String,
    department: Option<String>,
}

/// Who holds which role.
#[derive(Clone, Default)]
pub(super) struct Roles(BTreeMap<String, Vec<Recipient>>);

impl Roles {
    /// Checks them.
    pub fn read(lines: BTreeMap<String, Vec<Holder>>, path: &Path, taxonomy: &Taxonomy) -> Result<Self> {
        if lines.contains_key(OWNER) {
            let reason = "`owner` is whoever works on the ticket: give people their e-mail addresses in the staff list";
            return Err(fault_of(path, reason));
        }
        let recipient = |role: &str, holder: Holder| {
            let (address, department) = match holder {
                Holder::Everywhere(address) => (address, None),
                Holder::Of(post) => (post.address, post.department),
            };
            address.parse::<Mailbox>()?;
            if department.as_deref().is_some_and(|id| taxonomy.department_index(id).is_none()) {
                return Err(fault_of(path, "a role is of a department that the taxonomy does not have"));
            }
            let audience = if role == DEPARTMENT_HEAD { Audience::DepartmentHead } else { Audience::Supervisor };
            Ok(Recipient { address, audience, department, kinds: Vec::new() })
        };
        let roles = lines.into_iter().map(|(role, holders)| {
            let holders = holders.into_iter().map(|holder| recipient(&role, holder)).collect::<Result<_>>()?;
            Ok((role, holders))
        });
        Ok(Roles(roles.collect::<Result<_>>()?))
    }

    /// Who holds any of some roles for a department's tickets.
    pub fn holders<'a>(
        &'a self,
        roles: &'a BTreeSet<&str>,
        department: Option<&'a str>,
    ) -> impl Iterator<Item = &'a Recipient> {
        let holders = roles.iter().filter_map(|role| self.0.get(*role)).flatten();
        holders.filter(move |one| one.is_of(department))
    }

    /// Everybody in any of them.
    pub fn everybody(&self) -> impl Iterator<Item = &Recipient> {
        self.0.values().flatten()
    }

    /// Whether somebody holds a role.
    pub fn has(&self, role: &str) -> bool {
        self.0.get(role).is_some_and(|holders| !holders.is_empty())
    }

    /// A role that no rule of the house names, so that nobody would ever be told in it.
    pub fn unknown(&self, named: &BTreeSet<&str>) -> Option<&str> {
        self.0.keys().map(String::as_str).find(|role| !named.contains(role))
    }
}
