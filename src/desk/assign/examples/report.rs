//! What the examples say of a routing table.

use super::{Example, ExpectedRule};
use crate::{
    desk::assign::route::{Destination, PassedOver, Route, RoutingTable},
    taxonomy::Name,
};
use serde::Serialize;
use std::collections::BTreeSet;

/// An example that went elsewhere, or by another rule, than expected.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Mismatch {
    pub example: String,
    /// Where the example stands in its table.
    pub line: usize,
    pub expected: Destination,
    /// Where it went, by which rule and why.
    pub route: Route,
    /// The rules by which it could have gone as expected, and why none did.
    pub missed: Vec<PassedOver>,
    pub reason: Name,
}

/// A rule that no example is routed by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unreached {
    pub rule: String,
    pub line: usize,
}

/// The outcome of all examples.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// How many examples were routed.
    pub examples: usize,
    pub mismatches: Vec<Mismatch>,
    /// Rules without an example: nothing shows that they do what they are meant to.
    pub unreached: Vec<Unreached>,
    /// The routing table's own warnings.
    pub warnings: Vec<String>,
}

impl Report {
    /// Whether every example went where it should.
    pub fn is_passed(&self) -> bool {
        self.mismatches.is_empty()
    }
}

pub(super) fn report(table: &RoutingTable, examples: &[Example]) -> Report {
    let mut reached = BTreeSet::new();
    let mut mismatches = Vec::new();
    for example in examples {
        let route = table.route(&example.facts);
        reached.extend(route.rule.clone());
        let by_rule = match &example.rule {
            ExpectedRule::Any => true,
            ExpectedRule::None => route.rule.is_none(),
            ExpectedRule::Rule(id) => route.rule.as_ref() == Some(id),
        };
        if !by_rule || route.destination != example.expected {
            mismatches.push(mismatch(table, example, route));
        }
    }
    let unreached = table.rules.iter().filter(|rule| !reached.contains(&rule.id));
    Report {
        examples: examples.len(),
        mismatches,
        unreached: unreached.map(|rule| Unreached { rule: rule.id.clone(), line: rule.line }).collect(),
        warnings: table.warnings.clone(),
    }
}

fn mismatch(table: &RoutingTable, example: &Example, route: Route) -> Mismatch {
    let wanted = |passed: &&PassedOver| match &example.rule {
        ExpectedRule::Rule(id) => passed.rule == *id,
        ExpectedRule::Any => table.rule_destination(&passed.rule, &example.facts).as_ref() == Some(&example.expected),
        ExpectedRule::None => false,
    };
    let missed = route.passed_over.iter().filter(wanted).cloned().collect();
    let [expected, found] = [&example.expected, &route.destination].map(|place| table.destination_name(place));
    let Name { zh: why_zh, en: why_en } = &route.reason;
    let (by_zh, by_en) = match &route.rule {
        Some(rule) => (format!("规则「{rule}」：{why_zh}"), format!("rule \"{rule}\": {why_en}")),
        None => (why_zh.clone(), why_en.clone()),
    };
    let (wanted_zh, wanted_en) = match &example.rule {
        ExpectedRule::Any => (String::new(), String::new()),
        ExpectedRule::None => ("、不经任何规则".into(), " by no rule".into()),
        ExpectedRule::Rule(id) => (format!("、经规则「{id}」"), format!(" by rule \"{id}\"")),
    };
    let reason = Name {
        zh: format!("应派往「{}」{wanted_zh}，实际派往「{}」（{by_zh}）", expected.zh, found.zh),
        en: format!("expected \"{}\"{wanted_en}, got \"{}\" ({by_en})", expected.en, found.en),
    };
    Mismatch {
        example: example.id.clone(),
        line: example.line,
        expected: example.expected.clone(),
        route,
        missed,
        reason,
    }
}
