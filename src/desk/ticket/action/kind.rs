//! The kinds of actions, for what holds whatever is said with them: who may, when, and what the button is called.

use super::Action;
use crate::taxonomy::Name;
use serde::Serialize;

/// The kind of an [`Action`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    Accept,
    Assign,
    Start,
    Investigate,
    Wait,
    Suspend,
    Resume,
    Propose,
    RequestApproval,
    Approve,
    Reject,
    Resolve,
    Respond,
    GiveFeedback,
    Reply,
    Confirm,
    Dispute,
    FollowUp,
    Close,
    Withdraw,
    Merge,
    Absorb,
    Reopen,
    Transfer,
    Bounce,
    Link,
    Comment,
    Attach,
    CorrectLabel,
    ChangePriority,
    JoinIncident,
}

impl ActionKind {
    /// All kinds, in the order of a ticket's life.
    pub const ALL: [ActionKind; 31] = [
        ActionKind::Accept,
        ActionKind::Assign,
        ActionKind::Start,
        ActionKind::Investigate,
        ActionKind::Wait,
        ActionKind::Suspend,
        ActionKind::Resume,
        ActionKind::Propose,
        ActionKind::RequestApproval,
        ActionKind::Approve,
        ActionKind::Reject,
        ActionKind::Resolve,
        ActionKind::Respond,
        ActionKind::GiveFeedback,
        ActionKind::Reply,
        ActionKind::Confirm,
        ActionKind::Dispute,
        ActionKind::FollowUp,
        ActionKind::Close,
        ActionKind::Withdraw,
        ActionKind::Merge,
        ActionKind::Absorb,
        ActionKind::Reopen,
        ActionKind::Transfer,
        ActionKind::Bounce,
        ActionKind::Link,
        ActionKind::Comment,
        ActionKind::Attach,
        ActionKind::CorrectLabel,
        ActionKind::ChangePriority,
        ActionKind::JoinIncident,
    ];

    /// The stable name.
    pub fn id(self) -> &'static str {
        self.texts().0
    }

    /// What a button says.
    pub fn name(self) -> Name {
        let (_, zh, en) = self.texts();
        Name { zh: zh.into(), en: en.into() }
    }

    fn texts(self) -> (&'static str, &'static str, &'static str) {
        match self {
            ActionKind::Accept => ("accept", "受理", "Accept"),
            ActionKind::Assign => ("assign", "派发", "Assign"),
            ActionKind::Start => ("start", "开始处理", "Start"),
            ActionKind::Investigate => ("investigate", "提交调查结论", "Record findings"),
            ActionKind::Wait => ("wait", "等待", "Wait"),
            ActionKind::Suspend => ("suspend", "挂起", "Suspend"),
            ActionKind::Resume => ("resume", "恢复处理", "Resume"),
            ActionKind::Propose => ("propose", "提出处理方案", "Propose a resolution"),
            ActionKind::RequestApproval => ("request_approval", "提交审核", "Request approval"),
            ActionKind::Approve => ("approve", "审核通过", "Approve"),
            ActionKind::Reject => ("reject", "审核退回", "Reject"),
            ActionKind::Resolve => ("resolve", "处理完成", "Resolve"),
            ActionKind::Respond => ("respond", "回复客户", "Respond to the customer"),
            ActionKind::GiveFeedback => ("give_feedback", "反馈结果", "Tell the customer the result"),
            ActionKind::Reply => ("reply", "客户回复", "Reply of the customer"),
            ActionKind::Confirm => ("confirm", "客户确认", "Customer confirms"),
            ActionKind::Dispute => ("dispute", "客户不满意", "Customer is not satisfied"),
            ActionKind::FollowUp => ("follow_up", "回访", "Follow up"),
            ActionKind::Close => ("close", "归档", "Close"),
            ActionKind::Withdraw => ("withdraw", "撤诉", "Withdraw"),
            ActionKind::Merge => ("merge", "合并到其他工单", "Merge into another"),
            ActionKind::Absorb => ("absorb", "并入其他工单", "Take in another"),
            ActionKind::Reopen => ("reopen", "重新打开", "Reopen"),
            ActionKind::Transfer => ("transfer", "转派", "Transfer"),
            ActionKind::Bounce => ("bounce", "退单", "Bounce"),
            ActionKind::Link => ("link", "关联", "Link"),
            ActionKind::Comment => ("comment", "添加备注", "Comment"),
            ActionKind::Attach => ("attach", "上传佐证", "Attach evidence"),
            ActionKind::CorrectLabel => ("correct_label", "更正标签", "Correct a label"),
            ActionKind::ChangePriority => ("change_priority", "调整优先级", "Change the priority"),
            ActionKind::JoinIncident => ("join_incident", "加入群体事件", "Join an incident"),
        }
    }
}

impl Action {
    /// Its kind.
    pub fn kind(&self) -> ActionKind {
        match self {
            Action::Accept { .. } => ActionKind::Accept,
            Action::Assign { .. } => ActionKind::Assign,
            Action::Start { .. } => ActionKind::Start,
            Action::Investigate { .. } => ActionKind::Investigate,
            Action::Wait { .. } => ActionKind::Wait,
            Action::Suspend { .. } => ActionKind::Suspend,
            Action::Resume { .. } => ActionKind::Resume,
            Action::Propose { .. } => ActionKind::Propose,
            Action::RequestApproval { .. } => ActionKind::RequestApproval,
            Action::Approve { .. } => ActionKind::Approve,
            Action::Reject { .. } => ActionKind::Reject,
            Action::Resolve { .. } => ActionKind::Resolve,
            Action::Respond { .. } => ActionKind::Respond,
            Action::GiveFeedback { .. } => ActionKind::GiveFeedback,
            Action::Reply { .. } => ActionKind::Reply,
            Action::Confirm { .. } => ActionKind::Confirm,
            Action::Dispute { .. } => ActionKind::Dispute,
            Action::FollowUp { .. } => ActionKind::FollowUp,
            Action::Close { .. } => ActionKind::Close,
            Action::Withdraw { .. } => ActionKind::Withdraw,
            Action::Merge { .. } => ActionKind::Merge,
            Action::Absorb { .. } => ActionKind::Absorb,
            Action::Reopen { .. } => ActionKind::Reopen,
            Action::Transfer { .. } => ActionKind::Transfer,
            Action::Bounce { .. } => ActionKind::Bounce,
            Action::Link { .. } => ActionKind::Link,
            Action::Comment { .. } => ActionKind::Comment,
            Action::Attach { .. } => ActionKind::Attach,
            Action::CorrectLabel { .. } => ActionKind::CorrectLabel,
            Action::ChangePriority { .. } => ActionKind::ChangePriority,
            Action::JoinIncident { .. } => ActionKind::JoinIncident,
        }
    }
}
