//! Where a ticket stands: the seven nodes of the process, and the four states that they come to.

use crate::taxonomy::Name;
use serde::{Deserialize, Serialize};

/// A node of the process 受理 → 调查 → 处理 → 审核 → 反馈 → 回访 → 归档.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Node {
    /// Registered and given to a department, until somebody starts.
    Accept,
    /// What happened is being found out.
    Investigate,
    /// What to do about it is being worked out and done.
    Handle,
    /// A supervisor decides.
    Review,
    /// It is solved, and the customer is to be told.
    Respond,
    /// The customer knows the result; does it satisfy?
    FollowUp,
    /// Closed.
    Archive,
}

impl Node {
    /// All nodes, in the order of the process.
    pub const ALL: [Node; 7] =
        [Node::Accept, Node::Investigate, Node::Handle, Node::Review, Node::Respond, Node::FollowUp, Node::Archive];

    /// The stable name.
    pub fn id(self) -> &'static str {
        match self {
            Node::Accept => "accept",
            Node::Investigate => "investigate",
            Node::Handle => "handle",
            Node::Review => "review",
            Node::Respond => "respond",
            Node::FollowUp => "follow_up",
            Node::Archive => "archive",
        }
    }

    /// What people call it.
    pub fn name(self) -> Name {
        let (zh, en) = match self {
            Node::Accept => ("受理", "Acceptance"),
            Node::Investigate => ("调查", "Investigation"),
            Node::Handle => ("处理", "Handling"),
            Node::Review => ("审核", "Review"),
            Node::Respond => ("反馈", "Feedback"),
            Node::FollowUp => ("回访", "Follow-up"),
            Node::Archive => ("归档", "Archive"),
        };
        Name { zh: zh.into(), en: en.into() }
    }

    /// The state that it belongs to.
    pub fn status(self) -> Status {
        match self {
            Node::Accept => Status::New,
            Node::Investigate | Node::Handle | Node::Review => Status::Processing,
            Node::Respond | Node::FollowUp => Status::Resolved,
            Node::Archive => Status::Closed,
        }
    }
}

/// The state of a ticket, as lists and customers see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nobody works on it yet.
    New,
    /// Somebody does.
    Processing,
    /// Solved; the customer is told or has been.
    Resolved,
    /// Done with.
    Closed,
}

impl Status {
    /// All states, in the order of a ticket's life.
    pub const ALL: [Status; 4] = [Status::New, Status::Processing, Status::Resolved, Status::Closed];

    /// The stable name.
    pub fn id(self) -> &'static str {
        match self {
            Status::New => "new",
            Status::Processing => "processing",
            Status::Resolved => "resolved",
            Status::Closed => "closed",
        }
    }

    /// What people call it.
    pub fn name(self) -> Name {
        let (zh, en) = match self {
            Status::New => ("待处理", "New"),
            Status::Processing => ("处理中", "In progress"),
            Status::Resolved => ("已解决", "Resolved"),
            Status::Closed => ("已完成", "Closed"),
        };
        Name { zh: zh.into(), en: en.into() }
    }

    /// The colour of its label: red while there is work, green when it is solved, grey when it is over.
    pub fn colour(self) -> Colour {
        match self {
            Status::New | Status::Processing => Colour::Red,
            Status::Resolved => Colour::Green,
            Status::Closed => Colour::Grey,
        }
    }
}

/// The colour of a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// There is work.
    Red,
    /// It is solved.
    Green,
    /// It is over.
    Grey,
}
