//! Whether what is said with an action can be. Reasons name fields and known ids, never what was sent.

use crate::{
    desk::ticket::{
        Action, ActionKind, Role, Ticket,
        event::{Evidence, Head, Visibility},
        policy::find,
    },
    taxonomy::Taxonomy,
};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// The longest text, in characters.
const TEXT_LIMIT: usize = 5_000;
/// The longest id, in characters.
const ID_LIMIT: usize = 256;
/// More than any house pays for a complaint: ten million yuan.
const COMPENSATION_LIMIT: u64 = 1_000_000_000;

type Check = Result<(), String>;

/// The note beside an action. Staff can end a ticket in the customer's name, but not without saying how they know.
pub(super) fn note(kind: ActionKind, role: Role, note: Option<&str>) -> Check {
    let in_name = matches!(kind, ActionKind::Confirm | ActionKind::Withdraw) && role != Role::Customer;
    match note {
        None if in_name => Err("note is missing: say how the customer told you".into()),
        note => note.map_or(Ok(()), |note| text("note", note)),
    }
}

/// What a ticket is opened with.
pub(super) fn opening(
    taxonomy: &Taxonomy,
    channel: Option<&str>,
    customer: Option<&str>,
    priority: &str,
    labels: &BTreeMap<Head, BTreeSet<String>>,
) -> Check {
    for (field, value) in [("channel", channel), ("customer", customer)] {
        value.map_or(Ok(()), |value| id(field, value))?;
    }
    label(taxonomy, Head::Priority, "priority", priority)?;
    for (head, labels) in labels {
        if labels.len() > 1 && !head.is_any_of() {
            return Err(format!("labels.{} has more than one label", head.id()));
        }
        labels.iter().try_for_each(|id| label(taxonomy, *head, "labels", id))?;
    }
    Ok(())
}

/// What is said with an action, held against the ticket.
pub(super) fn action(taxonomy: &Taxonomy, ticket: &Ticket, action: &Action, at: Timestamp) -> Check {
    match action {
        Action::Accept {}
        | Action::Start {}
        | Action::Resume {}
        | Action::RequestApproval {}
        | Action::Approve {}
        | Action::Resolve {}
        | Action::Confirm {} => Ok(()),
        Action::Assign { department, group, agent } => {
            group.as_deref().map_or(Ok(()), |group| id("group", group))?;
            agent.as_deref().map_or(Ok(()), |agent| id("agent", agent))?;
            label(taxonomy, Head::Department, "department", department)?;
            match &ticket.department {
                Some(own) if own != department => Err(format!("the ticket is with `{own}`: transfer or bounce it")),
                _ => Ok(()),
            }
        }
        Action::Investigate { findings } => text("findings", findings),
        Action::Wait { reason, until, .. } | Action::Suspend { reason, until } => {
            text("reason", reason)?;
            match until {
                Some(until) if *until <= at => Err("until is not in the future".into()),
                _ => Ok(()),
            }
        }
        Action::Propose { plan, compensation_fen } => {
            text("plan", plan)?;
            match *compensation_fen > COMPENSATION_LIMIT {
                true => Err(format!("compensation_fen is above {COMPENSATION_LIMIT}")),
                false => Ok(()),
            }
        }
        Action::Reject { reason }
        | Action::Dispute { reason }
        | Action::Withdraw { reason }
        | Action::Reopen { reason } => text("reason", reason),
        Action::Close { reason } => reason.as_deref().map_or(Ok(()), |reason| text("reason", reason)),
        Action::Respond { text: said } | Action::GiveFeedback { text: said } | Action::Reply { text: said } => {
            text("text", said)
        }
        Action::FollowUp { score, text: said } => follow_up(*score, said.as_deref()),
        Action::Merge { into: other } | Action::Absorb { from: other } | Action::Link { other, .. } => {
            match *other == ticket.number {
                true => Err("the other ticket is this one".into()),
                false => Ok(()),
            }
        }
        Action::Transfer { department, reason, .. } => {
            text("reason", reason)?;
            elsewhere(taxonomy, ticket, "department", department)
        }
        Action::Bounce { suggested, reason } => {
            text("reason", reason)?;
            suggested.as_deref().map_or(Ok(()), |other| elsewhere(taxonomy, ticket, "suggested", other))
        }
        Action::Comment { text: said, visibility } => match visibility {
            Visibility::Public if ticket.merged_into().is_some() => {
                Err("a merged ticket takes internal comments only: write to the customer in the other one".into())
            }
            _ => text("text", said),
        },
        Action::Attach { evidence } => file(ticket, evidence),
        Action::CorrectLabel { head, from, to } => correction(taxonomy, ticket, *head, from.as_deref(), to.as_deref()),
        Action::ChangePriority { to, reason } => {
            text("reason", reason)?;
            label(taxonomy, Head::Priority, "to", to)?;
            match *to == ticket.priority {
                true => Err("the ticket has this priority already".into()),
                false => Ok(()),
            }
        }
        Action::JoinIncident { incident, priority } => {
            id("incident", incident)?;
            label(taxonomy, Head::Priority, "priority", priority)
        }
    }
}

fn follow_up(score: Option<u8>, said: Option<&str>) -> Check {
    match (score, said) {
        (None, None) => Err("neither score nor text is given".into()),
        (Some(score), _) if !(1..=5).contains(&score) => Err("score is not from 1 to 5".into()),
        (_, said) => said.map_or(Ok(()), |said| text("text", said)),
    }
}

fn elsewhere(taxonomy: &Taxonomy, ticket: &Ticket, field: &str, department: &str) -> Check {
    label(taxonomy, Head::Department, field, department)?;
    match ticket.department.as_deref() == Some(department) {
        true => Err(format!("{field} is where the ticket is now")),
        false => Ok(()),
    }
}

fn file(ticket: &Ticket, evidence: &Evidence) -> Check {
    id("evidence.id", &evidence.id)?;
    id("evidence.media_type", &evidence.media_type)?;
    if evidence.size == 0 {
        return Err("evidence.size is 0: the file is empty".into());
    }
    let hexadecimal = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if evidence.sha256.len() != 64 || !evidence.sha256.bytes().all(hexadecimal) {
        return Err("evidence.sha256 is not 64 small hexadecimal digits".into());
    }
    match ticket.evidence.iter().any(|known| known.id == evidence.id) {
        true => Err("evidence.id is that of a file that the ticket has".into()),
        false => Ok(()),
    }
}

fn correction(taxonomy: &Taxonomy, ticket: &Ticket, head: Head, from: Option<&str>, to: Option<&str>) -> Check {
    let held = ticket.labels.get(&head);
    let has = |id: &str| held.is_some_and(|labels| labels.contains(id));
    match (from, to) {
        (None, None) => return Err("neither from nor to is given".into()),
        (Some(from), Some(to)) if from == to => return Err("from and to are the same".into()),
        (Some(from), _) if !has(from) => return Err(format!("from is not a label of {} now", head.id())),
        (_, None) if !head.is_any_of() => return Err(format!("to is missing: {} always has a label", head.id())),
        (None, Some(_)) if !head.is_any_of() && held.is_some_and(|labels| !labels.is_empty()) => {
            return Err(format!("from is missing: {} has a label already", head.id()));
        }
        (_, Some(to)) if has(to) => return Err(format!("to is a label of {} already", head.id())),
        _ => {}
    }
    to.map_or(Ok(()), |to| label(taxonomy, head, "to", to))
}

/// Whether the taxonomy has a label.
fn label(taxonomy: &Taxonomy, head: Head, field: &str, id: &str) -> Check {
    let known = match head {
        Head::Category | Head::Secondary => taxonomy.category_index(id).is_some(),
        Head::Department => find(&taxonomy.departments, id).is_some(),
        Head::Priority => taxonomy.priority_index(id).is_some(),
        Head::Emotion => taxonomy.emotion_index(id).is_some(),
        Head::Flags => taxonomy.flag_index(id).is_some(),
    };
    match known {
        true => Ok(()),
        false => Err(format!("{field} is no label of the taxonomy's {}", head.id())),
    }
}

fn text(field: &str, text: &str) -> Check {
    match text.chars().nth(TEXT_LIMIT) {
        _ if text.trim().is_empty() => Err(format!("{field} is empty")),
        Some(_) => Err(format!("{field} is longer than {TEXT_LIMIT} characters")),
        None => Ok(()),
    }
}

fn id(field: &str, id: &str) -> Check {
    match id.chars().nth(ID_LIMIT) {
        _ if id.trim().is_empty() => Err(format!("{field} is empty")),
        _ if id.chars().any(char::is_control) => Err(format!("{field} has control characters")),
        Some(_) => Err(format!("{field} is longer than {ID_LIMIT} characters")),
        None => Ok(()),
    }
}
