//! What somebody is at the desk, and the one table of what that includes.

use super::Permission::{self, *};
use crate::{Error, Result, desk::ticket, taxonomy::Name};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What somebody is at the desk: the five roles of a complaint desk, who runs it, and other software.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeskRole {
    /// 受理员: takes complaints in and sends them on.
    Intake,
    /// 处理专员: investigates and solves.
    Handler,
    /// 审核主管: decides on what handlers propose, and where departments disagree.
    Supervisor,
    /// 数据分析师: reads figures and masked texts, and changes nothing.
    Analyst,
    /// 回访员: asks customers whether it is well now.
    FollowUp,
    /// Runs the desk.
    Admin,
    /// Other software that hands in complaints: a CRM, a shop, an app.
    Integration,
}

impl DeskRole {
    /// All roles.
    pub const ALL: [DeskRole; 7] = [
        DeskRole::Intake,
        DeskRole::Handler,
        DeskRole::Supervisor,
        DeskRole::Analyst,
        DeskRole::FollowUp,
        DeskRole::Admin,
        DeskRole::Integration,
    ];

    /// The stable name.
    pub fn id(self) -> &'static str {
        match self {
            DeskRole::Intake => "intake",
            DeskRole::Handler => "handler",
            DeskRole::Supervisor => "supervisor",
            DeskRole::Analyst => "analyst",
            DeskRole::FollowUp => "follow_up",
            DeskRole::Admin => "admin",
            DeskRole::Integration => "integration",
        }
    }

    /// What people call it.
    pub fn name(self) -> Name {
        let (zh, en) = match self {
            DeskRole::Intake => ("受理员", "intake clerk"),
            DeskRole::Handler => ("处理专员", "handler"),
            DeskRole::Supervisor => ("审核主管", "supervisor"),
            DeskRole::Analyst => ("数据分析师", "data analyst"),
            DeskRole::FollowUp => ("回访员", "follow-up caller"),
            DeskRole::Admin => ("管理员", "administrator"),
            DeskRole::Integration => ("接入系统", "integration"),
        };
        Name { zh: zh.into(), en: en.into() }
    }

    /// What a role includes. This is the only place that says so.
    pub fn permissions(self) -> &'static [Permission] {
        match self {
            DeskRole::Intake => &[
                Classify,
                ComplaintsCreate,
                ComplaintsRead,
                ComplaintsReadOriginal,
                TicketsRead,
                TicketsAct,
                TicketsAssign,
                FeedbackCreate,
                StaffRead,
            ],
            DeskRole::Handler => {
                &[Classify, ComplaintsRead, ComplaintsReadOriginal, TicketsRead, TicketsAct, FeedbackCreate, StaffRead]
            }
            DeskRole::Supervisor => &[
                Classify,
                ComplaintsCreate,
                ComplaintsRead,
                ComplaintsReadOriginal,
                TicketsRead,
                TicketsAct,
                TicketsApprove,
                TicketsAssign,
                FeedbackCreate,
                ReportsRead,
                StaffRead,
            ],
            DeskRole::Analyst => &[Classify, ComplaintsRead, TicketsRead, ReportsRead, DataExport],
            DeskRole::FollowUp => &[
                ComplaintsRead,
                // Customers are called under their own numbers.
                ComplaintsReadOriginal,
                TicketsRead,
                TicketsAct,
                FeedbackCreate,
            ],
            DeskRole::Admin => &Permission::ALL,
            DeskRole::Integration => &[Classify, ComplaintsCreate, ComplaintsRead, TicketsRead],
        }
    }

    /// Whether a role includes a permission.
    pub fn may(self, permission: Permission) -> bool {
        self.permissions().contains(&permission)
    }

    /// What the role is to a ticket. Other software reads tickets and changes none.
    pub fn on_tickets(self) -> ticket::Role {
        match self {
            DeskRole::Intake | DeskRole::Handler | DeskRole::FollowUp => ticket::Role::Agent,
            DeskRole::Supervisor => ticket::Role::Supervisor,
            DeskRole::Analyst | DeskRole::Integration => ticket::Role::Auditor,
            DeskRole::Admin => ticket::Role::Admin,
        }
    }

    /// Refuses scopes that the role does not include, and a key that could do nothing.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] with the first that is too much.
    pub fn check_scopes(self, scopes: Option<&BTreeSet<Permission>>) -> Result<()> {
        let Some(scopes) = scopes else { return Ok(()) };
        let fault = |reason| Err(Error::InvalidRequest { what: "scopes".into(), reason });
        match scopes.iter().find(|scope| !self.may(**scope)) {
            Some(wide) => {
                fault(format!("the role {} does not include `{wide}`, and scopes only narrow a role", self.id()))
            }
            None if scopes.is_empty() => fault("there is none: leave them out for all of the role".into()),
            None => Ok(()),
        }
    }
}

impl std::str::FromStr for DeskRole {
    type Err = Error;

    /// By id.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] with all that there are.
    fn from_str(id: &str) -> Result<Self> {
        DeskRole::ALL.into_iter().find(|role| role.id() == id).ok_or_else(|| Error::InvalidRequest {
            what: "role".into(),
            reason: format!("must be one of {}", DeskRole::ALL.map(DeskRole::id).join(", ")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table as people read it: a row for each permission, a column for each role in their order.
    const TABLE: &str = "
        classify                 intake handler supervisor analyst -         admin integration
        complaints:create        intake -       supervisor -       -         admin integration
        complaints:read          intake handler supervisor analyst follow_up admin integration
        complaints:read_original intake handler supervisor -       follow_up admin -
        tickets:read             intake handler supervisor analyst follow_up admin integration
        tickets:act              intake handler supervisor -       follow_up admin -
        tickets:approve          -      -       supervisor -       -         admin -
        tickets:assign           intake -       supervisor -       -         admin -
        feedback:create          intake handler supervisor -       follow_up admin -
        reports:read             -      -       supervisor analyst -         admin -
        data:export              -      -       -          analyst -         admin -
        staff:read               intake handler supervisor -       -         admin -
        staff:manage             -      -       -          -       -         admin -
        keys:manage              -      -       -          -       -         admin -
        webhooks:manage          -      -       -          -       -         admin -
        queue:manage             -      -       -          -       -         admin -
        audit:read               -      -       -          -       -         admin -
    ";

    #[test]
    fn the_table_is_the_one_that_people_read() {
        let rows = TABLE.lines().filter(|line| !line.trim().is_empty());
        for (row, permission) in rows.clone().zip(Permission::ALL) {
            let mut cells = row.split_whitespace();
            assert_eq!(cells.next(), Some(permission.id()));
            for (cell, role) in cells.zip(DeskRole::ALL) {
                assert_eq!(role.may(permission), cell == role.id(), "{} {permission}", role.id());
            }
        }
        assert_eq!(rows.count(), Permission::ALL.len());
    }

    /// Who acts on tickets must be somebody to a ticket that may act, and only who approves may supervise.
    #[test]
    fn the_table_agrees_with_the_rules_of_tickets() {
        for role in DeskRole::ALL {
            let on_tickets = role.on_tickets();
            assert_eq!(role.may(TicketsAct), on_tickets != ticket::Role::Auditor, "{}", role.id());
            assert_eq!(role.may(TicketsApprove), on_tickets.supervises(), "{}", role.id());
        }
    }

    #[test]
    fn ids_are_the_same_in_json_and_text() {
        for permission in Permission::ALL {
            assert_eq!(serde_json::to_value(permission).unwrap(), permission.id());
            assert_eq!(permission.id().parse::<Permission>().unwrap(), permission);
            assert!(!permission.name().zh.is_empty() && !permission.name().en.is_empty());
        }
        for role in DeskRole::ALL {
            assert_eq!(serde_json::to_value(role).unwrap(), role.id());
            assert_eq!(role.id().parse::<DeskRole>().unwrap(), role);
            assert!(!role.name().zh.is_empty() && !role.name().en.is_empty());
        }
        let told = "root".parse::<DeskRole>().unwrap_err().to_string();
        assert_eq!(told, "role: must be one of intake, handler, supervisor, analyst, follow_up, admin, integration");
        assert!(
            "tickets:*".parse::<Permission>().unwrap_err().to_string().starts_with("scope: must be one of classify, ")
        );
    }

    #[test]
    fn scopes_narrow_and_never_widen() {
        let scopes = |ids: &[&str]| Some(ids.iter().map(|id| id.parse().unwrap()).collect::<BTreeSet<Permission>>());
        let check = |role: DeskRole, ids| role.check_scopes(scopes(ids).as_ref()).map_err(|fault| fault.to_string());
        assert_eq!(check(DeskRole::Integration, &["complaints:create"]), Ok(()));
        assert!(DeskRole::Integration.check_scopes(None).is_ok());
        assert_eq!(
            check(DeskRole::Integration, &["complaints:create", "keys:manage"]).unwrap_err(),
            "scopes: the role integration does not include `keys:manage`, and scopes only narrow a role"
        );
        assert_eq!(
            check(DeskRole::Admin, &[]).unwrap_err(),
            "scopes: there is none: leave them out for all of the role"
        );
    }
}
