//! The whole: tables of transitions, real cases, and what holds for every history.

mod approvals;
mod bouncing;
mod cases;
mod classifying;
mod desk;
mod properties;
mod refusals;
mod roles;
mod transitions;
mod views;

use super::*;
use crate::{Error, Result, taxonomy::Taxonomy};
pub(super) use desk::{Desk, agent, customer, sample, supervisor, system};
use jiff::{SignedDuration, Timestamp};
