//! What staff see: everything.

use super::walk;
use crate::{
    Result,
    desk::ticket::{
        By, Event, Fact, Node, Rules, Status,
        event::{ApprovalReason, Cause, Ending, Head, Party, PriorityCause, Relation, Subject, Visibility},
        words::{both, file, yuan},
    },
    taxonomy::Name,
};
use jiff::Timestamp;
use serde::Serialize;

/// A line of the timeline for staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StaffLine {
    /// The place in the history.
    pub sequence: u64,
    /// When.
    pub at: Timestamp,
    /// Where the ticket was after it.
    pub node: Node,
    /// The state that the node belongs to.
    pub status: Status,
    /// The stable name of the kind of event.
    pub kind: &'static str,
    /// Who did it.
    #[serde(rename = "actor")]
    pub by: By,
    /// Whose department the ticket was in, by id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// What happened.
    pub text: Name,
    /// What was said or given as the reason, masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
    /// With a transfer, what happened before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<Name>,
    /// What was noted beside it, masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Rules<'_> {
    /// The whole history, oldest first.
    ///
    /// # Errors
    /// [`crate::Error::TicketHistory`] where it does not fold.
    pub fn staff_timeline(&self, history: &[Event]) -> Result<Vec<StaffLine>> {
        let mut lines = Vec::with_capacity(history.len());
        walk(history, |before, event, after| {
            lines.push(StaffLine {
                sequence: event.sequence,
                at: event.at,
                node: after.node,
                status: after.status(),
                kind: event.fact.kind(),
                by: event.by.clone(),
                department: before.unwrap_or(after).department.clone(),
                text: self.text(&event.fact),
                said: said(&event.fact).map(str::to_owned),
                summary: match &event.fact {
                    Fact::Transferred { summary, .. } => Some(summary.clone()),
                    _ => None,
                },
                note: event.note.clone(),
            });
        })?;
        Ok(lines)
    }

    fn text(&self, fact: &Fact) -> Name {
        match fact {
            Fact::Opened { number, .. } => both(format!("收到投诉 {number}"), format!("Complaint {number} received")),
            Fact::Classified { priority, labels } => {
                let priority = self.priority(priority);
                let category = labels.get(&Head::Category).and_then(|labels| labels.first());
                let category = category.map(|label| self.label(Head::Category, label));
                let category = category.unwrap_or_else(|| both("—", "none"));
                both(
                    format!("系统分类：{}，优先级「{}」", category.zh, priority.zh),
                    format!("Classified: {}, priority \"{}\"", category.en, priority.en),
                )
            }
            Fact::Accepted => both("受理", "Accepted"),
            Fact::Assigned { department, group, agent } => {
                let name = self.department(department);
                let to: String = group.iter().chain(agent).map(|id| format!(" · {id}")).collect();
                both(format!("派发至{}{to}", name.zh), format!("Assigned to {}{to}", name.en))
            }
            Fact::Started => both("开始处理", "Work began"),
            Fact::Investigated { .. } => both("调查结论", "Findings"),
            Fact::Waiting { on: Party::Customer, .. } => both("等待客户", "Waiting for the customer"),
            Fact::Waiting { on: Party::ThirdParty, .. } => both("等待第三方", "Waiting for a third party"),
            Fact::CustomerReplied { .. } => both("客户回复", "Customer replied"),
            Fact::Suspended { .. } => both("挂起", "Suspended"),
            Fact::Resumed => both("恢复处理", "Work goes on"),
            Fact::Proposed { compensation_fen: 0, .. } => both("提出处理方案", "Resolution proposed"),
            Fact::Proposed { compensation_fen, .. } => {
                let sum = yuan(*compensation_fen);
                both(
                    format!("提出处理方案，补偿 {}", sum.zh),
                    format!("Resolution proposed, with a compensation of {}", sum.en),
                )
            }
            Fact::ApprovalRequested { subject, reasons, .. } => {
                let why: Vec<Name> = reasons.iter().copied().map(because).collect();
                let join = |text: fn(&Name) -> &str, by: &str| why.iter().map(text).collect::<Vec<_>>().join(by);
                let what = asked(*subject);
                both(
                    format!("提交审核：{}（{}）", what.zh, join(|name| &name.zh, "、")),
                    format!("Approval requested: {} ({})", what.en, join(|name| &name.en, ", ")),
                )
            }
            Fact::Approved { subject } => {
                let what = asked(*subject);
                both(format!("审核通过：{}", what.zh), format!("Approved: {}", what.en))
            }
            Fact::Rejected { subject, .. } => {
                let what = asked(*subject);
                both(format!("审核退回：{}", what.zh), format!("Rejected: {}", what.en))
            }
            Fact::Resolved => both("处理完成", "Resolved"),
            Fact::Responded { .. } => both("回复客户", "Customer answered"),
            Fact::FeedbackGiven { .. } => both("反馈处理结果", "Customer told the result"),
            Fact::CustomerConfirmed => both("客户确认满意", "Customer confirmed"),
            Fact::CustomerDissatisfied { .. } => both("客户不满意", "Customer not satisfied"),
            Fact::FollowedUp { score: Some(score), .. } => {
                both(format!("回访，评分 {score}/5"), format!("Followed up, score {score} of 5"))
            }
            Fact::FollowedUp { score: None, .. } => both("回访", "Followed up"),
            Fact::Closed { how, .. } => match how {
                Ending::Confirmed => both("归档：客户已确认", "Closed: the customer confirmed"),
                Ending::NoReply => both("归档：客户逾期未回复", "Closed: no reply in time"),
                Ending::Unconfirmed => both("归档：客户未确认", "Closed: without the customer's word"),
            },
            Fact::Withdrawn { .. } => both("撤诉", "Withdrawn"),
            Fact::Merged { into } => both(format!("合并到 {into}"), format!("Merged into {into}")),
            Fact::Absorbed { from } => both(format!("并入 {from}"), format!("Took in {from}")),
            Fact::Reopened { .. } => both("重新打开", "Reopened"),
            Fact::Transferred { from, to, cause, .. } => {
                let (from, to) = (self.department(from), self.department(to));
                let (zh, en) = match cause {
                    Cause::Misrouted => ("改派", "misrouted"),
                    Cause::NextStep => ("下一环节", "next step"),
                    Cause::Expertise => ("转专家", "expertise"),
                };
                both(
                    format!("{}转派至{}（{zh}）", from.zh, to.zh),
                    format!("Transferred from {} to {} ({en})", from.en, to.en),
                )
            }
            Fact::Bounced { from, suggested, .. } => {
                let from = self.department(from);
                let hint = suggested.as_ref().map(|to| self.department(to));
                let (zh, en) =
                    hint.map(|to| (format!("，建议{}", to.zh), format!(", {} suggested", to.en))).unwrap_or_default();
                both(format!("{}退单{zh}", from.zh), format!("Bounced by {}{en}", from.en))
            }
            Fact::PingPongStopped { from, to, .. } => {
                let (from, to) = (self.department(from), self.department(to));
                both(
                    format!("{}与{}往返退派，交由主管裁定", from.zh, to.zh),
                    format!("Sent to and fro between {} and {}: a supervisor decides", from.en, to.en),
                )
            }
            Fact::Linked { other, relation } => {
                let (zh, en) = match relation {
                    Relation::Related => ("相关", "related"),
                    Relation::Duplicate => ("重复", "duplicate"),
                    Relation::FollowUp => ("追诉", "follow-up"),
                };
                both(format!("关联 {other}（{zh}）"), format!("Linked to {other} ({en})"))
            }
            Fact::Commented { visibility: Visibility::Internal, .. } => both("内部备注", "Internal comment"),
            Fact::Commented { visibility: Visibility::Public, .. } => both("公开留言", "Public comment"),
            Fact::EvidenceAttached { evidence } => {
                let file = file(evidence);
                both(format!("上传佐证：{}", file.zh), format!("Evidence attached: {}", file.en))
            }
            Fact::LabelCorrected { head, from, to } => {
                let named =
                    |id: &Option<String>| id.as_ref().map_or_else(|| both("无", "none"), |id| self.label(*head, id));
                let (what, from, to) = (head.name(), named(from), named(to));
                both(
                    format!("更正{}：{} → {}", what.zh, from.zh, to.zh),
                    format!("Label corrected, {}: {} → {}", what.en, from.en, to.en),
                )
            }
            Fact::PriorityChanged { from, to, cause } => {
                let (from, to) = (self.priority(from), self.priority(to));
                let (zh, en) = match cause {
                    PriorityCause::Judgement { .. } => Default::default(),
                    PriorityCause::Correction {} => ("（更正标签）".into(), " (label corrected)".into()),
                    PriorityCause::Incident { incident } => {
                        (format!("（群体事件 {incident}）"), format!(" (incident {incident})"))
                    }
                };
                both(
                    format!("优先级「{}」→「{}」{zh}", from.zh, to.zh),
                    format!("Priority \"{}\" → \"{}\"{en}", from.en, to.en),
                )
            }
            Fact::IncidentJoined { incident } => {
                both(format!("加入群体事件 {incident}"), format!("Joined incident {incident}"))
            }
        }
    }
}

fn asked(subject: Subject) -> Name {
    match subject {
        Subject::Resolution => both("处理方案", "resolution"),
        Subject::Closing => both("归档", "closing"),
    }
}

fn because(reason: ApprovalReason) -> Name {
    match reason {
        ApprovalReason::Compensation => both("补偿超过限额", "compensation above the limit"),
        ApprovalReason::Priority => both("优先级", "priority"),
        ApprovalReason::Unconfirmed => both("客户未确认", "the customer has not confirmed"),
        ApprovalReason::Asked => both("经办人要求", "asked for"),
    }
}

/// The words that belong to a fact.
fn said(fact: &Fact) -> Option<&str> {
    match fact {
        Fact::Investigated { findings: text }
        | Fact::Proposed { plan: text, .. }
        | Fact::Waiting { reason: text, .. }
        | Fact::Suspended { reason: text, .. }
        | Fact::CustomerReplied { text }
        | Fact::Rejected { reason: text, .. }
        | Fact::Responded { text }
        | Fact::FeedbackGiven { text }
        | Fact::CustomerDissatisfied { reason: text }
        | Fact::Withdrawn { reason: text }
        | Fact::Reopened { reason: text }
        | Fact::Transferred { reason: text, .. }
        | Fact::Bounced { reason: text, .. }
        | Fact::PriorityChanged { cause: PriorityCause::Judgement { reason: text }, .. }
        | Fact::Commented { text, .. } => Some(text),
        Fact::ApprovalRequested { closing: text, .. }
        | Fact::Closed { reason: text, .. }
        | Fact::FollowedUp { text, .. }
        | Fact::PingPongStopped { reason: text, .. } => text.as_deref(),
        _ => None,
    }
}
