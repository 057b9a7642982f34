//! How well tickets are dispatched.

use super::portions::Portions;
use crate::{
    Desk, Result,
    desk::{
        store::{entity::ticket, micros},
        ticket::{BounceStats, PingPong, Tally, Ticket},
    },
};
use jiff::Timestamp;
use sea_orm::{ColumnTrait, Condition};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// So many tickets that went to and fro are named.
const NAMED: usize = 100;

/// How many first dispatches were right.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Accuracy {
    /// The ticket was solved, and the first department never said that it was wrong there.
    pub right: u64,
    /// The first department gave it back, or sent it on as misrouted.
    pub wrong: u64,
    /// Neither yet, or never: it is being worked on, was withdrawn or merged.
    pub undecided: u64,
    /// The share of right ones among the decided; null without any.
    pub accuracy: Option<f64>,
}

impl From<Tally> for Accuracy {
    fn from(tally: Tally) -> Self {
        let Tally { right, wrong, undecided } = tally;
        Accuracy { right, wrong, undecided, accuracy: tally.accuracy() }
    }
}

/// What some tickets say about dispatching.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Dispatches {
    /// How many tickets there are, dispatched or not.
    pub tickets: u64,
    /// First dispatches without a person: what the classifier and the routing rules are measured by.
    pub by_system: Accuracy,
    /// First dispatches by people.
    pub by_people: Accuracy,
    /// From the department that did not want a ticket to the one that got it then: how often.
    pub matrix: BTreeMap<String, BTreeMap<String, u64>>,
    /// How often a department gave tickets back, wherever they went then.
    pub bounces: BTreeMap<String, u64>,
    /// Tickets that two departments sent to and fro.
    pub to_and_fro: u64,
    /// Those of them that were stopped, so that a supervisor decided.
    pub stopped: u64,
}

impl From<&BounceStats> for Dispatches {
    fn from(stats: &BounceStats) -> Self {
        Dispatches {
            tickets: stats.tickets,
            by_system: stats.dispatched_by_system.into(),
            by_people: stats.dispatched_by_people.into(),
            matrix: stats.matrix.clone(),
            bounces: stats.bounces.clone(),
            to_and_fro: stats.ping_pong.len() as u64,
            stopped: stats.ping_pong.iter().filter(|one| one.stopped).count() as u64,
        }
    }
}

/// A ticket that two departments sent to and fro.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ToAndFro {
    /// The complaint number.
    #[schema(example = "C20261126-000123-6")]
    pub number: String,
    /// The two, in the order of their ids.
    pub departments: [String; 2],
    /// How often it went between them because it was wrong at one, or was about to when it was stopped.
    pub moves: u64,
    /// Whether it was stopped, so that a supervisor decided.
    pub stopped: bool,
}

impl From<PingPong> for ToAndFro {
    fn from(one: PingPong) -> Self {
        let (first, second) = one.departments;
        let (moves, stopped) = (one.moves, one.stopped);
        ToAndFro { number: one.number.to_string(), departments: [first, second], moves, stopped }
    }
}

/// How well the tickets were dispatched whose complaints came in during a period.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DispatchReport {
    /// When the period begins; null: with the first complaint.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub since: Option<Timestamp>,
    /// Before when it ends; null: it goes on.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
    /// All tickets.
    pub all: Dispatches,
    /// By the category that holds now, those that have one.
    pub categories: BTreeMap<String, Dispatches>,
    /// The youngest tickets that went to and fro, a hundred at most.
    pub to_and_fro: Vec<ToAndFro>,
}

impl Desk {
    /// How well the tickets of a period were dispatched, from their histories as they are now.
    ///
    /// # Errors
    /// Those of the database and the histories in it.
    pub async fn dispatch_report(&self, since: Option<Timestamp>, until: Option<Timestamp>) -> Result<DispatchReport> {
        let opened = ticket::Column::OpenedAt;
        let condition = Condition::all()
            .add_option(since.map(|since| opened.gte(micros(since))))
            .add_option(until.map(|until| opened.lt(micros(until))));
        let mut portions = Portions::new(self.store(), condition);
        let mut all = BounceStats::default();
        let mut categories: BTreeMap<String, BounceStats> = BTreeMap::new();
        loop {
            let stories = portions.next().await?;
            if stories.is_empty() {
                break;
            }
            for story in stories {
                let ticket = Ticket::replay(&story.history)?;
                all.add(&ticket);
                if let Some(category) = story.row.category {
                    categories.entry(category).or_default().add(&ticket);
                }
            }
        }
        Ok(DispatchReport {
            since,
            until,
            categories: categories.iter().map(|(category, stats)| (category.clone(), stats.into())).collect(),
            all: (&all).into(),
            to_and_fro: all.ping_pong.into_iter().take(NAMED).map(ToAndFro::from).collect(),
        })
    }
}
