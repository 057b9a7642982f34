//! What must be raised above the single ticket: customers who come again and again, fierce ones, and incidents that many
//! complain about.
//!
//! 1. [`IncidentPolicy`] has the rules' numbers: a TOML text of its own version.
//! 2. [`repeat`] counts the complaints of one customer.
//! 3. [`fierce`] looks at feelings, flags and signals of one complaint.
//! 4. [`cluster`] counts the complaints about one product.
//! 5. [`surge`] holds the hourly counts of a category in a region against their own history ([`Baseline`]).
//! 6. [`Signal`] is what each of them says: whose priority rises, who hears of it, and which incident it is.
//! 7. [`Incident`] is an incident's life; its [key](incident_key) is the same for every process that comes to it.
//! 8. [`reply_to_all`] plans one answer for all members.
//!
//! Priorities only ever rise here ([`raised`]). All of it is pure: the store counts, calls, and applies what comes of it in
//! the transaction of the complaint. Windows are half-open, and lie around the complaint rather than before the present:
//! neither late complaints nor clocks that are set back change what a count comes to.

mod cluster;
mod fierce;
mod key;
mod life;
mod member;
mod policy;
mod repeat;
mod reply;
mod sentence;
mod signal;
mod surge;
#[cfg(test)]
mod tests;

pub use cluster::cluster;
pub use fierce::{Mood, fierce};
pub use key::{incident_key, product_key};
pub use life::{Incident, Stage};
pub use member::Member;
pub use policy::{ClusterRule, Consequence, FierceRule, IncidentPolicy, Preset, RepeatRule, SurgeRule};
pub use repeat::repeat;
pub use reply::{LeftOut, Recipient, ReplyPlan, Standing, reply_to_all};
pub use signal::{Rule, Signal, WAVE_TELLS, raised};
pub use surge::{Alarm, Baseline, HourCount, Pair, hour_of, surge};
