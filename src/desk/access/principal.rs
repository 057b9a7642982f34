//! Whoever stands behind a request.

use super::{DeskRole, Permission, key};
use crate::{
    Error, Result,
    desk::ticket::{Actor, By, Scope},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The id of whoever sits at the machine.
const LOCAL: &str = "local";

/// How somebody proved who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrincipalKind {
    /// With an API key.
    Key,
    /// With a password, and since then a session.
    Session,
    /// By sitting at the machine, while there are no credentials yet.
    Local,
}

/// Whoever stands behind a request, and what that allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The id of the account, that of the key (`fz_…`), or `local`.
    pub id: String,
    /// How it was proved.
    pub kind: PrincipalKind,
    /// What it is at the desk.
    pub role: DeskRole,
    /// What is left of the role's permissions; `None` is all of them.
    pub scopes: Option<BTreeSet<Permission>>,
    /// Whose tickets and complaints it sees.
    pub departments: Scope,
}

impl Principal {
    /// Somebody who signed in.
    pub fn session(id: impl Into<String>, role: DeskRole, departments: Scope) -> Self {
        Principal { id: id.into(), kind: PrincipalKind::Session, role, scopes: None, departments }
    }

    /// Whoever sits at the machine. [`listen::local`](super::listen::local) says when that is enough.
    pub fn local() -> Self {
        Principal {
            id: LOCAL.into(),
            kind: PrincipalKind::Local,
            role: DeskRole::Admin,
            scopes: None,
            departments: Scope::All,
        }
    }

    /// Whether an id names a key or whoever sits at the machine: histories keep ids only, so no account may be called so.
    pub fn is_reserved(id: &str) -> bool {
        id == LOCAL || id.starts_with(key::PREFIX)
    }

    /// Whether it may: the role includes it and the scopes have not taken it away.
    pub fn may(&self, permission: Permission) -> bool {
        self.role.may(permission) && self.scopes.as_ref().is_none_or(|scopes| scopes.contains(&permission))
    }

    /// Refuses what it may not.
    ///
    /// # Errors
    /// [`Error::Forbidden`] with the reason.
    pub fn require(&self, permission: Permission) -> Result<()> {
        if self.may(permission) {
            return Ok(());
        }
        let reason = match self.role.may(permission) {
            true => "the scopes of the key leave it out".to_owned(),
            false => {
                let others: Vec<&str> =
                    DeskRole::ALL.into_iter().filter(|role| role.may(permission)).map(DeskRole::id).collect();
                format!("it belongs to {}", others.join(", "))
            }
        };
        Err(self.forbidden(permission, reason))
    }

    /// Refuses what it may not, or not for this department. What no department has yet is open to all who may.
    ///
    /// # Errors
    /// [`Error::Forbidden`] with the reason.
    pub fn require_in(&self, permission: Permission, department: Option<&str>) -> Result<()> {
        self.require(permission)?;
        match department {
            Some(department) if !self.departments.covers(department) => {
                Err(self.forbidden(permission, "it belongs to another department".into()))
            }
            _ => Ok(()),
        }
    }

    /// Refuses what it may not, or not for all departments together.
    ///
    /// # Errors
    /// As [`Principal::require`].
    pub fn require_everywhere(&self, permission: Permission) -> Result<()> {
        self.require(permission)?;
        match self.departments {
            Scope::All => Ok(()),
            Scope::Departments(_) => Err(self.forbidden(permission, "it is about all departments together".into())),
        }
    }

    /// Refuses to hand out, to a key or an account, more than one has: an administrator's key that is narrowed to keys must
    /// not make one that is not narrowed. Whether it may hand out anything is [`Principal::require`]'s to say.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] where the scopes do not fit the role, [`Error::Forbidden`] with the first thing that is
    /// too much.
    pub fn require_grant(
        &self,
        role: DeskRole,
        scopes: Option<&BTreeSet<Permission>>,
        departments: &Scope,
    ) -> Result<()> {
        role.check_scopes(scopes)?;
        let granted = |permission: &&Permission| scopes.is_none_or(|scopes| scopes.contains(permission));
        if let Some(wide) = role.permissions().iter().filter(granted).find(|permission| !self.may(**permission)) {
            return Err(self.forbidden(*wide, "nobody gives what they have not got".into()));
        }
        let within = match (&self.departments, departments) {
            (Scope::All, _) => true,
            (Scope::Departments(_), Scope::All) => false,
            (Scope::Departments(own), Scope::Departments(others)) => others.is_subset(own),
        };
        match within {
            true => Ok(()),
            false => {
                let needed = scopes.and_then(|scopes| scopes.first()).or(role.permissions().first());
                let needed = needed.copied().expect("every role includes something, and scopes are not empty");
                Err(self.forbidden(needed, "nobody gives departments that they have not got".into()))
            }
        }
    }

    /// Who it is to a ticket.
    pub fn actor(&self) -> Actor {
        Actor { by: By { role: self.role.on_tickets(), id: self.id.clone() }, scope: self.departments.clone() }
    }

    fn forbidden(&self, needed: Permission, reason: String) -> Error {
        Error::Forbidden { needed: needed.id(), role: self.role.id(), reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::ticket::Role;
    use proptest::prelude::*;

    fn departments(ids: &[&str]) -> Scope {
        Scope::Departments(ids.iter().map(|id| id.to_string()).collect())
    }

    fn departments_head() -> Principal {
        Principal::session("a8", DeskRole::Supervisor, departments(&["logistics"]))
    }

    #[test]
    fn refusals_say_why() {
        let handler = Principal::session("a7", DeskRole::Handler, departments(&["logistics"]));
        let told = |result: Result<()>| result.unwrap_err().to_string();
        assert!(handler.require(Permission::TicketsAct).is_ok());
        assert_eq!(
            told(handler.require(Permission::TicketsApprove)),
            "`tickets:approve` is not for the role handler here: it belongs to supervisor, admin"
        );
        assert!(handler.require_in(Permission::TicketsAct, Some("logistics")).is_ok());
        assert!(handler.require_in(Permission::TicketsAct, None).is_ok());
        assert_eq!(
            told(handler.require_in(Permission::TicketsAct, Some("finance"))),
            "`tickets:act` is not for the role handler here: it belongs to another department"
        );
        assert_eq!(
            told(departments_head().require_everywhere(Permission::ReportsRead)),
            "`reports:read` is not for the role supervisor here: it is about all departments together"
        );
        assert!(Principal::local().require_everywhere(Permission::ReportsRead).is_ok());
        let narrow = Principal { scopes: Some([Permission::ComplaintsCreate].into()), ..Principal::local() };
        assert_eq!(
            told(narrow.require(Permission::KeysManage)),
            "`keys:manage` is not for the role admin here: the scopes of the key leave it out"
        );
    }

    #[test]
    fn a_principal_is_somebody_to_a_ticket() {
        for (role, on_tickets) in [
            (DeskRole::Intake, Role::Agent),
            (DeskRole::Handler, Role::Agent),
            (DeskRole::FollowUp, Role::Agent),
            (DeskRole::Supervisor, Role::Supervisor),
            (DeskRole::Analyst, Role::Auditor),
            (DeskRole::Admin, Role::Admin),
            (DeskRole::Integration, Role::Auditor),
        ] {
            let principal = Principal::session("a7", role, departments(&["logistics"]));
            assert_eq!(principal.actor(), Actor::staff(on_tickets, "a7", ["logistics"]));
        }
        assert_eq!(Principal::local().actor(), Actor::everywhere(Role::Admin, "local"));
    }

    #[test]
    fn no_account_is_called_like_a_key() {
        let (key, _) =
            key::KeyRecord::issue("CRM", DeskRole::Intake, None, Scope::All, None, Default::default()).unwrap();
        for (id, reserved) in
            [(key.id(), true), ("local", true), ("zhang.wei", false), ("fz", false), ("locals", false)]
        {
            assert_eq!(Principal::is_reserved(id), reserved, "{id}");
        }
    }

    #[test]
    fn a_narrowed_key_cannot_make_a_wider_one() {
        let narrow = Principal { scopes: Some([Permission::KeysManage].into()), ..Principal::local() };
        let told = narrow.require_grant(DeskRole::Admin, None, &Scope::All).unwrap_err().to_string();
        assert_eq!(told, "`classify` is not for the role admin here: nobody gives what they have not got");
        assert!(narrow.require_grant(DeskRole::Admin, Some(&[Permission::KeysManage].into()), &Scope::All).is_ok());
        let local = Principal { departments: departments(&["logistics"]), ..Principal::local() };
        let told = local.require_grant(DeskRole::Handler, None, &Scope::All).unwrap_err().to_string();
        assert!(told.ends_with("nobody gives departments that they have not got"), "{told}");
        assert!(local.require_grant(DeskRole::Handler, None, &departments(&["logistics"])).is_ok());
        assert!(local.require_grant(DeskRole::Handler, None, &departments(&["logistics", "finance"])).is_err());
    }

    fn scopes() -> impl Strategy<Value = Option<BTreeSet<Permission>>> {
        prop::option::of(prop::collection::btree_set(prop::sample::select(&Permission::ALL[..]), 1..6))
    }

    fn principal() -> impl Strategy<Value = Principal> {
        let ids = prop::option::of(prop::collection::btree_set("[ab]", 0..3));
        (prop::sample::select(&DeskRole::ALL[..]), scopes(), ids).prop_map(|(role, scopes, ids)| Principal {
            role,
            scopes,
            departments: ids.map_or(Scope::All, Scope::Departments),
            ..Principal::local()
        })
    }

    proptest! {
        #[test]
        fn scopes_never_widen(principal in principal()) {
            for permission in Permission::ALL {
                let may = principal.may(permission);
                prop_assert!(!may || principal.role.may(permission));
                prop_assert_eq!(may, principal.require(permission).is_ok());
            }
        }

        #[test]
        fn what_is_granted_is_never_more_than_the_granter_has(granter in principal(), other in principal()) {
            if granter.require_grant(other.role, other.scopes.as_ref(), &other.departments).is_ok() {
                for permission in Permission::ALL {
                    prop_assert!(!other.may(permission) || granter.may(permission));
                }
                for department in ["a", "b", "c"] {
                    prop_assert!(!other.departments.covers(department) || granter.departments.covers(department));
                }
            }
        }
    }
}
