//! Quiet histories, on which alarms are false, and surges, which must be found: how often, and how soon.
//!
//! Sixty pairs (6 categories × 10 regions) with 0.02 to 6 complaints an hour, a rhythm of day and week that differs between
//! categories, and a level that drifts by a third up and down within a season. 56 days are learnt, 90 are watched, hour by
//! hour, and every morning a new baseline.

use super::{Alarm, Baseline, HourCount, baseline::WINDOWS};
use crate::desk::incident::{IncidentPolicy, Preset, SurgeRule};
use jiff::{Timestamp, tz::TimeZone};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::{collections::BTreeMap, path::Path};

const LEARNT: i64 = 56 * 24;
const WATCHED: i64 = 90 * 24;
const LABELS: usize = 6;
const REGIONS: usize = 10;

/// How counts vary beside a Poisson process: shapes of gamma factors with mean 1, for every hour and for every day.
#[derive(Clone, Copy)]
struct Wild {
    hour: Option<f64>,
    day: Option<f64>,
}

const POISSON: Wild = Wild { hour: None, day: None };
const WILD: Wild = Wild { hour: Some(4.0), day: Some(25.0) };

fn rule() -> SurgeRule {
    let taxonomy = crate::taxonomy::Taxonomy::retail();
    let policy = IncidentPolicy::parse(Preset::Plain.text(), Path::new("plain.toml"), &taxonomy, &[]).unwrap();
    policy.surge.unwrap()
}

/// Gamma with mean 1 (Marsaglia and Tsang, 2000; shapes from 1).
fn gamma(random: &mut ChaCha8Rng, shape: f64) -> f64 {
    let d = shape - 1.0 / 3.0;
    loop {
        let (u, v): (f64, f64) = (random.random::<f64>().max(1e-300), random.random());
        let normal = (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos();
        let cube = (1.0 + normal / (9.0 * d).sqrt()).powi(3);
        let accept = random.random::<f64>().max(1e-300).ln();
        if cube > 0.0 && accept < 0.5 * normal * normal + d - d * cube + d * cube.ln() {
            return d * cube / shape;
        }
    }
}

/// Knuth's method; rates here are small.
fn poisson(random: &mut ChaCha8Rng, rate: f64) -> u64 {
    let (limit, mut product, mut count) = ((-rate).exp(), random.random::<f64>(), 0);
    while product > limit {
        product *= random.random::<f64>();
        count += 1;
    }
    count
}

fn rate(pair: usize) -> f64 {
    0.02 * 300f64.powf(pair as f64 / (LABELS * REGIONS - 1) as f64)
}

fn rhythm(label: usize, hour: i64) -> f64 {
    let day = [
        0.2, 0.1, 0.1, 0.1, 0.1, 0.2, 0.5, 0.8, 1.2, 1.6, 1.8, 1.6, 1.3, 1.4, 1.6, 1.6, 1.5, 1.4, 1.3, 1.5, 1.7, 1.4,
        0.9, 0.4,
    ];
    let week = [1.2, 1.1, 1.0, 1.0, 1.0, 0.8, 0.9][(hour / 24 % 7) as usize];
    // Some categories are late by up to two hours.
    day[((hour - label as i64 % 3).rem_euclid(24)) as usize] * week
}

/// Counts by pair and hour; `surge` multiplies the rate of all pairs from an hour on.
fn counts(seed: u64, hours: i64, wild: Wild, surge: Option<(i64, f64)>) -> Vec<Vec<u64>> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    (0..LABELS * REGIONS)
        .map(|pair| {
            let phase = random.random::<f64>() * std::f64::consts::TAU;
            let mut day = 1.0;
            (0..hours)
                .map(|hour| {
                    if hour % 24 == 0 {
                        day = wild.day.map_or(1.0, |shape| gamma(&mut random, shape));
                    }
                    let wander = wild.hour.map_or(1.0, |shape| gamma(&mut random, shape));
                    let drift = 1.0 + 0.33 * (phase + hour as f64 / 2160.0 * std::f64::consts::TAU).sin();
                    let more = surge.filter(|(from, _)| hour >= *from).map_or(1.0, |(_, times)| times);
                    poisson(&mut random, rate(pair) * rhythm(pair % LABELS, hour) * drift * day * wander * more)
                })
                .collect()
        })
        .collect()
}

fn names(pair: usize) -> (String, String) {
    (format!("l{}", pair % LABELS), format!("r{}", pair / LABELS))
}

fn baseline(counts: &[Vec<u64>], until: i64, rule: &SurgeRule) -> Baseline {
    let mut rows = Vec::new();
    for (pair, counts) in counts.iter().enumerate() {
        let (label, region) = names(pair);
        for hour in (until - LEARNT..until).filter(|&hour| counts[hour as usize] > 0) {
            rows.push(HourCount { label: label.clone(), region: region.clone(), hour, count: counts[hour as usize] });
        }
    }
    Baseline::learn(&rows, until - LEARNT..until, Timestamp::UNIX_EPOCH, &TimeZone::UTC, rule).unwrap()
}

fn test(baseline: &Baseline, counts: &[u64], pair: usize, hour: i64) -> Option<Alarm> {
    let (label, region) = names(pair);
    let recent: Vec<(i64, u64)> = (hour - 23..=hour).map(|hour| (hour, counts[hour as usize])).collect();
    baseline.test(&label, &region, hour, &recent)
}

/// Alarms in 90 quiet days: incidents, each at least a day after the last of its pair.
fn false_alarms(seed: u64, wild: Wild) -> usize {
    let counts = counts(seed, LEARNT + WATCHED, wild, None);
    let rule = rule();
    let mut last: BTreeMap<usize, i64> = BTreeMap::new();
    let mut alarms = 0;
    for morning in (LEARNT..LEARNT + WATCHED).step_by(24) {
        let baseline = baseline(&counts, morning, &rule);
        for (pair, counts) in counts.iter().enumerate() {
            for hour in morning..morning + 24 {
                if test(&baseline, counts, pair, hour).is_some() {
                    alarms += usize::from(last.get(&pair).is_none_or(|last| hour - last > 24));
                    last.insert(pair, hour);
                }
            }
        }
    }
    alarms
}

#[test]
fn quiet_histories_give_no_more_false_alarms_than_the_policy_accepts() {
    // One a month is accepted: 3 in 90 days.
    for (name, wild) in [("poisson", POISSON), ("over-dispersed", WILD)] {
        let alarms: Vec<usize> = [1, 2].map(|seed| false_alarms(seed, wild)).into();
        println!("{name}: {alarms:?} false alarms in 90 days");
        assert!(alarms.iter().sum::<usize>() <= 3 * alarms.len(), "{name}: {alarms:?}");
    }
}

/// Hours from the beginning of a surge until it is found, by pair; none within two days.
fn delays(seed: u64, wild: Wild, times: f64) -> Vec<Option<i64>> {
    // A surge that begins at nine in the morning of a Tuesday.
    let start = LEARNT + 24 + 9;
    let counts = counts(seed, LEARNT + 96, wild, Some((start, times)));
    let rule = rule();
    let mornings = [LEARNT, LEARNT + 24, LEARNT + 48].map(|morning| baseline(&counts, morning, &rule));
    let found = |(pair, counts): (usize, &Vec<u64>)| {
        (start..start + 39).find(|&hour| test(&mornings[((hour - LEARNT) / 24) as usize], counts, pair, hour).is_some())
    };
    counts.iter().enumerate().map(|pair| found(pair).map(|hour| hour - start + 1)).collect()
}

#[test]
fn a_tripled_rate_is_found_soon() {
    for (name, wild, from, to, most) in
        [("poisson", POISSON, 0.6, 2.0, 12), ("poisson", POISSON, 2.0, 7.0, 4), ("over-dispersed", WILD, 2.0, 7.0, 16)]
    {
        let all: Vec<Vec<Option<i64>>> = (10..14).map(|seed| delays(seed, wild, 3.0)).collect();
        let of_band = (0..LABELS * REGIONS).filter(|&pair| (from..to).contains(&rate(pair)));
        let mut hours: Vec<i64> = of_band.flat_map(|pair| all.iter().map(move |run| run[pair].unwrap_or(99))).collect();
        hours.sort_unstable();
        let median = hours[hours.len() / 2];
        let missed = hours.iter().filter(|&&hour| hour == 99).count();
        println!("{name}, {from} to {to} an hour: median {median} h, {missed} of {} not in 39 h", hours.len());
        assert!(median <= most, "{name}, {from} to {to}: {hours:?}");
    }
}

#[test]
fn the_level_follows_from_the_family() {
    let counts = counts(3, LEARNT, POISSON, None);
    let baseline = baseline(&counts, LEARNT, &rule());
    // One region more than was seen, for a new one.
    let tests = (LABELS * (REGIONS + 1) * WINDOWS.len() * 720) as f64;
    assert_eq!(baseline.test_level(), 1.0 / tests);
}
