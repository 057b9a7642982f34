//! What a notice is about, and whom it is written for.

use crate::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Declares the kinds once: the variant, its stable id, what it tells.
macro_rules! ids {
    ($(#[$about:meta])* $name:ident, $what:literal: $($(#[$doc:meta])* $variant:ident = $id:literal,)+) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$doc])* $variant,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &[$name] = &[$($name::$variant,)+];

            /// The stable name, the same in the outbox, in webhooks and in template files.
            pub fn id(self) -> &'static str {
                match self {
                    $($name::$variant => $id,)+
                }
            }

            /// The one with a stable name.
            pub fn from_id(id: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.id() == id)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.id())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let id = std::borrow::Cow::<str>::deserialize(deserializer)?;
                Self::from_id(&id).ok_or_else(|| de::Error::custom(format!(concat!("unknown ", $what, " `{}`"), id)))
            }
        }
    };
}

ids! {
    /// What happened.
    Kind, "kind of notice":
    /// A complaint came in and has its number.
    TicketOpened = "ticket.opened",
    /// A ticket has a person or a department to work on it.
    TicketAssigned = "ticket.assigned",
    /// A ticket came to the next stage.
    TicketProgress = "ticket.progress",
    /// The desk needs something from the customer.
    TicketWaiting = "ticket.waiting",
    /// The customer wrote again.
    TicketReplied = "ticket.replied",
    /// A supervisor is asked to approve.
    TicketApproval = "ticket.approval",
    /// What is done is settled; the plan stays in the house.
    TicketResolved = "ticket.resolved",
    /// The customer is told the result, and asked to confirm it.
    TicketFeedback = "ticket.feedback",
    /// The customer is asked whether all is well.
    TicketSurvey = "ticket.survey",
    /// A ticket went to another department.
    TicketTransferred = "ticket.transferred",
    /// A ticket is worked on again.
    TicketReopened = "ticket.reopened",
    /// A customer who comes again and again, or a threat: people higher up are to look.
    TicketEscalated = "ticket.escalated",
    /// A ticket has its end.
    TicketClosed = "ticket.closed",
    /// Little time is left.
    DeadlineWarning = "deadline.warning",
    /// The time is over.
    DeadlineBreached = "deadline.breached",
    /// The time is over for so long that a higher level hears of it.
    DeadlineEscalated = "deadline.escalated",
    /// Many complaints are one matter.
    IncidentOpened = "incident.opened",
    /// One reply to all whose complaints are one matter.
    IncidentReply = "incident.reply",
    /// Several deadlines in one message.
    Digest = "digest",
}

ids! {
    /// Whom a notice is written for.
    Audience, "audience":
    /// Who complained.
    Customer = "customer",
    /// Who works on the ticket.
    Agent = "agent",
    /// Who answers for the department.
    DepartmentHead = "department_head",
    /// Who decides, and every level above: whoever else an escalation names.
    Supervisor = "supervisor",
    /// Software, over a webhook.
    System = "system",
}

impl Kind {
    /// The fault of naming one that there is not.
    pub fn unknown() -> Error {
        let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.id()).collect();
        Error::InvalidRequest { what: "kind".into(), reason: format!("must be one of {}", known.join(", ")) }
    }
}
