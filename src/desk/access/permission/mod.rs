//! What one may do at the desk.

mod role;

pub use role::DeskRole;

use crate::{Error, Result, taxonomy::Name};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One thing that not everyone may do. Its id is also what the scope of a key is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Permission {
    /// Ask what a text is, and store nothing.
    #[serde(rename = "classify")]
    Classify,
    /// Hand in complaints.
    #[serde(rename = "complaints:create")]
    ComplaintsCreate,
    /// Read complaints, with personal data masked.
    #[serde(rename = "complaints:read")]
    ComplaintsRead,
    /// Read contacts and original texts. Every time goes into the audit log.
    #[serde(rename = "complaints:read_original")]
    ComplaintsReadOriginal,
    /// Read tickets and their histories.
    #[serde(rename = "tickets:read")]
    TicketsRead,
    /// Work on tickets.
    #[serde(rename = "tickets:act")]
    TicketsAct,
    /// Decide on what agents propose.
    #[serde(rename = "tickets:approve")]
    TicketsApprove,
    /// Send tickets to departments and people.
    #[serde(rename = "tickets:assign")]
    TicketsAssign,
    /// Correct labels.
    #[serde(rename = "feedback:create")]
    FeedbackCreate,
    /// Read figures.
    #[serde(rename = "reports:read")]
    ReportsRead,
    /// Take out masked training rows.
    #[serde(rename = "data:export")]
    DataExport,
    /// See who works at the desk.
    #[serde(rename = "staff:read")]
    StaffRead,
    /// Add and change accounts of people.
    #[serde(rename = "staff:manage")]
    StaffManage,
    /// Make, rotate and revoke API keys.
    #[serde(rename = "keys:manage")]
    KeysManage,
    /// Say who is told of what happens.
    #[serde(rename = "webhooks:manage")]
    WebhooksManage,
    /// Look at work and notices that failed for good, and start them again.
    #[serde(rename = "queue:manage")]
    QueueManage,
    /// Read the audit log.
    #[serde(rename = "audit:read")]
    AuditRead,
}

impl Permission {
    /// All permissions.
    pub const ALL: [Permission; 17] = [
        Permission::Classify,
        Permission::ComplaintsCreate,
        Permission::ComplaintsRead,
        Permission::ComplaintsReadOriginal,
        Permission::TicketsRead,
        Permission::TicketsAct,
        Permission::TicketsApprove,
        Permission::TicketsAssign,
        Permission::FeedbackCreate,
        Permission::ReportsRead,
        Permission::DataExport,
        Permission::StaffRead,
        Permission::StaffManage,
        Permission::KeysManage,
        Permission::WebhooksManage,
        Permission::QueueManage,
        Permission::AuditRead,
    ];

    /// The stable name.
    pub fn id(self) -> &'static str {
        match self {
            Permission::Classify => "classify",
            Permission::ComplaintsCreate => "complaints:create",
            Permission::ComplaintsRead => "complaints:read",
            Permission::ComplaintsReadOriginal => "complaints:read_original",
            Permission::TicketsRead => "tickets:read",
            Permission::TicketsAct => "tickets:act",
            Permission::TicketsApprove => "tickets:approve",
            Permission::TicketsAssign => "tickets:assign",
            Permission::FeedbackCreate => "feedback:create",
            Permission::ReportsRead => "reports:read",
            Permission::DataExport => "data:export",
            Permission::StaffRead => "staff:read",
            Permission::StaffManage => "staff:manage",
            Permission::KeysManage => "keys:manage",
            Permission::WebhooksManage => "webhooks:manage",
            Permission::QueueManage => "queue:manage",
            Permission::AuditRead => "audit:read",
        }
    }

    /// What people call it.
    pub fn name(self) -> Name {
        let (zh, en) = match self {
            Permission::Classify => ("试分类", "classify texts"),
            Permission::ComplaintsCreate => ("登记投诉", "hand in complaints"),
            Permission::ComplaintsRead => ("查看投诉(脱敏)", "read complaints, masked"),
            Permission::ComplaintsReadOriginal => ("查看原文与联系方式(留痕)", "read originals and contacts, logged"),
            Permission::TicketsRead => ("查看工单", "read tickets"),
            Permission::TicketsAct => ("处理工单", "work on tickets"),
            Permission::TicketsApprove => ("审核工单", "approve tickets"),
            Permission::TicketsAssign => ("派发工单", "assign tickets"),
            Permission::FeedbackCreate => ("纠正标签", "correct labels"),
            Permission::ReportsRead => ("查看报表", "read reports"),
            Permission::DataExport => ("导出训练数据(脱敏)", "export training rows, masked"),
            Permission::StaffRead => ("查看人员", "see the staff"),
            Permission::StaffManage => ("管理人员", "manage the staff"),
            Permission::KeysManage => ("管理 API 密钥", "manage API keys"),
            Permission::WebhooksManage => ("管理通知地址", "manage webhooks"),
            Permission::QueueManage => ("重放失败任务", "replay failed work"),
            Permission::AuditRead => ("查看审计日志", "read the audit log"),
        };
        Name { zh: zh.into(), en: en.into() }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl std::str::FromStr for Permission {
    type Err = Error;

    /// By id.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] with all that there are.
    fn from_str(id: &str) -> Result<Self> {
        Permission::ALL.into_iter().find(|permission| permission.id() == id).ok_or_else(|| Error::InvalidRequest {
            what: "scope".into(),
            reason: format!("must be one of {}", Permission::ALL.map(Permission::id).join(", ")),
        })
    }
}
