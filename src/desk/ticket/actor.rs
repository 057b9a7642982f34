//! Who does something to a ticket.

use crate::taxonomy::Name;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What somebody is to a ticket. Of the five roles of a complaint desk, 受理员, 处理专员 and 回访员 are agents, 审核主管 is
/// the supervisor, 数据分析师 an auditor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Who complained.
    Customer,
    /// Works on tickets.
    Agent,
    /// Decides on what agents propose, and where departments disagree.
    Supervisor,
    /// Runs the desk; may do what a supervisor may.
    Admin,
    /// Reads, and changes nothing.
    Auditor,
    /// A part of the software: routing, timers, automatic answers.
    System,
}

impl Role {
    /// All roles.
    pub const ALL: [Role; 6] =
        [Role::Customer, Role::Agent, Role::Supervisor, Role::Admin, Role::Auditor, Role::System];

    /// The stable name.
    pub fn id(self) -> &'static str {
        match self {
            Role::Customer => "customer",
            Role::Agent => "agent",
            Role::Supervisor => "supervisor",
            Role::Admin => "admin",
            Role::Auditor => "auditor",
            Role::System => "system",
        }
    }

    /// What people call it.
    pub fn name(self) -> Name {
        let (zh, en) = match self {
            Role::Customer => ("客户", "customer"),
            Role::Agent => ("处理人员", "agent"),
            Role::Supervisor => ("主管", "supervisor"),
            Role::Admin => ("管理员", "administrator"),
            Role::Auditor => ("分析与审计", "auditor"),
            Role::System => ("系统", "system"),
        };
        Name { zh: zh.into(), en: en.into() }
    }

    /// Whether it decides on what others ask for.
    pub fn supervises(self) -> bool {
        matches!(self, Role::Supervisor | Role::Admin)
    }
}

/// Who did something, as the history keeps it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct By {
    /// In which role.
    pub role: Role,
    /// The id of the account, the customer or the part of the software: never a name or a contact.
    pub id: String,
}

/// Which departments somebody acts for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Every one.
    All,
    /// These, by id.
    Departments(BTreeSet<String>),
}

impl Scope {
    /// Whether a department is among them.
    pub fn covers(&self, department: &str) -> bool {
        match self {
            Scope::All => true,
            Scope::Departments(ids) => ids.contains(department),
        }
    }

    /// Whether a ticket of that department, or of none yet, is among theirs.
    pub fn sees(&self, department: Option<&str>) -> bool {
        department.is_none_or(|department| self.covers(department))
    }

    /// The ids; none: every department.
    pub fn ids(&self) -> Option<&BTreeSet<String>> {
        match self {
            Scope::All => None,
            Scope::Departments(ids) => Some(ids),
        }
    }
}

impl From<Option<BTreeSet<String>>> for Scope {
    fn from(ids: Option<BTreeSet<String>>) -> Self {
        ids.map_or(Scope::All, Scope::Departments)
    }
}

/// Who wants to do something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// As the history will keep it.
    pub by: By,
    /// The departments whose tickets are open to this actor. Means nothing for customers, who have their own tickets only.
    pub scope: Scope,
}

impl Actor {
    /// The customer with an id. Of an anonymous complaint whoever holds its link is the customer: that is for the caller to
    /// prove.
    pub fn customer(id: impl Into<String>) -> Self {
        Actor { by: By { role: Role::Customer, id: id.into() }, scope: Scope::All }
    }

    /// Who complained; of an anonymous complaint, whoever has its link.
    pub fn complainant(id: Option<&str>) -> Self {
        Actor::customer(id.unwrap_or("anonymous"))
    }

    /// A part of the software, by its name: `routing`, `timers`.
    pub fn system(id: impl Into<String>) -> Self {
        Actor { by: By { role: Role::System, id: id.into() }, scope: Scope::All }
    }

    /// A person of the desk in a role, for some departments.
    pub fn staff<D: Into<String>>(role: Role, id: impl Into<String>, departments: impl IntoIterator<Item = D>) -> Self {
        let departments = departments.into_iter().map(Into::into).collect();
        Actor { by: By { role, id: id.into() }, scope: Scope::Departments(departments) }
    }

    /// A person of the desk in a role, for all departments.
    pub fn everywhere(role: Role, id: impl Into<String>) -> Self {
        Actor { by: By { role, id: id.into() }, scope: Scope::All }
    }
}
