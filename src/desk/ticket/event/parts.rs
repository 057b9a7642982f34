//! What facts are made of.

use crate::taxonomy::Name;
use serde::{Deserialize, Serialize};

/// For whom a text or a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Staff only.
    Internal,
    /// The customer too.
    Public,
}

/// For whom a ticket waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// Who complained.
    Customer,
    /// A carrier, a maker, an authority.
    ThirdParty,
}

/// What a supervisor is asked to decide on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The proposed resolution.
    Resolution,
    /// Closing although the customer has not confirmed.
    Closing,
}

/// Why a supervisor is to decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalReason {
    /// The compensation is above what the policy leaves to agents.
    Compensation,
    /// The policy wants all of this priority approved.
    Priority,
    /// The customer has not confirmed.
    Unconfirmed,
    /// Whoever handles it wants it so.
    Asked,
}

/// Why a ticket moved from one department to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// It should not have come here (改派).
    Misrouted,
    /// This part is done, the next is theirs.
    NextStep,
    /// It needs somebody who knows more (二线专家).
    Expertise,
}

/// Why a priority changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type", deny_unknown_fields)]
pub enum PriorityCause {
    /// A person judged so.
    Judgement { reason: String },
    /// The predicted label was wrong.
    Correction {},
    /// It belongs to an incident.
    Incident { incident: String },
}

/// How a ticket came to be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The customer confirmed.
    Confirmed,
    /// The customer was told, and said nothing for as many days as the policy waits.
    NoReply,
    /// Without either.
    Unconfirmed,
}

/// What another complaint is to this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// They have to do with each other.
    Related,
    /// The same, told twice.
    Duplicate,
    /// This one asks about the other.
    FollowUp,
}

/// A question that the classifier answers, as far as people correct it. The taxonomy says which labels it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Head {
    /// What it is about: one.
    Category,
    /// Any number of further categories.
    Secondary,
    /// Who acts: one.
    Department,
    /// How urgent it is: one.
    Priority,
    /// How the customer feels: one.
    Emotion,
    /// Any number.
    Flags,
}

impl Head {
    /// The stable name, the same as of the classifier's head.
    pub fn id(self) -> &'static str {
        match self {
            Head::Category => "category",
            Head::Secondary => "secondary",
            Head::Department => "department",
            Head::Priority => "priority",
            Head::Emotion => "emotion",
            Head::Flags => "flags",
        }
    }

    /// What people call it.
    pub fn name(self) -> Name {
        let (zh, en) = match self {
            Head::Category => ("类别", "category"),
            Head::Secondary => ("次要类别", "secondary category"),
            Head::Department => ("部门", "department"),
            Head::Priority => ("优先级", "priority"),
            Head::Emotion => ("情绪", "emotion"),
            Head::Flags => ("标记", "flag"),
        };
        Name { zh: zh.into(), en: en.into() }
    }

    /// Whether it has any number of labels.
    pub fn is_any_of(self) -> bool {
        matches!(self, Head::Secondary | Head::Flags)
    }
}

/// A file that proves something. The file itself is elsewhere, under the id; so is its name, which may name people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Under which it is stored.
    pub id: String,
    /// What it is, as HTTP says it: `image/jpeg`.
    pub media_type: String,
    /// Bytes.
    pub size: u64,
    /// Of its bytes, in 64 small hexadecimal digits.
    pub sha256: String,
    /// Whether the customer sees it.
    pub visibility: Visibility,
}
