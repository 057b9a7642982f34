//! When a delivery that failed is tried again.

use super::deliver::Outcome;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// How long after each failed attempt the next one comes: the schedule that Standard Webhooks gives as an example. It spans
/// nearly 76 hours, so a receiver that was down for a weekend misses nothing; then the delivery is dead, for a person to look
/// at and replay.
pub const SCHEDULE: [SignedDuration; 9] = [
    SignedDuration::from_secs(5),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(5),
    SignedDuration::from_hours(10),
    SignedDuration::from_hours(14),
    SignedDuration::from_hours(20),
    SignedDuration::from_hours(24),
];

/// A receiver may ask for more time than the schedule has, up to this.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);

/// When the next attempt is due after `attempts` of them, the last of which had this outcome; none where there is none:
/// delivered, refused for good, or the last one of [`SCHEDULE`].
///
/// `unit_random`, from 0 to 1, spreads attempts over 20 % around the schedule, and over 10 % after what the receiver asked
/// for in `Retry-After`, lest all come back at the same instant.
pub fn next_attempt(attempts: u32, outcome: &Outcome, now: Timestamp, unit_random: f64) -> Option<Timestamp> {
    let Outcome::Retry { after, .. } = outcome else { return None };
    let step = usize::try_from(attempts).unwrap_or(usize::MAX).saturating_sub(1);
    let unit = if (0.0..=1.0).contains(&unit_random) { unit_random } else { 0.5 };
    let planned = SCHEDULE.get(step)?.mul_f64(0.9 + 0.2 * unit);
    let asked = after.map_or(SignedDuration::ZERO, |after| bounded(after).mul_f64(1.0 + 0.1 * unit));
    Some(now.checked_add(planned.max(asked)).unwrap_or(Timestamp::MAX))
}

/// What a receiver asked for, as far as it may.
fn bounded(after: Duration) -> SignedDuration {
    SignedDuration::try_from(after).unwrap_or(LONGEST).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn retry(after: Option<Duration>) -> Outcome {
        Outcome::Retry { reason: "answered 500".into(), after }
    }

    fn wait(attempts: u32, after: Option<u64>, unit: f64) -> Option<SignedDuration> {
        let now = Timestamp::UNIX_EPOCH;
        next_attempt(attempts, &retry(after.map(Duration::from_secs)), now, unit).map(|next| next.duration_since(now))
    }

    #[test]
    fn the_schedule_then_dead() {
        let waits: Vec<String> = (1..=10).map_while(|n| wait(n, None, 0.5)).map(|wait| format!("{wait:#}")).collect();
        assert_eq!(waits, ["5s", "5m", "30m", "2h", "5h", "10h", "14h", "20h", "24h"]);
        assert_eq!((wait(10, None, 0.5), wait(u32::MAX, None, 0.5)), (None, None));
        assert_eq!(wait(0, None, 0.5), wait(1, None, 0.5), "nothing is counted before the first");
    }

    #[test]
    fn what_the_receiver_asks_for() {
        for (attempts, asked, seconds) in [
            (1, 60, 60),         // longer than the schedule
            (3, 60, 1620),       // never shorter
            (1, 0, 4),           // nothing
            (1, 90_000, 86_400), // a day at most
            (1, u64::MAX, 86_400),
        ] {
            assert_eq!(wait(attempts, Some(asked), 0.0).map(|wait| wait.as_secs()), Some(seconds), "{asked}");
        }
        assert_eq!(wait(1, Some(100), 1.0), Some(SignedDuration::from_secs(110)));
    }

    #[test]
    fn what_is_over_is_over() {
        for outcome in [Outcome::Delivered, Outcome::Gone, Outcome::Refused { reason: "no such user".into() }] {
            assert_eq!(next_attempt(1, &outcome, Timestamp::UNIX_EPOCH, 0.5), None);
        }
    }

    #[test]
    fn the_end_of_time_is_no_fault() {
        assert_eq!(next_attempt(9, &retry(None), Timestamp::MAX, 0.5), Some(Timestamp::MAX));
    }

    proptest! {
        #[test]
        fn jitter_stays_in_its_bounds(attempts in 1u32..=9, unit in any::<f64>(), asked in prop::option::of(0u64..200_000)) {
            let wait = wait(attempts, asked, unit).unwrap();
            let planned = SCHEDULE[attempts as usize - 1];
            prop_assert!(wait >= planned.mul_f64(0.9));
            prop_assert!(wait <= LONGEST.mul_f64(1.11));
            if let Some(asked) = asked {
                prop_assert!(wait >= SignedDuration::from_secs(asked as i64).min(LONGEST));
            } else {
                prop_assert!(wait <= planned.mul_f64(1.11));
            }
        }
    }
}
