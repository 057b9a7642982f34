//! Parts of a data set that share nothing: no text, no near duplicate, no group.

use super::{
    Row,
    near::{Sets, clusters, likeness, normal},
};
use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::offset,
};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};

/// How rows are divided.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Name of a part and its share of the rows.
    pub parts: Vec<(String, f64)>,
    pub method: Method,
    /// The field whose rows stay together.
    pub group: String,
    pub seed: u64,
}

/// What decides about a row's part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Method {
    /// The hash of its text or group alone: rows that are added later move no other, unless they tie two sets of near
    /// duplicates together. The shares are met on average.
    Hash,
    /// Every part gets its share of every label of this field; the hash decides the order.
    Stratified(String),
    /// The earliest rows go to the first part, the latest to the last, by this field.
    Time(String),
}

/// The part of every row, as an index into the plan's parts. Rows of a group, equal texts and near duplicates get the same.
///
/// # Errors
/// A sentence that says what is wrong with the plan, or which row (counted from 1) has no time.
pub fn split(rows: &[Row], plan: &Plan) -> Result<Vec<usize>, String> {
    let total: f64 = plan.parts.iter().map(|part| part.1).sum();
    if plan.parts.is_empty() || plan.parts.iter().any(|part| !part.1.is_finite() || part.1 <= 0.0) || total <= 0.0 {
        return Err("every part needs a share above 0, such as train=0.8,dev=0.2".into());
    }
    let shares: Vec<f64> = plan.parts.iter().map(|part| part.1 / total).collect();
    let units = units(rows, plan)?;
    let of_units = match &plan.method {
        Method::Hash => units.iter().map(|unit| by_hash(unit.hash, &shares)).collect(),
        Method::Stratified(field) => stratified(rows, &units, field, &shares)?,
        Method::Time(field) => by_time(rows, &units, field, &shares)?,
    };
    let mut parts = vec![0; rows.len()];
    for (unit, part) in units.iter().zip(of_units) {
        for &row in &unit.rows {
            parts[row] = part;
        }
    }
    Ok(parts)
}

/// Rows that must not be parted.
struct Unit {
    rows: Vec<usize>,
    hash: u64,
}

fn units(rows: &[Row], plan: &Plan) -> Result<Vec<Unit>, String> {
    let texts: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
    let mut sets = Sets::new(rows.len());
    for (row, root) in clusters(rows.len(), &likeness(&texts)).into_iter().enumerate() {
        sets.join(row, root);
    }
    let groups: Vec<Option<String>> = rows.iter().map(|row| row.field(&plan.group)).collect::<Result<_, _>>()?;
    let mut first_of: HashMap<&str, usize> = HashMap::new();
    for (row, group) in groups.iter().enumerate() {
        if let Some(group) = group {
            let first = *first_of.entry(group).or_insert(row);
            sets.join(first, row);
        }
    }
    let mut units: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for row in 0..rows.len() {
        units.entry(sets.root(row)).or_default().push(row);
    }
    let hashed = |first: usize| match &groups[first] {
        Some(group) => hash(plan.seed, "group", group),
        None => match normal(texts[first]) {
            normal if normal.is_empty() => hash(plan.seed, "text", texts[first]),
            normal => hash(plan.seed, "text", &normal),
        },
    };
    Ok(units.into_iter().map(|(first, rows)| Unit { hash: hashed(first), rows }).collect())
}

fn hash(seed: u64, kind: &str, key: &str) -> u64 {
    let digest = Sha256::new().chain_update(seed.to_le_bytes()).chain_update(kind).chain_update(key).finalize();
    u64::from_be_bytes(std::array::from_fn(|i| digest[i]))
}

fn by_hash(hash: u64, shares: &[f64]) -> usize {
    let place = hash as f64 / u64::MAX as f64;
    let mut end = 0.0;
    for (part, share) in shares.iter().enumerate() {
        end += share;
        if place < end {
            return part;
        }
    }
    shares.len() - 1
}

/// The largest units first, each to the part that lacks most of what it holds.
fn stratified(rows: &[Row], units: &[Unit], field: &str, shares: &[f64]) -> Result<Vec<usize>, String> {
    let labels: Vec<Option<String>> = rows.iter().map(|row| row.field(field)).collect::<Result<_, _>>()?;
    let mut lacking: Vec<HashMap<&Option<String>, f64>> = vec![HashMap::new(); shares.len()];
    for label in &labels {
        for (part, share) in lacking.iter_mut().zip(shares) {
            *part.entry(label).or_insert(0.0) += share;
        }
    }
    let mut order: Vec<usize> = (0..units.len()).collect();
    order.sort_by_key(|&u| (std::cmp::Reverse(units[u].rows.len()), units[u].hash, u));
    let mut parts = vec![0; units.len()];
    for u in order {
        let held = || units[u].rows.iter().map(|&row| &labels[row]);
        let lack = |part: usize| held().map(|label| lacking[part][label]).sum::<f64>();
        // The first part wins a tie: `max_by` keeps the last of equals.
        let part = (0..shares.len()).rev().max_by(|&a, &b| lack(a).total_cmp(&lack(b))).unwrap_or(0);
        for label in held() {
            *lacking[part].entry(label).or_insert(0.0) -= 1.0;
        }
        parts[u] = part;
    }
    Ok(parts)
}

/// A unit is as late as its latest row, so that nothing of the last part was known before.
fn by_time(rows: &[Row], units: &[Unit], field: &str, shares: &[f64]) -> Result<Vec<usize>, String> {
    let times: Vec<Timestamp> = rows
        .iter()
        .enumerate()
        .map(|(i, row)| match row.field(field)? {
            None => Err(format!("row {} has no {field}", i + 1)),
            Some(written) => time(&written).ok_or_else(|| {
                format!("row {} has a {field} that is no time; write 2026-11-25 or 2026-11-25T08:30:00+08:00", i + 1)
            }),
        })
        .collect::<Result<_, _>>()?;
    let latest = |u: usize| units[u].rows.iter().map(|&row| times[row]).max();
    let mut order: Vec<usize> = (0..units.len()).collect();
    order.sort_by_key(|&u| (latest(u), u));
    let mut parts = vec![0; units.len()];
    let (mut part, mut placed, mut end) = (0, 0, shares[0] * rows.len() as f64);
    for u in order {
        while part + 1 < shares.len() && placed as f64 + 0.5 > end {
            part += 1;
            end += shares[part] * rows.len() as f64;
        }
        parts[u] = part;
        placed += units[u].rows.len();
    }
    Ok(parts)
}

/// RFC 3339, or a date with or without a time of day, which then is China's.
fn time(written: &str) -> Option<Timestamp> {
    if let Ok(time) = written.parse() {
        return Some(time);
    }
    let plain = written.trim().replace(['/', '.'], "-").replace('T', " ");
    let date_time = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|format| DateTime::strptime(format, &plain).ok())
        .or_else(|| Date::strptime("%Y-%m-%d", &plain).ok().map(DateTime::from))?;
    offset(8).to_timestamp(date_time).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plan(method: Method) -> Plan {
        let parts = [("train", 0.8), ("dev", 0.1), ("test", 0.1)];
        Plan {
            parts: parts.map(|(name, share)| (name.to_owned(), share)).to_vec(),
            method,
            group: "group".into(),
            seed: 7,
        }
    }

    fn rows(texts: &[String]) -> Vec<Row> {
        texts.iter().map(|text| Row { text: text.clone(), ..Default::default() }).collect()
    }

    fn numbered(count: usize) -> Vec<Row> {
        rows(&(0..count).map(|i| format!("{}号{}", i * 7919, i * 104_729)).collect::<Vec<_>>())
    }

    #[test]
    fn shares_are_met_on_average() {
        let parts = split(&numbered(5000), &plan(Method::Hash)).unwrap();
        let dev = parts.iter().filter(|&&part| part == 1).count();
        assert!((420..580).contains(&dev), "{dev}");
    }

    #[test]
    fn every_label_gets_its_share() {
        let mut rows = numbered(1000);
        for (i, row) in rows.iter_mut().enumerate() {
            row.category = Some(if i % 10 == 0 { "rare" } else { "common" }.into());
        }
        let parts = split(&rows, &plan(Method::Stratified("category".into()))).unwrap();
        let count = |label: &str, part: usize| {
            rows.iter().zip(&parts).filter(|(row, p)| row.category.as_deref() == Some(label) && **p == part).count()
        };
        assert_eq!([count("rare", 0), count("rare", 1), count("rare", 2)], [80, 10, 10]);
        assert_eq!([count("common", 0), count("common", 1), count("common", 2)], [720, 90, 90]);
    }

    #[test]
    fn the_latest_rows_come_last() {
        let mut rows = numbered(100);
        for (i, row) in rows.iter_mut().enumerate() {
            row.time = Some(format!("2026-0{}-{:02} 08:30", 1 + i % 3, 1 + i % 28));
        }
        let parts = split(&rows, &plan(Method::Time("time".into()))).unwrap();
        let times = |part: usize| {
            rows.iter().zip(&parts).filter(move |(_, p)| **p == part).map(|(row, _)| row.time.clone().unwrap())
        };
        assert!(times(0).max() <= times(1).min() && times(1).max() <= times(2).min());
        assert_eq!([0, 1, 2].map(|part| times(part).count()), [80, 10, 10]);
        rows[3].time = None;
        assert!(split(&rows, &plan(Method::Time("time".into()))).unwrap_err().contains("row 4 has no time"));
    }

    #[test]
    fn times_are_read_as_people_write_them() {
        let noon = "2026-11-25T12:00:00+08:00".parse().ok();
        for written in ["2026-11-25 12:00:00", "2026/11/25 12:00", "2026-11-25T04:00:00Z", "2026-11-25T12:00:00"] {
            assert_eq!(time(written), noon, "{written}");
        }
        assert!(time("2026/1/5").is_some());
        assert_eq!(time("昨天"), None);
    }

    #[test]
    fn a_plan_without_shares_is_refused() {
        let none = Plan { parts: Vec::new(), ..plan(Method::Hash) };
        assert!(split(&numbered(3), &none).is_err());
        let negative = Plan { parts: vec![("a".into(), -1.0), ("b".into(), 2.0)], ..plan(Method::Hash) };
        assert!(split(&numbered(3), &negative).is_err());
        assert!(split(&numbered(3), &plan(Method::Stratified("mood".into()))).unwrap_err().contains("mood"));
    }

    fn method() -> impl Strategy<Value = Method> {
        prop_oneof![Just(Method::Hash), Just(Method::Stratified("category".into())), Just(Method::Time("time".into())),]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn like_texts_and_groups_are_never_parted(
            method in method(),
            texts in proptest::collection::vec("[快慢退换货]{6,30}", 1..40),
            groups in proptest::collection::vec(0u8..6, 40),
        ) {
            let mut rows = rows(&texts);
            for (i, text) in texts.iter().enumerate() {
                rows.push(Row { text: format!("{text}！"), ..Default::default() });
                rows[i].group = (groups[i] > 2).then(|| groups[i].to_string());
            }
            for (i, row) in rows.iter_mut().enumerate() {
                row.time = Some(format!("2026-01-{:02}", 1 + i % 28));
                row.category = Some((i % 3).to_string());
            }
            let parts = split(&rows, &plan(method.clone())).unwrap();
            prop_assert_eq!(parts.len(), rows.len());
            prop_assert!(parts.iter().all(|&part| part < 3));
            for i in 0..texts.len() {
                prop_assert_eq!(parts[i], parts[i + texts.len()]);
                for j in 0..i {
                    if rows[i].group.is_some() && rows[i].group == rows[j].group {
                        prop_assert_eq!(parts[i], parts[j]);
                    }
                }
            }
            prop_assert_eq!(split(&rows, &plan(method)).unwrap(), parts);
        }

        #[test]
        fn rows_that_are_added_move_no_other(more in proptest::collection::vec("[a-z]{30,40}", 1..50)) {
            let mut rows = numbered(200);
            let before = split(&rows, &plan(Method::Hash)).unwrap();
            rows.extend(more.into_iter().map(|text| Row { text, ..Default::default() }));
            let after = split(&rows, &plan(Method::Hash)).unwrap();
            prop_assert_eq!(&after[..200], &before[..]);
        }
    }
}
