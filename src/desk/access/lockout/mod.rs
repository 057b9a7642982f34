//! How often somebody may try to sign in: guessing gets slower, and nobody is locked out for ever.
//!
//! A try is counted before the password is checked, and taken back when it was right: so a hundred at once are no way
//! around the limit. Refused tries do not count, or somebody else could keep an account locked by knocking at it. Count a
//! try for its account ([`ACCOUNT`]) and for its address ([`ADDRESS`], in [`Lockouts`]); what does not exist is locked like
//! what does, or the lock would tell which accounts there are.

mod table;

pub use table::Lockouts;

use crate::{Error, Result};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// After a day without a failure the locks start small again.
const QUIET: SignedDuration = SignedDuration::from_hours(24);
/// How far the clocks of two servers may be apart. A try further in the future is of a clock that was wrong.
const SKEW: SignedDuration = SignedDuration::from_mins(1);

/// What a right password makes forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forgives {
    /// All failures.
    All,
    /// Its own try: whoever has one account must not earn guesses at others with it.
    Itself,
}

/// How many tries, and how long the locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockoutPolicy {
    /// Failures in a row before the first lock.
    pub free: u32,
    /// The first lock; each further failure doubles it.
    pub first: SignedDuration,
    /// No lock for failures in a row is longer. At most an hour.
    pub longest: SignedDuration,
    /// Tries in any hour, from 1.
    pub per_hour: usize,
    /// What a right password makes forgotten.
    pub forgives: Forgives,
}

/// For one account: a hundred failures need ten hours (NIST SP 800-63B-4, section 3.2.2, allows a hundred in a row).
pub const ACCOUNT: LockoutPolicy = LockoutPolicy {
    free: 5,
    first: SignedDuration::from_mins(1),
    longest: SignedDuration::from_mins(15),
    per_hour: 10,
    forgives: Forgives::All,
};

/// For one address, behind which a whole office may sit.
pub const ADDRESS: LockoutPolicy = LockoutPolicy { free: 20, per_hour: 60, forgives: Forgives::Itself, ..ACCOUNT };

/// The failures of one account or address. Stored as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failures {
    /// The tries that count, oldest first; no more than an hour has.
    tries: Vec<Timestamp>,
    /// How many in a row.
    streak: u32,
}

impl Failures {
    /// Counts a try that begins. Store it before the password is checked.
    ///
    /// # Errors
    /// [`Error::LockedOut`]; such a try does not count.
    pub fn attempt(&mut self, policy: &LockoutPolicy, now: Timestamp) -> Result<()> {
        if let Some(until) = self.locked_until(policy, now) {
            let seconds = (until.duration_since(now).as_millis().max(0) as u64).div_ceil(1000);
            return Err(Error::LockedOut { seconds });
        }
        if self.last(now).is_none_or(|last| now.duration_since(last) >= QUIET) {
            self.streak = 0;
        }
        self.tries = self.recent(now).collect();
        self.tries.push(now);
        self.streak = self.streak.saturating_add(1);
        Ok(())
    }

    /// The password was right: forgets what the policy says. `now` is the time of the [`Failures::attempt`].
    pub fn succeeded(&mut self, policy: &LockoutPolicy, now: Timestamp) {
        match policy.forgives {
            Forgives::All => *self = Failures::default(),
            Forgives::Itself => {
                if let Some(at) = self.tries.iter().rposition(|&at| at == now) {
                    self.tries.remove(at);
                    self.streak = self.streak.saturating_sub(1);
                }
            }
        }
    }

    /// Until when nothing is tried, where that is in the future; never more than an hour away.
    pub fn locked_until(&self, policy: &LockoutPolicy, now: Timestamp) -> Option<Timestamp> {
        let recent: Vec<Timestamp> = self.recent(now).collect();
        let full = recent.len().checked_sub(policy.per_hour.max(1)).map(|at| (recent[at], HOUR));
        let row = self.last(now).zip(self.streak.checked_sub(policy.free)).map(|(last, beyond)| {
            let doubled = 2i32.checked_pow(beyond).and_then(|times| policy.first.checked_mul(times));
            (last, doubled.unwrap_or(policy.longest).min(policy.longest).min(HOUR))
        });
        let ends = [full, row].into_iter().flatten().filter_map(|(from, lock)| from.checked_add(lock).ok());
        ends.max().filter(|until| *until > now)
    }

    /// The last try that counts.
    fn last(&self, now: Timestamp) -> Option<Timestamp> {
        self.tries.iter().filter_map(|&at| counted(at, now)).next_back()
    }

    /// The tries of the hour before.
    fn recent(&self, now: Timestamp) -> impl Iterator<Item = Timestamp> {
        self.tries.iter().filter_map(move |&at| counted(at, now)).filter(move |at| now.duration_since(*at) < HOUR)
    }
}

/// When a try counts as made, if it does.
fn counted(at: Timestamp, now: Timestamp) -> Option<Timestamp> {
    (at.duration_since(now) <= SKEW).then(|| at.min(now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: SignedDuration = SignedDuration::from_secs(1);

    fn at(seconds: i32) -> Timestamp {
        "2026-11-26T01:00:00Z".parse::<Timestamp>().unwrap() + SECOND * seconds
    }

    /// When the tries of somebody who always tries as soon as possible are made, in seconds.
    fn eager(policy: &LockoutPolicy, tries: usize) -> Vec<i32> {
        let (mut failures, mut now) = (Failures::default(), 0);
        let mut made = vec![];
        while made.len() < tries {
            match failures.attempt(policy, at(now)) {
                Ok(()) => made.push(now),
                Err(Error::LockedOut { seconds }) => now += seconds as i32,
                Err(fault) => panic!("{fault}"),
            }
        }
        made
    }

    #[test]
    fn locks_grow_to_their_longest() {
        assert_eq!(
            eager(&ACCOUNT, 13),
            [0, 0, 0, 0, 0, 60, 180, 420, 900, 1800, 3600, 4500, 5400],
            "five at once, locks of 1, 2, 4, 8 and 15 minutes, then the hour is full"
        );
    }

    #[test]
    fn a_lock_says_how_long_it_is() {
        let mut failures = Failures::default();
        for _ in 0..5 {
            failures.attempt(&ACCOUNT, at(0)).unwrap();
        }
        let told = failures.attempt(&ACCOUNT, at(1)).unwrap_err().to_string();
        assert_eq!(told, "too many failed sign-ins; locked for another 59 s");
        let before = failures.clone();
        assert!(failures.attempt(&ACCOUNT, at(59)).is_err());
        assert_eq!(failures, before, "a refused try does not count");
        assert!(failures.attempt(&ACCOUNT, at(60)).is_ok());
    }

    #[test]
    fn a_right_password_makes_forgotten_what_the_policy_says() {
        let mut account = Failures::default();
        for second in 0..5 {
            account.attempt(&ACCOUNT, at(second)).unwrap();
        }
        account.succeeded(&ACCOUNT, at(4));
        assert_eq!(account, Failures::default());
        let mut address = Failures::default();
        for second in 0..39 {
            address.attempt(&ADDRESS, at(second)).unwrap();
            if second % 2 == 1 {
                address.succeeded(&ADDRESS, at(second));
            }
        }
        assert!(address.attempt(&ADDRESS, at(39)).is_err(), "own sign-ins between do not buy more than 20 guesses");
    }

    #[test]
    fn a_quiet_day_makes_locks_small_again() {
        let mut failures = Failures::default();
        let mut now = 0;
        for _ in 0..9 {
            failures.attempt(&ACCOUNT, at(now)).unwrap();
            now += 900;
        }
        let day = 24 * 3600;
        failures.attempt(&ACCOUNT, at(now - 900 + day)).unwrap();
        assert_eq!(failures.locked_until(&ACCOUNT, at(now - 900 + day)), None);
    }

    #[test]
    fn a_clock_that_was_wrong_locks_nobody() {
        let mut failures = Failures::default();
        for _ in 0..5 {
            failures.attempt(&ACCOUNT, at(36_000)).unwrap();
        }
        assert_eq!(failures.locked_until(&ACCOUNT, at(0)), None, "ten hours back");
        assert!(failures.locked_until(&ACCOUNT, at(35_990)).is_some(), "ten seconds are what servers differ");
    }

    #[test]
    fn failures_are_stored_as_json() {
        let mut failures = Failures::default();
        failures.attempt(&ACCOUNT, at(0)).unwrap();
        let json = serde_json::to_string(&failures).unwrap();
        assert_eq!(json, r#"{"tries":["2026-11-26T01:00:00Z"],"streak":1}"#);
        assert_eq!(serde_json::from_str::<Failures>(&json).unwrap(), failures);
        assert!(serde_json::from_str::<Failures>("{}").is_err());
    }

    fn policy() -> impl Strategy<Value = LockoutPolicy> {
        prop_oneof![
            Just(ACCOUNT),
            Just(ADDRESS),
            (0..9u32, 0..9_000i64, 0..9_000i64, 0..20usize, any::<bool>()).prop_map(
                |(free, first, longest, per_hour, all)| LockoutPolicy {
                    free,
                    first: SignedDuration::from_secs(first),
                    longest: SignedDuration::from_secs(longest),
                    per_hour,
                    forgives: if all { Forgives::All } else { Forgives::Itself },
                }
            ),
        ]
    }

    proptest! {
        #[test]
        fn no_hour_has_more_failures_than_allowed(policy in policy(), gaps in prop::collection::vec(0..600i32, 1..300)) {
            let (mut failures, mut now, mut made) = (Failures::default(), 0, vec![]);
            for gap in gaps {
                now += gap;
                if failures.attempt(&policy, at(now)).is_ok() {
                    made.push(now);
                }
                prop_assert!(failures.tries.len() <= policy.per_hour.max(1), "memory is bounded");
            }
            for (first, start) in made.iter().enumerate() {
                let within = made[first..].iter().take_while(|at| **at < start + 3600).count();
                prop_assert!(within <= policy.per_hour.max(1));
            }
        }

        /// Whatever happened, with clocks that jump or not: an hour later one may try.
        #[test]
        fn nothing_locks_for_ever(policy in policy(), times in prop::collection::vec(-100_000..100_000i32, 0..60), now in -100_000..100_000i32) {
            let mut failures = Failures::default();
            for time in times {
                let _ = failures.attempt(&policy, at(time));
            }
            if let Some(until) = failures.locked_until(&policy, at(now)) {
                prop_assert!(until > at(now) && until <= at(now + 3600));
                prop_assert_eq!(failures.locked_until(&policy, at(now + 3600 + 61)), None);
            }
        }
    }
}
