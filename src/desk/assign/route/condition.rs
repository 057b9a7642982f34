//! One condition of a rule: whether a ticket meets it, and which other conditions it takes in.

use super::{Facts, Field, Vocabulary, hours::WeekHours, sentence, text::TextPattern};
use crate::{policy::Pattern, taxonomy::Name};
use std::collections::BTreeSet;

/// What a field must be.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    pub field: Field,
    pub test: Test,
}

#[derive(Debug, Clone)]
pub(super) enum Test {
    /// One of these; `written` as the rule has them, `ids` with groups resolved to their leaves.
    Labels {
        written: Vec<String>,
        ids: BTreeSet<String>,
    },
    /// Some label of the vocabulary, whichever.
    Known,
    /// Fitted by one of the patterns; `shown` are their names.
    Texts {
        shown: Vec<Name>,
        patterns: Vec<TextPattern>,
    },
    /// From `min` yuan on, and below `below`.
    Amount {
        min: Option<f64>,
        below: Option<f64>,
    },
    Hours {
        shown: Name,
        hours: WeekHours,
    },
    /// One of the words, in lower case, stands in the masked text.
    Words {
        words: Vec<String>,
        pattern: Pattern,
    },
}

impl Condition {
    /// Whether the ticket meets the condition, and the sentence that says how, or why not.
    pub(super) fn judge(&self, facts: &Facts, vocabulary: &Vocabulary) -> Result<Name, Name> {
        let field = self.field;
        let name = |label: &str| vocabulary.name(field, label);
        match &self.test {
            Test::Labels { written, ids } => {
                let labels = facts.labels(field);
                match labels.iter().find(|label| ids.contains(**label)) {
                    Some(label) => Ok(sentence::is(field, &name(label))),
                    None => Err(sentence::is_not(field, &names(&labels, name), &names(written, name))),
                }
            }
            Test::Known => {
                let known = vocabulary.ids(field);
                let label = facts.labels(field).into_iter().find(|label| known.contains(label));
                label.map(|label| sentence::is(field, &name(label))).ok_or_else(|| sentence::is_absent(field))
            }
            Test::Texts { shown, patterns } => {
                let values = facts.labels(field);
                match values.iter().find(|value| patterns.iter().any(|pattern| pattern.fits(value))) {
                    Some(value) => Ok(sentence::is(field, &name(value.trim()))),
                    None => Err(sentence::is_not(field, &names(&values, name), shown)),
                }
            }
            Test::Amount { min, below } => match facts.amount {
                Some(amount) if min.is_none_or(|min| amount >= min) && below.is_none_or(|below| amount < below) => {
                    Ok(sentence::amount(amount))
                }
                amount => Err(sentence::amount_outside(amount, *min, *below)),
            },
            Test::Hours { shown, hours } => match facts.received_at {
                Some(time) if hours.contain(time) => Ok(sentence::time(&hours.local(time))),
                time => Err(sentence::time_outside(time.map(|time| hours.local(time)).as_ref(), shown)),
            },
            Test::Words { pattern, .. } => match pattern.find_all(&facts.masked_text).first() {
                Some(found) => Ok(sentence::word(&facts.masked_text[found.clone()])),
                None => Err(sentence::no_word()),
            },
        }
    }

    /// Whether every ticket that meets `other`, a condition on the same field, also meets this.
    pub(super) fn covers(&self, other: &Condition) -> bool {
        match (&self.test, &other.test) {
            (Test::Labels { ids: all, .. }, Test::Labels { ids, .. }) => ids.is_subset(all),
            (Test::Known, Test::Labels { .. } | Test::Known) => true,
            (Test::Texts { patterns: all, .. }, Test::Texts { patterns, .. }) => {
                patterns.iter().all(|one| all.iter().any(|pattern| pattern.covers(one)))
            }
            (Test::Amount { min: low, below: high }, Test::Amount { min, below }) => {
                low.is_none_or(|low| min.is_some_and(|min| min >= low))
                    && high.is_none_or(|high| below.is_some_and(|below| below <= high))
            }
            (Test::Hours { hours: all, .. }, Test::Hours { hours, .. }) => all.covers(hours),
            // Who writes 食物中毒 also writes 中毒.
            (Test::Words { words: all, .. }, Test::Words { words, .. }) => {
                words.iter().all(|one| all.iter().any(|word| one.contains(word.as_str())))
            }
            _ => false,
        }
    }
}

fn names<L: AsRef<str>>(labels: &[L], name: impl Fn(&str) -> Name) -> Vec<Name> {
    labels.iter().map(|label| name(label.as_ref())).collect()
}
