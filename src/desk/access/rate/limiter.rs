//! The buckets.

use super::{super::Source, Limit, Share};
use jiff::Timestamp;
use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Mutex, PoisonError},
};

/// So many threads do not wait for each other.
const SHARDS: usize = 16;

/// Whose bucket.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Client {
    /// A principal's, by id.
    Principal(String),
    /// An address's, where there is no principal.
    Source(Source),
}

/// The buckets of one limit, in memory and bounded. Each server counts its own.
#[derive(Debug)]
pub struct Limiter {
    limit: Limit,
    most: usize,
    hasher: RandomState,
    /// When a bucket will be full again, in microseconds times the quota: so all is exact. A full bucket needs no entry.
    shards: [Mutex<HashMap<Client, i128>>; SHARDS],
}

impl Limiter {
    /// For about `most` clients that are not idle. Where there are more, those with the fullest buckets get a full one.
    pub fn new(limit: Limit, most: usize) -> Self {
        let most = most.div_ceil(SHARDS).max(1);
        Limiter { limit, most, hasher: RandomState::new(), shards: Default::default() }
    }

    /// Takes from a client's bucket: 1 for a request, more for one with many complaints in it. One that costs more than
    /// the quota waits for a full bucket and empties it, since it would never pass otherwise. What is refused takes
    /// nothing.
    pub fn take(&self, client: Client, cost: u32, now: Timestamp) -> Share {
        let quota = i128::from(self.limit.quota);
        let window = self.limit.window.as_micros();
        let full = quota * window;
        let now = i128::from(now.as_microsecond()) * quota;
        let shard = &self.shards[self.hasher.hash_one(&client) as usize % SHARDS];
        // A panic elsewhere leaves whole numbers behind.
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that went back must not make anyone wait for more than the window.
        let before = shard.get(&client).map_or(now, |&at| at.clamp(now, now + full));
        let after = before + window * i128::from(cost).min(quota);
        let late = after - now - full;
        let at = if late <= 0 { after } else { before };
        if late <= 0 && at > now {
            if shard.len() >= self.most && !shard.contains_key(&client) {
                make_room(&mut shard, now, self.most);
            }
            shard.insert(client, at);
        }
        let second = quota * 1_000_000;
        let seconds = |time: i128| ceil(time, second) as u64;
        Share {
            limit: self.limit,
            remaining: ((full - (at - now)) / window) as u32,
            full_in: seconds(at - now),
            retry_after: (late > 0).then(|| seconds(late)),
        }
    }
}

/// Drops buckets that are full by now, and where that is not enough the fuller half of the others: a flood of addresses
/// cannot make those forgotten that ask most.
fn make_room(shard: &mut HashMap<Client, i128>, now: i128, most: usize) {
    shard.retain(|_, at| *at > now);
    if shard.len() < most {
        return;
    }
    let mut times: Vec<i128> = shard.values().copied().collect();
    let middle = times.len() / 2;
    let (_, &mut median, _) = times.select_nth_unstable(middle);
    let mut spare = times.len() - middle;
    shard.retain(|_, at| {
        let fuller = *at <= median && spare > 0;
        spare -= usize::from(fuller);
        !fuller
    });
}

/// Of a number that is not negative.
fn ceil(number: i128, by: i128) -> i128 {
    (number + by - 1) / by
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;
    use jiff::SignedDuration;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_microsecond(1_795_000_000_000_000 + micros).unwrap()
    }

    fn limiter(quota: u32, seconds: i64, most: usize) -> Limiter {
        Limiter::new(Limit::new("default", quota, SignedDuration::from_secs(seconds)).unwrap(), most)
    }

    fn who(id: &str) -> Client {
        Client::Principal(id.into())
    }

    #[test]
    fn a_bucket_empties_and_fills() {
        let limiter = limiter(3, 60, 100);
        let take = |second: i64| limiter.take(who("a"), 1, at(second * 1_000_000));
        for (second, remaining, full_in, retry_after) in [
            (0, 2, 20, None),
            (0, 1, 40, None),
            (0, 0, 60, None),
            (0, 0, 60, Some(20)),
            (19, 0, 41, Some(1)),
            (20, 0, 60, None),
            (65, 1, 35, None),
            (1000, 2, 20, None),
        ] {
            let share = take(second);
            assert_eq!(
                (share.remaining, share.full_in, share.retry_after),
                (remaining, full_in, retry_after),
                "{second}"
            );
            assert_eq!(share.check().is_err(), retry_after.is_some());
        }
        assert_eq!(limiter.take(who("b"), 1, at(0)).remaining, 2, "each has its own");
    }

    #[test]
    fn the_headers_are_those_of_the_draft() {
        let limiter = limiter(100, 60, 100);
        let share = limiter.take(who("a"), 1, at(0));
        let policy = ("ratelimit-policy", "\"default\";q=100;w=60".to_owned());
        assert_eq!(share.headers(), [policy.clone(), ("ratelimit", "\"default\";r=99;t=1".to_owned())]);
        let share = limiter.take(who("a"), 100, at(0));
        let told = share.check().unwrap_err().to_string();
        assert_eq!(told, "too many requests; there is room again in 1 s");
        let headers = [policy, ("ratelimit", "\"default\";r=99;t=1".to_owned()), ("retry-after", "1".to_owned())];
        assert_eq!(share.headers(), headers, "what is refused takes nothing");
    }

    #[test]
    fn more_than_the_quota_waits_for_a_full_bucket() {
        let limiter = limiter(10, 10, 100);
        assert_eq!(limiter.take(who("a"), 1000, at(0)).remaining, 0);
        assert_eq!(limiter.take(who("a"), 1000, at(1_000_000)).retry_after, Some(9));
        assert_eq!(limiter.take(who("a"), 1000, at(10_000_000)).retry_after, None);
        assert_eq!(limiter.take(who("a"), 0, at(10_000_000)).retry_after, None, "nothing costs nothing");
    }

    #[test]
    fn a_clock_that_goes_back_makes_nobody_wait_longer_than_the_window() {
        let limiter = limiter(1, 60, 100);
        limiter.take(who("a"), 1, at(3_600_000_000));
        assert_eq!(limiter.take(who("a"), 1, at(0)).retry_after, Some(60));
    }

    #[test]
    fn limits_that_let_nothing_pass_are_refused() {
        for (quota, seconds, reason) in [
            (0, 60, "the quota must be at least 1"),
            (1, 0, "the window must be from 1 second to 24 hours"),
            (1, -5, "the window must be from 1 second to 24 hours"),
            (1, 86_401, "the window must be from 1 second to 24 hours"),
        ] {
            let Err(Error::InvalidRequest { reason: told, .. }) =
                Limit::new("default", quota, SignedDuration::from_secs(seconds))
            else {
                panic!("{quota} in {seconds} s")
            };
            assert_eq!(told, reason);
        }
        let most = limiter(u32::MAX, 86_400, 100);
        assert!(most.take(who("a"), u32::MAX, at(0)).check().is_ok());
        assert_eq!(most.take(who("a"), u32::MAX, at(0)).retry_after, Some(86_400));
    }

    #[test]
    fn who_asks_most_is_not_forgotten_in_a_flood() {
        let limiter = limiter(100, 60, 64);
        assert_eq!(limiter.take(who("greedy"), 100, at(0)).remaining, 0);
        for n in 0..10_000u32 {
            limiter.take(Client::Source(std::net::IpAddr::from(n.to_be_bytes()).into()), 1, at(0));
        }
        assert!(limiter.take(who("greedy"), 100, at(0)).retry_after.is_some());
        let kept: usize = limiter.shards.iter().map(|shard| shard.lock().unwrap().len()).sum();
        assert!(kept <= 64, "{kept}");
    }

    #[test]
    fn threads_share_a_bucket() {
        let limiter = limiter(100, 60, 64);
        let passed: usize = std::thread::scope(|scope| {
            let run = || (0..50).filter(|_| limiter.take(who("a"), 1, at(0)).check().is_ok()).count();
            let running: Vec<_> = (0..4).map(|_| scope.spawn(run)).collect();
            running.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(passed, 100);
    }

    /// The same as a bucket that is filled by hand: what is in it, in microseconds of the window for each piece of quota.
    fn filled(quota: i128, window: i128, level: i128, gap: i128) -> i128 {
        (level + gap * quota).min(quota * window)
    }

    proptest! {
        #[test]
        fn it_is_a_token_bucket(
            quota in 1..50u32, seconds in 1..100i64,
            steps in prop::collection::vec((0..5_000_000i64, 0..60u32, 0..3usize), 1..100),
        ) {
            let limiter = limiter(quota, seconds, 100);
            let (q, window) = (i128::from(quota), i128::from(seconds) * 1_000_000);
            let mut levels = BTreeMap::new();
            let mut now = 0;
            for (gap, cost, id) in steps {
                now += gap;
                let (level, last) = levels.entry(id).or_insert((q * window, 0i64));
                let there = filled(q, window, *level, i128::from(now - *last));
                let wanted = i128::from(cost).min(q) * window;
                let passes = wanted <= there;
                (*level, *last) = (if passes { there - wanted } else { there }, now);
                let share = limiter.take(who(&id.to_string()), cost, at(now));
                prop_assert_eq!(share.check().is_ok(), passes);
                prop_assert_eq!(i128::from(share.remaining), *level / window);
                if let Some(wait) = share.retry_after {
                    // Enough at that time, and not a second before.
                    prop_assert!(wanted <= filled(q, window, *level, i128::from(wait) * 1_000_000));
                    prop_assert!(wanted > filled(q, window, *level, i128::from(wait - 1) * 1_000_000));
                }
            }
        }

        #[test]
        fn memory_is_bounded(ids in prop::collection::vec((0..500u32, 1..5u32), 1..600), most in 0..100usize) {
            let limiter = limiter(5, 60, most);
            for (id, cost) in ids {
                limiter.take(who(&id.to_string()), cost, at(0));
                let kept = limiter.shards.iter().map(|shard| shard.lock().unwrap().len()).max().unwrap();
                prop_assert!(kept <= most.div_ceil(SHARDS).max(1));
            }
        }
    }
}
