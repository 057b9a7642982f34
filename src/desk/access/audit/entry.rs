//! What an entry says.

use crate::{
    Error, Result,
    desk::access::{DeskRole, Principal, PrincipalKind},
    taxonomy::Name,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What somebody did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditAction {
    /// Read the original text of a complaint, with its contact.
    OriginalRead,
    /// Opened a file that came with a complaint: nobody masks files.
    AttachmentRead,
    /// Took out training rows.
    DataExported,
    /// Read the audit log.
    AuditRead,
    /// Signed in with a password.
    SignedIn,
    /// Made an account.
    StaffCreated,
    /// Changed an account, or what is known of a person: role, departments, whether it may sign in.
    StaffChanged,
    /// Set a password, an own one or another's.
    PasswordSet,
    /// Made an API key.
    KeyIssued,
    /// Gave an API key a successor.
    KeyRotated,
    /// Took an API key back.
    KeyRevoked,
    /// Made, changed or removed a webhook.
    WebhookChanged,
    /// Started failed work again.
    WorkReplayed,
    /// Sealed stored values with a new key.
    ValuesResealed,
    /// Made a backup.
    BackupMade,
    /// Had decisions made again from the original texts, to compare.
    DecisionsReplayed,
}

impl AuditAction {
    /// All actions.
    pub const ALL: [AuditAction; 16] = [
        AuditAction::OriginalRead,
        AuditAction::AttachmentRead,
        AuditAction::DataExported,
        AuditAction::AuditRead,
        AuditAction::SignedIn,
        AuditAction::StaffCreated,
        AuditAction::StaffChanged,
        AuditAction::PasswordSet,
        AuditAction::KeyIssued,
        AuditAction::KeyRotated,
        AuditAction::KeyRevoked,
        AuditAction::WebhookChanged,
        AuditAction::WorkReplayed,
        AuditAction::ValuesResealed,
        AuditAction::BackupMade,
        AuditAction::DecisionsReplayed,
    ];

    /// What people call it.
    pub fn name(self) -> Name {
        let (zh, en) = match self {
            AuditAction::OriginalRead => ("查看原文与联系方式", "read an original text and its contact"),
            AuditAction::AttachmentRead => ("打开附件", "opened an attachment"),
            AuditAction::DataExported => ("导出数据", "exported data"),
            AuditAction::AuditRead => ("查看审计日志", "read the audit log"),
            AuditAction::SignedIn => ("登录", "signed in"),
            AuditAction::StaffCreated => ("新增人员", "added an account"),
            AuditAction::StaffChanged => ("变更人员", "changed an account"),
            AuditAction::PasswordSet => ("设置密码", "set a password"),
            AuditAction::KeyIssued => ("签发密钥", "made an API key"),
            AuditAction::KeyRotated => ("轮换密钥", "rotated an API key"),
            AuditAction::KeyRevoked => ("吊销密钥", "revoked an API key"),
            AuditAction::WebhookChanged => ("变更通知地址", "changed a webhook"),
            AuditAction::WorkReplayed => ("重放失败任务", "replayed failed work"),
            AuditAction::ValuesResealed => ("更换加密密钥", "resealed stored values"),
            AuditAction::BackupMade => ("备份", "made a backup"),
            AuditAction::DecisionsReplayed => ("重放决定", "replayed decisions"),
        };
        Name { zh: zh.into(), en: en.into() }
    }
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Who {
    /// [`Principal::id`].
    pub id: String,
    /// How it was proved.
    pub kind: PrincipalKind,
    /// In which role.
    pub role: DeskRole,
}

/// What somebody wants it for, in their own words: 1 to 200 characters on one line. It may name people, so Debug does not
/// show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Purpose(String);

impl Purpose {
    /// As it was said.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Purpose {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        match text.trim().is_empty() || text.chars().count() > 200 || text.chars().any(char::is_control) {
            true => Err(Error::InvalidRequest {
                what: "purpose".into(),
                reason: "must have 1 to 200 characters on one line".into(),
            }),
            false => Ok(Purpose(text.trim().to_owned())),
        }
    }
}

impl From<Purpose> for String {
    fn from(purpose: Purpose) -> Self {
        purpose.0
    }
}

impl fmt::Debug for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Purpose(…)")
    }
}

/// One thing that somebody did. Only ids of what it was about: never a text or a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What.
    pub action: AuditAction,
    /// When.
    pub at: Timestamp,
    /// What for, where it was asked.
    pub purpose: Option<Purpose>,
    /// The request, where there was one.
    pub request_id: Option<String>,
    /// The ids of what it was about.
    pub subjects: Vec<String>,
    /// Who.
    pub who: Who,
}

impl Entry {
    /// Something that a principal does now, for no stated purpose.
    pub fn new<S: Into<String>>(
        principal: &Principal,
        action: AuditAction,
        subjects: impl IntoIterator<Item = S>,
        now: Timestamp,
    ) -> Self {
        Entry {
            action,
            at: now,
            purpose: None,
            request_id: None,
            subjects: subjects.into_iter().map(Into::into).collect(),
            who: Who { id: principal.id.clone(), kind: principal.kind, role: principal.role },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_is_one_line_and_not_in_debug() {
        let purpose = Purpose::try_from(" 回访 13800138000 ".to_owned()).unwrap();
        assert_eq!(purpose.as_str(), "回访 13800138000");
        assert_eq!(format!("{purpose:?}"), "Purpose(…)");
        for bad in [
            String::new(),
            "  ".into(),
            "a\nb".into(),
            "回访\n".into(),
            "理".repeat(201),
            format!("回访{}", " ".repeat(199)),
        ] {
            let told = Purpose::try_from(bad).unwrap_err().to_string();
            assert_eq!(told, "purpose: must have 1 to 200 characters on one line");
        }
        assert!(serde_json::from_str::<Purpose>("\"\"").is_err());
    }

    #[test]
    fn every_action_has_its_own_name() {
        let names: std::collections::BTreeSet<String> =
            AuditAction::ALL.iter().map(|action| action.name().zh).collect();
        assert_eq!(names.len(), AuditAction::ALL.len());
    }
}
