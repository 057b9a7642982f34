//! What the customer sees: what was said to and by the customer, and where the complaint is; no staff, no reasons of the
//! house.

use super::walk;
use crate::{
    Result,
    desk::ticket::{
        By, Colour, Event, Fact, Node, Role, Rules, Status, Ticket,
        event::{Ending, Party, Subject, Visibility},
        words::{both, file},
    },
    taxonomy::Name,
};
use jiff::Timestamp;
use serde::Serialize;

/// A line of the customer's timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CustomerLine {
    /// When.
    pub at: Timestamp,
    /// Where the complaint was after it.
    pub node: Node,
    /// The state that the node belongs to.
    pub status: Status,
    /// The colour of the state's label.
    pub colour: Colour,
    /// You, a department by its public name, or the system: never a person of the house.
    pub who: Name,
    /// What happened.
    pub text: Name,
    /// What was said, masked; the customer's own words only where the customer wrote them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
}

impl Rules<'_> {
    /// The history for the customer, oldest first.
    ///
    /// # Errors
    /// [`crate::Error::TicketHistory`] where it does not fold.
    pub fn customer_timeline(&self, history: &[Event]) -> Result<Vec<CustomerLine>> {
        let mut lines = Vec::new();
        walk(history, |before, event, after| {
            let Some((text, said)) = self.told(before, event) else { return };
            lines.push(CustomerLine {
                at: event.at,
                node: after.public_node(),
                status: after.public_node().status(),
                colour: after.public_node().status().colour(),
                who: self.public_actor(&event.by, before.unwrap_or(after)),
                text,
                said: said.map(str::to_owned),
            });
        })?;
        Ok(lines)
    }

    fn public_actor(&self, by: &By, ticket: &Ticket) -> Name {
        match by.role {
            Role::Customer => both("您", "You"),
            Role::System => both("系统", "System"),
            // The policy has a name for the desk as a whole.
            _ => self.policy.public_name(self.taxonomy, ticket.department.as_deref().unwrap_or_default()),
        }
    }

    /// The line of an event and what was said; none for what stays in the house.
    fn told<'e>(&self, before: Option<&Ticket>, event: &'e Event) -> Option<(Name, Option<&'e str>)> {
        let own = |text: &'e str| (event.by.role == Role::Customer).then_some(text);
        let department = |id: &str| self.policy.public_name(self.taxonomy, id);
        let plain = |zh: &str, en: &str| Some((both(zh, en), None));
        match &event.fact {
            Fact::Opened { .. } => plain("已收到您的投诉", "We received your complaint"),
            Fact::Accepted => plain("投诉已受理", "Your complaint was registered"),
            Fact::Assigned { department: id, .. } => {
                // From one colleague to another is nothing to the customer.
                let news = before.is_none_or(|before| before.department.as_ref() != Some(id));
                let name = department(id);
                let text = || both(format!("已交由{}处理", name.zh), format!("It went to {}", name.en));
                news.then(|| (text(), None))
            }
            Fact::Transferred { to, .. } => {
                let name = department(to);
                Some((both(format!("已转交{}处理", name.zh), format!("It was handed to {}", name.en)), None))
            }
            Fact::Started => plain("已开始处理", "Work on it began"),
            Fact::Investigated { .. } => plain("调查已完成", "The facts were established"),
            Fact::Waiting { on: Party::Customer, reason, .. } => {
                Some((both("请您补充", "We need something from you"), Some(reason)))
            }
            Fact::Waiting { on: Party::ThirdParty, .. } => plain("等待第三方答复", "A third party has to answer first"),
            Fact::Suspended { .. } => plain("暂缓处理", "Work on it is put aside"),
            Fact::Resumed => plain("继续处理", "Work on it goes on"),
            Fact::ApprovalRequested { subject: Subject::Resolution, .. } => {
                plain("处理方案正在审核", "The resolution is being reviewed")
            }
            Fact::Resolved => plain("处理方案已确定", "It was resolved"),
            Fact::Responded { text } => Some((both("回复您", "Answered you"), Some(text))),
            Fact::FeedbackGiven { text } => Some((both("反馈处理结果", "Told you the result"), Some(text))),
            Fact::Commented { text, visibility: Visibility::Public } => Some((both("留言", "Wrote"), Some(text))),
            Fact::CustomerReplied { text } => match own(text) {
                Some(text) => Some((both("您回复了", "Replied"), Some(text))),
                None => plain("已记录您的反馈", "Recorded what you said"),
            },
            Fact::CustomerConfirmed => plain("已确认满意", "Satisfaction was confirmed"),
            Fact::CustomerDissatisfied { reason } => {
                Some((both("对结果不满意，继续处理", "The result does not satisfy: work goes on"), own(reason)))
            }
            Fact::FollowedUp { text, .. } => Some((both("已回访", "Followed up"), text.as_deref().and_then(own))),
            Fact::Closed { how, .. } => match how {
                Ending::Confirmed => plain("投诉已办结", "Your complaint was closed, as confirmed"),
                Ending::NoReply => {
                    plain("告知结果后未收到回复，投诉已办结", "Your complaint was closed: no reply to the result")
                }
                Ending::Unconfirmed => plain("投诉已办结", "Your complaint was closed"),
            },
            Fact::Withdrawn { reason } => Some((both("投诉已撤回", "Your complaint was withdrawn"), own(reason))),
            // Not with which: that may be another customer's.
            Fact::Merged { .. } => plain("已与另一件投诉合并处理", "It goes on together with another complaint"),
            Fact::Reopened { reason } => Some((both("投诉已重新打开", "Your complaint was reopened"), own(reason))),
            Fact::EvidenceAttached { evidence } if evidence.visibility == Visibility::Public => {
                let file = file(evidence);
                Some((both(format!("已上传材料：{}", file.zh), format!("Added a file: {}", file.en)), None))
            }
            Fact::Classified { .. }
            | Fact::ApprovalRequested { .. }
            | Fact::Approved { .. }
            | Fact::Rejected { .. }
            | Fact::Proposed { .. }
            | Fact::Absorbed { .. }
            | Fact::Bounced { .. }
            | Fact::PingPongStopped { .. }
            | Fact::Linked { .. }
            | Fact::Commented { .. }
            | Fact::EvidenceAttached { .. }
            | Fact::LabelCorrected { .. }
            | Fact::PriorityChanged { .. }
            | Fact::IncidentJoined { .. } => None,
        }
    }
}
