//! From the file to a checked policy.

use super::{ApprovalRule, TicketPolicy, find};
use crate::{
    located::{self, Fault},
    taxonomy::{Name, Taxonomy},
};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// No house waits longer than ten years.
const MOST_DAYS: u16 = 3660;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    id: Spanned<String>,
    version: Spanned<String>,
    #[serde(default)]
    approval: RawApproval,
    closing: RawClosing,
    reopening: RawReopening,
    bouncing: RawBouncing,
    #[serde(default)]
    public_departments: BTreeMap<String, Spanned<Name>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawApproval {
    compensation_above_yuan: Option<u32>,
    #[serde(default)]
    priorities: Vec<Spanned<String>>,
    #[serde(default)]
    closing_unconfirmed: bool,
    #[serde(default)]
    four_eyes: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawClosing {
    after_confirmation_days: Spanned<u16>,
    without_reply_days: Option<Spanned<u16>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawReopening {
    days: Spanned<u16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBouncing {
    ping_pong_moves: Spanned<u8>,
}

/// Reads and checks.
pub(super) fn policy(text: &str, taxonomy: &Taxonomy) -> Result<TicketPolicy, Fault> {
    let file: File = located::read(text)?;
    located::identity(&file.id, &file.version)?;
    Ok(TicketPolicy {
        id: file.id.into_inner(),
        version: file.version.into_inner(),
        approval: approval(&file.approval, taxonomy)?,
        close_after_confirmation_days: days(&file.closing.after_confirmation_days, 0)?,
        close_without_reply_days: file.closing.without_reply_days.as_ref().map(|place| days(place, 1)).transpose()?,
        reopen_days: days(&file.reopening.days, 0)?,
        ping_pong_moves: match *file.bouncing.ping_pong_moves.get_ref() {
            0 | 1 => {
                let reason = "`ping_pong_moves` is 2 or more: the first move is not yet a return";
                return Err(Fault::at(&file.bouncing.ping_pong_moves, reason));
            }
            moves => moves.into(),
        },
        public_departments: public_departments(file.public_departments, taxonomy)?,
    })
}

fn approval(raw: &RawApproval, taxonomy: &Taxonomy) -> Result<ApprovalRule, Fault> {
    let known = |place: &Spanned<String>| match taxonomy.priority_index(place.get_ref()) {
        Some(_) => Ok(place.get_ref().clone()),
        None => Err(Fault::at(place, format!("the taxonomy has no priority `{}`", place.get_ref()))),
    };
    Ok(ApprovalRule {
        compensation_above_fen: raw.compensation_above_yuan.map(|yuan| u64::from(yuan) * 100),
        priorities: raw.priorities.iter().map(known).collect::<Result<_, _>>()?,
        closing_unconfirmed: raw.closing_unconfirmed,
        four_eyes: raw.four_eyes,
    })
}

fn days(place: &Spanned<u16>, fewest: u16) -> Result<u16, Fault> {
    let days = *place.get_ref();
    match (fewest..=MOST_DAYS).contains(&days) {
        true => Ok(days),
        false => Err(Fault::at(place, format!("{days} days; they are from {fewest} to {MOST_DAYS}"))),
    }
}

fn public_departments(
    raw: BTreeMap<String, Spanned<Name>>,
    taxonomy: &Taxonomy,
) -> Result<BTreeMap<String, Name>, Fault> {
    let checked = |(id, place): (String, Spanned<Name>)| {
        if find(&taxonomy.departments, &id).is_none() {
            return Err(Fault::at(&place, format!("the taxonomy has no department `{id}`")));
        }
        if place.get_ref().zh.trim().is_empty() || place.get_ref().en.trim().is_empty() {
            return Err(Fault::at(&place, format!("the public name of `{id}` is empty")));
        }
        Ok((id, place.into_inner()))
    };
    raw.into_iter().map(checked).collect()
}
