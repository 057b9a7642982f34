//! Failures of what has no row in the store: addresses.

use super::{Failures, LockoutPolicy};
use crate::Result;
use jiff::Timestamp;
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Failures by address, in memory and bounded: where there are too many, the ones longest ago are forgotten. Each
/// server counts its own.
#[derive(Debug)]
pub struct Lockouts<K> {
    policy: LockoutPolicy,
    most: usize,
    /// With the time of the last try.
    failures: Mutex<HashMap<K, (Timestamp, Failures)>>,
}

impl<K: Hash + Eq> Lockouts<K> {
    /// For at most so many.
    pub fn new(policy: LockoutPolicy, most: usize) -> Self {
        Lockouts { policy, most: most.max(1), failures: Mutex::default() }
    }

    /// Counts a try that begins, as [`Failures::attempt`].
    ///
    /// # Errors
    /// [`Error::LockedOut`](crate::Error::LockedOut).
    pub fn attempt(&self, who: K, now: Timestamp) -> Result<()> {
        let mut table = self.table();
        if table.len() >= self.most && !table.contains_key(&who) {
            let mut times: Vec<Timestamp> = table.values().map(|(at, _)| *at).collect();
            let middle = times.len() / 2;
            let (_, &mut median, _) = times.select_nth_unstable(middle);
            let mut spare = table.len() - middle;
            // Half of them, so that not every try sorts; of equal times no more than that.
            table.retain(|_, (at, _)| {
                let old = *at <= median && spare > 0;
                spare -= usize::from(old);
                !old
            });
        }
        let (at, failures) = table.entry(who).or_insert_with(|| (now, Failures::default()));
        *at = now;
        failures.attempt(&self.policy, now)
    }

    /// The password was right, as [`Failures::succeeded`].
    pub fn succeeded(&self, who: &K, now: Timestamp) {
        if let Some((_, failures)) = self.table().get_mut(who) {
            failures.succeeded(&self.policy, now);
        }
    }

    /// A panic elsewhere leaves the counts as they are: good enough to go on.
    fn table(&self) -> MutexGuard<'_, HashMap<K, (Timestamp, Failures)>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::*, *};
    use proptest::prelude::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + seconds).unwrap()
    }

    #[test]
    fn each_is_counted_alone() {
        let lockouts = Lockouts::new(ACCOUNT, 10);
        for _ in 0..5 {
            lockouts.attempt("a", at(0)).unwrap();
        }
        assert!(lockouts.attempt("a", at(0)).is_err());
        assert!(lockouts.attempt("b", at(0)).is_ok());
        lockouts.succeeded(&"a", at(0));
        lockouts.succeeded(&"c", at(0));
        assert!(lockouts.attempt("a", at(0)).is_ok());
    }

    #[test]
    fn of_too_many_the_oldest_are_forgotten() {
        let lockouts = Lockouts::new(ACCOUNT, 8);
        for _ in 0..5 {
            lockouts.attempt(99, at(100)).unwrap();
        }
        for who in 0..8 {
            lockouts.attempt(who, at(who)).unwrap();
        }
        assert!(lockouts.attempt(99, at(101)).is_err(), "the latest is kept");
    }

    proptest! {
        #[test]
        fn memory_is_bounded(whos in prop::collection::vec((0..100u32, 0..3i64), 1..200), most in 0..20usize) {
            let lockouts = Lockouts::new(ADDRESS, most);
            for (who, second) in whos {
                let _ = lockouts.attempt(who, at(second));
                prop_assert!(lockouts.table().len() <= most.max(1));
            }
        }

        /// Tries at once from many threads are never more than the policy's.
        #[test]
        fn tries_at_once_are_counted(threads in 1..6usize) {
            let lockouts = Lockouts::new(ACCOUNT, 8);
            let passed: usize = std::thread::scope(|scope| {
                let run = || (0..4).filter(|_| lockouts.attempt("a", at(0)).is_ok()).count();
                let running: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
                running.into_iter().map(|thread| thread.join().unwrap()).sum()
            });
            prop_assert_eq!(passed, (4 * threads).min(5));
        }
    }
}
