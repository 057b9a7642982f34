//! One event after the other.

use super::{Approval, Dispatch, End, Held, Move, MoveCause, Pause, PauseKind, Proposal, Route, Ticket};
use crate::{
    Error, Result,
    desk::ticket::{
        By, Node,
        event::{Event, Fact, Head, Party, PriorityCause, Subject},
    },
};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

impl Ticket {
    /// The ticket after a history.
    ///
    /// # Errors
    /// [`Error::TicketHistory`] where it is empty, does not begin with [`Fact::Opened`], or has a gap.
    pub fn replay(history: &[Event]) -> Result<Self> {
        let Some((first, rest)) = history.split_first() else {
            return Err(Error::TicketHistory { sequence: 1, reason: "there is no event".into() });
        };
        let mut ticket = Ticket::begin(first)?;
        rest.iter().try_for_each(|event| ticket.apply(event))?;
        Ok(ticket)
    }

    /// The ticket after its first event.
    ///
    /// # Errors
    /// [`Error::TicketHistory`] where that is not [`Fact::Opened`] with sequence 1.
    pub fn begin(event: &Event) -> Result<Self> {
        let Fact::Opened { number, channel, customer, priority, labels } = &event.fact else {
            let reason = format!("a history begins with `opened`, not with `{}`", event.fact.kind());
            return Err(Error::TicketHistory { sequence: event.sequence, reason });
        };
        follows(0, event)?;
        Ok(Ticket {
            number: *number,
            version: 1,
            opened_at: event.at,
            changed_at: event.at,
            channel: channel.clone(),
            customer: customer.clone(),
            node: Node::Accept,
            pause: None,
            accepted: false,
            started: false,
            department: None,
            group: None,
            agent: None,
            held: None,
            priority: priority.clone(),
            labels: labels.clone(),
            classified: !labels.is_empty(),
            corrected: BTreeSet::new(),
            findings: None,
            proposal: None,
            approval: None,
            responses: 0,
            replies: 0,
            silent_since: None,
            confirmed_at: None,
            end: None,
            reopened: 0,
            route: Route::default(),
            absorbed: BTreeSet::new(),
            links: BTreeSet::new(),
            incidents: BTreeSet::new(),
            evidence: Vec::new(),
        })
    }

    /// Goes on by one event. What was lawful when it was decided is not asked again: policies change, histories do not.
    ///
    /// # Errors
    /// [`Error::TicketHistory`] where the event is not the next one; the ticket is then as before.
    pub fn apply(&mut self, event: &Event) -> Result<()> {
        follows(self.version, event)?;
        if matches!(event.fact, Fact::Opened { .. }) {
            let reason = "a ticket is opened once".into();
            return Err(Error::TicketHistory { sequence: event.sequence, reason });
        }
        self.take(&event.fact, &event.by, event.at);
        self.version = event.sequence;
        self.changed_at = event.at;
        Ok(())
    }

    fn take(&mut self, fact: &Fact, by: &By, at: Timestamp) {
        match fact {
            // Refused by `apply`; changes nothing here.
            Fact::Opened { .. } => {}
            Fact::Classified { priority, labels } => {
                self.classified = true;
                if !self.corrected.contains(&Head::Priority) {
                    self.priority = priority.clone();
                }
                let open = labels.iter().filter(|(head, _)| !self.corrected.contains(head));
                let labels: Vec<_> = open.map(|(head, labels)| (*head, labels.clone())).collect();
                self.labels.extend(labels);
            }
            Fact::Accepted => self.accepted = true,
            Fact::Assigned { department, group, agent } => {
                self.arrive(department, by, at);
                (self.group, self.agent) = (group.clone(), agent.clone());
            }
            Fact::Started => {
                self.node = Node::Investigate;
                self.started = true;
            }
            Fact::Investigated { findings } => {
                self.findings = Some(findings.clone());
                self.node = Node::Handle;
            }
            Fact::Waiting { on, reason, until } => {
                let kind = match on {
                    Party::Customer => PauseKind::WaitingForCustomer,
                    Party::ThirdParty => PauseKind::WaitingForThirdParty,
                };
                self.pause(kind, reason, at, *until);
            }
            Fact::Suspended { reason, until } => self.pause(PauseKind::Suspended, reason, at, *until),
            Fact::Resumed => self.pause = None,
            Fact::CustomerReplied { .. } => {
                self.replies += 1;
                self.silent_since = None;
                self.pause.take_if(|pause| pause.kind == PauseKind::WaitingForCustomer);
            }
            Fact::Proposed { plan, compensation_fen } => {
                let (plan, by) = (plan.clone(), by.clone());
                self.proposal = Some(Proposal { plan, compensation_fen: *compensation_fen, by });
                self.node = Node::Handle;
            }
            Fact::ApprovalRequested { subject, reasons, closing } => {
                self.approval = Some(Approval {
                    subject: *subject,
                    reasons: reasons.clone(),
                    closing: closing.clone(),
                    by: by.clone(),
                    since: at,
                    from: self.node,
                });
                self.node = Node::Review;
            }
            // What follows from it, solved or closed, is the next event.
            Fact::Approved { .. } => self.leave_review(),
            Fact::Rejected { subject, .. } => {
                self.leave_review();
                if *subject == Subject::Resolution {
                    self.proposal = None;
                }
            }
            Fact::Resolved => self.node = Node::Respond,
            Fact::Responded { .. } => {
                self.responses += 1;
                if self.public_node() == Node::FollowUp {
                    self.silent_since = Some(at);
                }
            }
            Fact::FeedbackGiven { .. } => {
                self.responses += 1;
                self.silent_since = Some(at);
                self.node = Node::FollowUp;
            }
            // The customer's word answers what the supervisor was asked: whether to close without it.
            Fact::CustomerConfirmed => {
                self.leave_review();
                self.confirmed_at = Some(at);
            }
            Fact::CustomerDissatisfied { .. } => {
                self.leave_review();
                self.forget_result();
                self.node = Node::Handle;
            }
            Fact::FollowedUp { .. } | Fact::Commented { .. } => {}
            Fact::Closed { how, .. } => self.finish(End::Closed(*how), at),
            Fact::Withdrawn { .. } => self.finish(End::Withdrawn, at),
            Fact::Merged { into } => self.finish(End::Merged(*into), at),
            Fact::Absorbed { from } => _ = self.absorbed.insert(*from),
            Fact::Reopened { .. } => {
                self.end = None;
                self.reopened += 1;
                self.forget_result();
                self.node = if self.started && self.department.is_some() { Node::Investigate } else { Node::Accept };
            }
            Fact::Transferred { from, to, cause, .. } => {
                self.route.leave(from, MoveCause::from(*cause).is_misroute());
                self.step(from, to, MoveCause::from(*cause), at);
                (self.department, self.group, self.agent, self.held) = (Some(to.clone()), None, None, None);
            }
            Fact::Bounced { from, .. } => {
                self.route.leave(from, true);
                *self.route.bounces.entry(from.clone()).or_default() += 1;
                self.route.bounced_by = Some(from.clone());
                // The next department makes its own plan.
                (self.department, self.group, self.agent, self.proposal) = (None, None, None, None);
                self.node = Node::Accept;
            }
            Fact::PingPongStopped { from, to, .. } => {
                self.route.leave(from, true);
                let held = Held { from: from.clone(), to: to.clone() };
                self.route.stopped.push(held.clone());
                self.held = Some(held);
                self.agent = None;
            }
            Fact::Linked { other, relation } => _ = self.links.insert((*other, *relation)),
            Fact::EvidenceAttached { evidence } => self.evidence.push(evidence.clone()),
            Fact::LabelCorrected { head, from, to } => {
                self.corrected.insert(*head);
                correct(&mut self.labels, *head, from.as_ref(), to.as_ref());
            }
            Fact::PriorityChanged { to, cause, .. } => {
                self.priority = to.clone();
                if !matches!(cause, PriorityCause::Incident { .. }) {
                    self.corrected.insert(Head::Priority);
                }
            }
            Fact::IncidentJoined { incident } => _ = self.incidents.insert(incident.clone()),
        }
    }

    fn arrive(&mut self, department: &str, by: &By, at: Timestamp) {
        if let Some(from) = self.route.bounced_by.take() {
            self.step(&from, department, MoveCause::Bounced, at);
        }
        let department = department.to_owned();
        self.route.first.get_or_insert_with(|| Dispatch { department: department.clone(), by: by.role, at });
        self.department = Some(department);
        self.held = None;
    }

    fn step(&mut self, from: &str, to: &str, cause: MoveCause, at: Timestamp) {
        self.route.moves.push(Move { from: from.into(), to: to.into(), cause, at });
    }

    fn pause(&mut self, kind: PauseKind, reason: &str, since: Timestamp, until: Option<Timestamp>) {
        self.pause = Some(Pause { kind, reason: reason.into(), since, until, from: self.node });
    }

    fn leave_review(&mut self) {
        if let Some(approval) = self.approval.take() {
            self.node = approval.from;
        }
    }

    /// What held for the result that the customer did not want.
    fn forget_result(&mut self) {
        (self.proposal, self.confirmed_at, self.silent_since) = (None, None, None);
    }

    fn finish(&mut self, end: End, at: Timestamp) {
        self.end = Some((end, at));
        self.node = Node::Archive;
        (self.pause, self.held, self.approval, self.silent_since) = (None, None, None, None);
    }
}

/// Events have no gaps.
fn follows(version: u64, event: &Event) -> Result<()> {
    match version.checked_add(1) == Some(event.sequence) {
        true => Ok(()),
        false => {
            let reason = format!("after event {version} comes not event {}", event.sequence);
            Err(Error::TicketHistory { sequence: event.sequence, reason })
        }
    }
}

fn correct(labels: &mut BTreeMap<Head, BTreeSet<String>>, head: Head, from: Option<&String>, to: Option<&String>) {
    let labels = labels.entry(head).or_default();
    if let Some(from) = from {
        labels.remove(from);
    }
    labels.extend(to.cloned());
}
