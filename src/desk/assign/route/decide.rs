//! Holding a ticket's facts against the rules, in order.

use super::{Action, Destination, Facts, Field, RoutingTable, Rule, facts::band_id, sentence};
use crate::{
    decision::{Band, Candidate},
    taxonomy::Name,
};
use serde::Serialize;

/// So many candidates go to the triage queue.
const CANDIDATES: usize = 3;

/// A rule that was not taken, and why.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PassedOver {
    pub rule: String,
    /// Where the rule stands in the document, from 1.
    pub line: usize,
    /// The first condition that failed; absent where all hold but an earlier rule was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<Field>,
    pub reason: Name,
}

/// Where a ticket goes, why, and why not elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Route {
    pub destination: Destination,
    /// The rule that was taken; absent where none fits and the prediction, or its uncertainty, decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    pub reason: Name,
    /// How the ticket met each condition of the rule.
    pub evidence: Vec<Name>,
    /// For the triage queue: the likeliest departments, three at most.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Candidate>,
    /// All rules that were not taken, in their order.
    pub passed_over: Vec<PassedOver>,
}

impl RoutingTable {
    /// Where a ticket goes: the first rule all of whose conditions hold. Without one, the predicted department where it is
    /// sure, else the triage queue.
    ///
    /// ```
    /// use fenzhen::{desk::assign::route::{Facts, RoutingTable, Vocabulary}, decision::Band, taxonomy::Taxonomy};
    /// let vocabulary = Vocabulary::of(&Taxonomy::retail());
    /// let table = RoutingTable::parse("", "routes.toml".as_ref(), &vocabulary)?;
    /// let facts = Facts { department: Some("logistics".into()), band: Band::Auto, ..Facts::default() };
    /// assert_eq!(table.route(&facts).destination.to_string(), "logistics");
    /// assert_eq!(table.route(&Facts { band: Band::Suggest, ..facts }).destination.to_string(), "triage");
    /// # Ok::<(), fenzhen::Error>(())
    /// ```
    pub fn route(&self, facts: &Facts) -> Route {
        let mut taken: Option<(&Rule, Vec<Name>)> = None;
        let mut passed_over = Vec::with_capacity(self.rules.len());
        for rule in &self.rules {
            let (failed, reason) = match (self.judge(rule, facts), &taken) {
                (Ok(evidence), None) => {
                    taken = Some((rule, evidence));
                    continue;
                }
                (Ok(_), Some((winner, _))) => (None, sentence::earlier(winner)),
                (Err((field, reason)), _) => (Some(field), reason),
            };
            passed_over.push(PassedOver { rule: rule.id.clone(), line: rule.line, failed, reason });
        }
        let (destination, reason) = match &taken {
            Some((rule, _)) => (destination(rule, facts), rule.reason.clone()),
            None => self.without_rule(facts),
        };
        let candidates = match destination {
            Destination::Triage => facts.candidates.iter().take(CANDIDATES).cloned().collect(),
            Destination::Department { .. } => Vec::new(),
        };
        let (rule, evidence) = taken.map(|(rule, evidence)| (rule.id.clone(), evidence)).unzip();
        Route { destination, rule, reason, evidence: evidence.unwrap_or_default(), candidates, passed_over }
    }

    /// How each condition is met, or the first that is not.
    fn judge(&self, rule: &Rule, facts: &Facts) -> Result<Vec<Name>, (Field, Name)> {
        let conditions = rule.conditions.iter();
        let judged = conditions.map(|one| one.judge(facts, &self.vocabulary).map_err(|reason| (one.field, reason)));
        judged.collect()
    }

    fn without_rule(&self, facts: &Facts) -> (Destination, Name) {
        if facts.foreign {
            return (Destination::Triage, sentence::foreign());
        }
        let known = |id: &&String| self.vocabulary.ids(Field::Department).contains(&id.as_str());
        let Some(department) = facts.department.as_ref().filter(known) else {
            return (Destination::Triage, sentence::unknown_department());
        };
        let name = self.vocabulary.name(Field::Department, department);
        if facts.band == Band::Auto {
            return (to(department, &[]), sentence::as_predicted(&name));
        }
        let band = self.vocabulary.name(Field::Band, band_id(facts.band));
        (Destination::Triage, sentence::unsure(&name, &band))
    }
}

/// Where a rule that fits sends the ticket.
pub(super) fn destination(rule: &Rule, facts: &Facts) -> Destination {
    match (&rule.action, &facts.department) {
        (Action::Fixed(destination), _) => destination.clone(),
        (Action::Predicted { skills }, Some(department)) => to(department, skills),
        // A rule that sends to the predicted department fits only where there is one; people are the answer to all else.
        (Action::Predicted { .. }, None) | (Action::Triage, _) => Destination::Triage,
    }
}

fn to(department: &str, skills: &[String]) -> Destination {
    Destination::Department { department: department.into(), group: None, skills: skills.to_vec() }
}
