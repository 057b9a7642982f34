//! What comes of an action that is allowed and sound.

use super::Rules;
use crate::desk::ticket::{
    Action, Actor, Fact, Role, Ticket,
    event::{ApprovalReason, Cause, Ending, Evidence, Head, PriorityCause, Subject, Visibility},
    summary,
};
use jiff::Timestamp;

pub(super) struct Outcome<'a> {
    pub rules: &'a Rules<'a>,
    pub ticket: &'a Ticket,
    pub actor: &'a Actor,
    pub at: Timestamp,
}

impl Outcome<'_> {
    /// The facts, in order; a sentence where the action cannot be.
    pub(super) fn facts(&self, action: &Action) -> Result<Vec<Fact>, String> {
        let fact = match action.clone() {
            Action::Accept {} => Fact::Accepted,
            Action::Assign { department, group, agent } => match self.ping_pong(self.bounced_by(), &department) {
                Some(from) => Fact::PingPongStopped { from, to: department, reason: None },
                None => Fact::Assigned { department, group, agent },
            },
            Action::Start {} => return Ok(self.start()),
            Action::Investigate { findings } => Fact::Investigated { findings },
            Action::Wait { on, reason, until } => Fact::Waiting { on, reason, until },
            Action::Suspend { reason, until } => Fact::Suspended { reason, until },
            Action::Resume {} => Fact::Resumed,
            Action::Propose { plan, compensation_fen } => return Ok(self.propose(plan, compensation_fen)),
            Action::RequestApproval {} => for_approval(vec![ApprovalReason::Asked]),
            Action::Approve {} => return self.approve(),
            Action::Reject { reason } => Fact::Rejected { subject: self.asked()?, reason },
            Action::Resolve {} => self.resolve(),
            Action::Respond { text } => Fact::Responded { text },
            Action::GiveFeedback { text } => Fact::FeedbackGiven { text },
            Action::Reply { text } => Fact::CustomerReplied { text },
            Action::Confirm {} => Fact::CustomerConfirmed,
            Action::Dispute { reason } => Fact::CustomerDissatisfied { reason },
            Action::FollowUp { score, text } => Fact::FollowedUp { score, text },
            Action::Close { reason } => self.close(reason)?,
            Action::Withdraw { reason } => Fact::Withdrawn { reason },
            Action::Merge { into } => Fact::Merged { into },
            Action::Absorb { from } if self.ticket.absorbed.contains(&from) => return Ok(Vec::new()),
            Action::Absorb { from } => Fact::Absorbed { from },
            Action::Reopen { reason } => Fact::Reopened { reason },
            Action::Transfer { department, cause, reason } => self.transfer(department, cause, reason),
            Action::Bounce { suggested, reason } => return Ok(self.bounce(suggested, reason)),
            Action::Link { other, relation } if self.ticket.links.contains(&(other, relation)) => return Ok(Vec::new()),
            Action::Link { other, relation } => Fact::Linked { other, relation },
            Action::Comment { text, visibility } => Fact::Commented { text, visibility },
            Action::Attach { evidence } => {
                // What customers bring they have seen.
                let own = self.actor.by.role == Role::Customer;
                let visibility = if own { Visibility::Public } else { evidence.visibility };
                Fact::EvidenceAttached { evidence: Evidence { visibility, ..evidence } }
            }
            Action::CorrectLabel { head, from, to } => return Ok(self.correct(head, from, to)),
            Action::ChangePriority { to, reason } => self.priority(to, PriorityCause::Judgement { reason }),
            Action::JoinIncident { incident, priority } => return Ok(self.join(incident, priority)),
        };
        Ok(vec![fact])
    }

    /// Who begins without being named becomes the agent.
    fn start(&self) -> Vec<Fact> {
        let person = self.actor.by.role != Role::System;
        let claim = match &self.ticket.department {
            Some(department) if person && self.ticket.agent.is_none() => Some(Fact::Assigned {
                department: department.clone(),
                group: self.ticket.group.clone(),
                agent: Some(self.actor.by.id.clone()),
            }),
            _ => None,
        };
        claim.into_iter().chain([Fact::Started]).collect()
    }

    /// Why a supervisor has to decide on a resolution now.
    fn needs(&self, compensation_fen: u64) -> Vec<ApprovalReason> {
        let rule = &self.rules.policy.approval;
        let dear = rule.compensation_above_fen.is_some_and(|limit| compensation_fen > limit);
        let urgent = rule.priorities.contains(&self.ticket.priority);
        let needs = [(dear, ApprovalReason::Compensation), (urgent, ApprovalReason::Priority)];
        needs.into_iter().filter(|(holds, _)| *holds).map(|(_, reason)| reason).collect()
    }

    /// A plan that needs approval goes to the supervisor at once: nobody can forget it.
    fn propose(&self, plan: String, compensation_fen: u64) -> Vec<Fact> {
        let needs = self.needs(compensation_fen);
        let request = (!needs.is_empty()).then(|| for_approval(needs));
        [Fact::Proposed { plan, compensation_fen }].into_iter().chain(request).collect()
    }

    /// A ticket may have become more urgent since the plan was made.
    fn resolve(&self) -> Fact {
        let needs = self.ticket.proposal.as_ref().map(|proposal| self.needs(proposal.compensation_fen));
        needs.filter(|needs| !needs.is_empty()).map_or(Fact::Resolved, for_approval)
    }

    fn asked(&self) -> Result<Subject, String> {
        self.ticket.approval.as_ref().map(|approval| approval.subject).ok_or_else(|| "nothing was asked".into())
    }

    fn approve(&self) -> Result<Vec<Fact>, String> {
        let subject = self.asked()?;
        let then = match subject {
            Subject::Resolution => Fact::Resolved,
            Subject::Closing => {
                let reason = self.ticket.approval.as_ref().and_then(|approval| approval.closing.clone());
                Fact::Closed { how: Ending::Unconfirmed, reason }
            }
        };
        Ok(vec![Fact::Approved { subject }, then])
    }

    fn close(&self, reason: Option<String>) -> Result<Fact, String> {
        let due = self.rules.auto_close_at(self.ticket);
        let by = &self.actor.by;
        if self.ticket.confirmed_at.is_some() {
            return Ok(Fact::Closed { how: Ending::Confirmed, reason });
        }
        if due.is_some_and(|due| due <= self.at) {
            return Ok(Fact::Closed { how: Ending::NoReply, reason });
        }
        if by.role == Role::System {
            return Err(match due {
                Some(due) => format!("the customer may reply until {due}"),
                None => "the customer has neither confirmed nor been silent since the result was told".into(),
            });
        }
        let reason = reason.ok_or("reason is missing: the customer has not confirmed")?;
        let rule = &self.rules.policy.approval;
        let decides_alone = by.role.supervises() && !(rule.four_eyes && self.ticket.was_proposed_by(by));
        Ok(match rule.closing_unconfirmed && !decides_alone {
            true => Fact::ApprovalRequested {
                subject: Subject::Closing,
                reasons: vec![ApprovalReason::Unconfirmed],
                closing: Some(reason),
            },
            false => Fact::Closed { how: Ending::Unconfirmed, reason: Some(reason) },
        })
    }

    fn transfer(&self, to: String, cause: Cause, reason: String) -> Fact {
        let from = self.ticket.department.clone().unwrap_or_default();
        let returned = (cause == Cause::Misrouted).then(|| self.ping_pong(Some(&from), &to)).flatten();
        match returned {
            Some(from) => Fact::PingPongStopped { from, to, reason: Some(reason) },
            None => {
                let summary = summary::of(self.ticket, self.rules, self.at);
                Fact::Transferred { from, to, cause, reason, summary }
            }
        }
    }

    fn bounce(&self, suggested: Option<String>, reason: String) -> Vec<Fact> {
        let from = self.ticket.department.clone().unwrap_or_default();
        let stop = suggested.as_ref().and_then(|to| {
            let from = self.ping_pong(Some(&from), to)?;
            Some(Fact::PingPongStopped { from, to: to.clone(), reason: None })
        });
        [Fact::Bounced { from, suggested, reason }].into_iter().chain(stop).collect()
    }

    fn bounced_by(&self) -> Option<&str> {
        self.ticket.route.bounced_by.as_deref()
    }

    /// The department that would send it once too often; none where it may, or a supervisor does.
    fn ping_pong(&self, from: Option<&str>, to: &str) -> Option<String> {
        let from = from?;
        let moves = self.ticket.route.misroutes_between(from, to) + 1;
        let stop = moves >= self.rules.policy.ping_pong_moves && !self.actor.by.role.supervises();
        stop.then(|| from.to_owned())
    }

    /// A wrong priority is put right on the ticket too, unless somebody changed it already.
    fn correct(&self, head: Head, from: Option<String>, to: Option<String>) -> Vec<Fact> {
        let open = self.ticket.end.is_none();
        let was = open && head == Head::Priority && from.as_ref() == Some(&self.ticket.priority);
        let priority = to.clone().filter(|_| was).map(|to| self.priority(to, PriorityCause::Correction {}));
        [Fact::LabelCorrected { head, from, to }].into_iter().chain(priority).collect()
    }

    /// Only ever more urgent.
    fn join(&self, incident: String, priority: String) -> Vec<Fact> {
        let rank = |id: &str| self.rules.taxonomy.priority_index(id).unwrap_or(usize::MAX);
        let joined =
            (!self.ticket.incidents.contains(&incident)).then(|| Fact::IncidentJoined { incident: incident.clone() });
        let raised = (self.ticket.end.is_none() && rank(&priority) < rank(&self.ticket.priority))
            .then(|| self.priority(priority, PriorityCause::Incident { incident }));
        joined.into_iter().chain(raised).collect()
    }

    fn priority(&self, to: String, cause: PriorityCause) -> Fact {
        Fact::PriorityChanged { from: self.ticket.priority.clone(), to, cause }
    }
}

/// The request to decide on a resolution.
fn for_approval(reasons: Vec<ApprovalReason>) -> Fact {
    Fact::ApprovalRequested { subject: Subject::Resolution, reasons, closing: None }
}
