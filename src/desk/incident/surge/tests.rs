use super::*;
use crate::desk::incident::{Preset, SurgeRule};
use jiff::tz::TimeZone;
use proptest::prelude::*;
use std::path::Path;

fn rule() -> SurgeRule {
    policy().surge.unwrap()
}

fn policy() -> IncidentPolicy {
    let taxonomy = crate::taxonomy::Taxonomy::retail();
    IncidentPolicy::parse(Preset::Plain.text(), Path::new("plain.toml"), &taxonomy, &[]).unwrap()
}

/// One complaint every two hours in the north, for eight weeks.
fn steady() -> Baseline {
    let row = |hour| HourCount { label: "late".into(), region: "north".into(), hour, count: 1 };
    let rows: Vec<HourCount> = (0..1344).step_by(2).map(row).collect();
    Baseline::learn(&rows, 0..1344, Timestamp::UNIX_EPOCH, &TimeZone::UTC, &rule()).unwrap()
}

#[test]
fn tails_are_those_of_the_textbooks() {
    for (count, mean, shape, wanted) in [
        // Poisson: 1 - exp(-1); 1 - exp(-2)(1 + 2 + 2).
        (1, 1.0, f64::INFINITY, 0.632_120_558_828_557_7),
        (3, 2.0, f64::INFINITY, 0.323_323_583_816_936_55),
        // Geometric, shape 1: (mean ÷ (mean + 1)) to the power of the count.
        (10, 1.0, 1.0, 0.000_976_562_5),
        (3, 4.0, 1.0, 0.512),
        (60, 1.0, 1.0, 8.673_617_379_884_035e-19),
        // Shape 2, mean 2: P(0) = 1/4, P(1) = 1/4, P(2) = 3/16.
        (3, 2.0, 2.0, 0.3125),
        (0, 5.0, 3.0, 1.0),
        (5, 0.0, 3.0, 1.0),
        (5, f64::NAN, 3.0, 1.0),
    ] {
        let found = tail(count, mean, shape);
        assert!((found - wanted).abs() <= wanted * 1e-13, "{count} {mean} {shape}: {found}");
    }
    assert_eq!(tail(100_000, 0.5, 1e9), 0.0, "less than the smallest number");
}

#[test]
fn a_surge_is_an_alarm_and_the_usual_is_none() {
    let baseline = steady();
    assert_eq!(baseline.test("late", "north", 1350, &[(1350, 2), (1348, 2)]), None);
    let alarm = baseline.test("late", "north", 1350, &[(1350, 7), (1349, 6)]).unwrap();
    assert_eq!((alarm.count, alarm.last_hour), (13, 1350));
    assert!(alarm.probability <= baseline.test_level() && alarm.expected < 3.0, "{alarm:?}");
    // A pair without history, in a house with one.
    assert!(baseline.test("late", "south", 1350, &[(1350, 5)]).is_some());
    assert_eq!(baseline.test("late", "south", 1350, &[(1350, 4)]), None, "below the least");
    assert_eq!(baseline.test("late", "north", 1350, &[]), None);
}

#[test]
fn too_little_history_is_silent() {
    let rule = rule();
    let since = |day: i64| Timestamp::from_second(day * 86_400).unwrap();
    assert!(Baseline::learn(&[], 0..1344, since(36), &TimeZone::UTC, &rule).is_none());
    assert!(Baseline::learn(&[], 0..1344, since(35), &TimeZone::UTC, &rule).is_some());
    assert!(Baseline::learn(&[], 0..1344, since(99), &TimeZone::UTC, &rule).is_none());
}

#[test]
fn a_baseline_stays_all_day() {
    let (zone, rule) = (TimeZone::get("Asia/Shanghai").unwrap(), rule());
    let hours = |text: &str| Baseline::hours(text.parse().unwrap(), &zone, &rule);
    assert_eq!(hours("2026-11-26T00:00+08:00"), hours("2026-11-26T23:59:59+08:00"));
    assert_eq!(hours("2026-11-26T12:00+08:00").end, hour_of("2026-11-26T00:00+08:00".parse().unwrap()));
    assert_eq!(hours("2026-11-26T12:00+08:00").count(), 56 * 24);
}

#[test]
fn incidents_are_opened_once_and_joined() {
    let number = |count| crate::desk::ticket::Number::new("2026-11-26".parse().unwrap(), count).unwrap();
    let at = |hour: i64| Timestamp::from_second(hour * 3600 + 60).unwrap();
    let member = |count, hour| Member { number: number(count), party: None, at: at(hour), duplicate: false };
    let name = Name { zh: "延迟送达".into(), en: "Late".into() };
    let pair = Pair { label: "late", name: &name, region: "华东" };
    let alarm = Alarm { last_hour: 100, length: 3, count: 9, expected: 1.25, probability: 1e-9 };
    let others = [member(1, 97), member(2, 98), member(3, 99)];
    let new = member(4, 100);
    let policy = policy();
    let signal = surge(&new, &pair, Some(&alarm), &others, None, 2, &policy).unwrap();
    assert_eq!(signal.members, [number(2), number(3), number(4)]);
    let key = signal.incident.unwrap();
    assert!(key.starts_with("surge/late/") && key.ends_with("/3"), "{key}");
    assert_eq!(signal.reason.zh, "「华东」的「延迟送达」在 3 小时内有 9 条投诉，按历史规律约为 1.2 条");
    let open = Incident::open(key.clone(), Rule::Surge, [at(98), at(100)], at(100));
    let later = surge(&member(9, 110), &pair, Some(&alarm), &[], Some(&open), 2, &policy).unwrap();
    assert_eq!((later.members, later.incident), (vec![number(9)], Some(key)));
    assert_eq!(surge(&member(9, 160), &pair, None, &[], Some(&open), 2, &policy), None, "closed by time");
    assert_eq!(surge(&new, &pair, None, &others, None, 2, &policy), None);
}

proptest! {
    #[test]
    fn tails_fall_with_the_count_and_rise_with_the_mean(count in 1u64..400, mean in 0.001f64..200.0, shape in 0.05f64..1e4) {
        let here = tail(count, mean, shape);
        prop_assert!((0.0..=1.0).contains(&here));
        prop_assert!(tail(count + 1, mean, shape) <= here);
        prop_assert!(tail(count, mean * 1.1, shape) >= here * (1.0 - 1e-12));
    }

    #[test]
    fn tails_add_up(mean in 0.01f64..30.0, shape in 0.1f64..100.0) {
        // The mean is the sum of the tails from 1 on.
        let sum: f64 = (1..20_000).map(|count| tail(count, mean, shape)).take_while(|p| *p > 1e-14).sum();
        prop_assert!((sum - mean).abs() < 1e-6 * mean, "{} {}", sum, mean);
    }

    #[test]
    fn more_complaints_never_take_an_alarm_back(recent in prop::collection::vec((1330i64..1375, 0u64..6), 0..30), more in 1330i64..1375) {
        let baseline = steady();
        if baseline.test("late", "north", 1350, &recent).is_some() {
            let mut grown = recent.clone();
            grown.push((more, 1));
            prop_assert!(baseline.test("late", "north", 1350, &grown).is_some());
            grown.reverse();
            prop_assert!(baseline.test("late", "north", 1350, &grown).is_some());
        }
    }
}
