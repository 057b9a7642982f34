//! What has a new complaint to do with earlier ones? The same told twice, a question about a matter that we know, or one of
//! many that say the same.
//!
//! 1. [`Fingerprint`] gives keys for an index, under which texts that are nearly the same are found quickly.
//! 2. [`quoted_numbers`] finds complaint numbers in a text.
//! 3. [`relate`] holds a complaint against earlier ones of the same customer, contact, order or number, and against those
//!    that the keys found, and says what they are to each other: [`Link`].
//! 4. [`thread`] is the ticket in which the conversation goes on, whatever the channel.
//! 5. [`wave`] says whether many customers say the same: a group complaint, or a flood.
//! 6. [`RelatePolicy`] has the thresholds and the words.
//!
//! A complaint is never a duplicate of another customer's, however alike their texts are.
//!
//! ```
//! use fenzhen::desk::{relate::*, ticket::{Number, Relation}};
//! let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
//! let number = |count| Number::new("2026-11-26".parse().unwrap(), count).unwrap();
//! let first = Case { customer: Some("c9"), channel: Some("phone"), ..Case::new(number(1), "冰箱不制冷，师傅一直没来", at("2026-11-24T09:00+08:00")) };
//! let second = Case { customer: Some("c9"), channel: Some("wechat"), ..Case::new(number(2), "上次反映的事怎么还没处理？", at("2026-11-26T09:00+08:00")) };
//! let links = relate(&second, &[Earlier { case: first, closed: None }], &RelatePolicy::built_in());
//! assert_eq!(links[0].relation, Relation::FollowUp);
//! assert_eq!(thread(&links).unwrap().other, number(1));
//! ```

mod case;
mod decide;
mod fingerprint;
mod numbers;
mod policy;
mod sentence;
mod shingles;
#[cfg(test)]
mod tests;
mod wave;

pub use case::{Case, Earlier};
pub use decide::{Link, relate, thread};
pub use fingerprint::Fingerprint;
pub use numbers::quoted_numbers;
pub use policy::RelatePolicy;
pub use wave::{Wave, WaveKind, wave};
