//! One answer for all members of an incident.

use crate::{Error, Result, desk::ticket::Number};
use std::collections::BTreeSet;

/// How a member's ticket stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Open,
    Closed,
    /// Goes on in another.
    Merged(Number),
}

/// A member that might get the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recipient {
    pub number: Number,
    pub standing: Standing,
}

/// Why a member does not get the answer on its own ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOut {
    /// It is done with.
    Closed,
    /// The ticket that it goes on in is a member, and gets it.
    Through(Number),
    /// The ticket that it goes on in is none, or gets nothing itself.
    Merged(Number),
}

/// Who gets one answer.
#[derive(Clone, PartialEq, Eq)]
pub struct ReplyPlan {
    /// The tickets, each once, in the order of their numbers.
    pub to: Vec<Number>,
    /// Who does not, and why.
    pub left_out: Vec<(Number, LeftOut)>,
    /// The answer, the same for all.
    pub text: String,
}

/// The longest answer, in characters.
const LONGEST: usize = 5_000;

/// Plans one public answer for all members. It goes to many people and must hold no personal data of one of them, so `mask`
/// makes of it what is sent.
///
/// # Errors
/// [`Error::InvalidRequest`] where it is empty, longer than 5,000 characters as it was `said`, or nobody is left to get it.
pub fn reply_to_all(members: &[Recipient], said: &str, mask: impl FnOnce(&str) -> String) -> Result<ReplyPlan> {
    let wrong = |reason: String| Err(Error::InvalidRequest { what: "reply".into(), reason });
    let length = said.chars().count();
    if length > LONGEST {
        return wrong(format!("the answer has {length} characters; the limit is {LONGEST}"));
    }
    let masked = mask(said);
    let text = masked.trim();
    if text.is_empty() {
        return wrong("the answer is empty".into());
    }
    let open = members.iter().filter(|member| member.standing == Standing::Open);
    let to: BTreeSet<Number> = open.map(|member| member.number).collect();
    if to.is_empty() {
        return wrong("no member of the incident is open".into());
    }
    let why = |member: &Recipient| match member.standing {
        Standing::Open => None,
        Standing::Closed => Some((member.number, LeftOut::Closed)),
        Standing::Merged(into) if to.contains(&into) => Some((member.number, LeftOut::Through(into))),
        Standing::Merged(into) => Some((member.number, LeftOut::Merged(into))),
    };
    let mut left_out: Vec<_> = members.iter().filter_map(why).collect();
    left_out.sort_unstable_by_key(|&(number, _)| number);
    left_out.dedup();
    Ok(ReplyPlan { to: to.into_iter().collect(), left_out, text: text.into() })
}

/// Never the text.
impl std::fmt::Debug for ReplyPlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReplyPlan").field("to", &self.to).field("left_out", &self.left_out).finish_non_exhaustive()
    }
}
