//! What a row teaches, as numbers.

use super::row::{Row, shown};
use crate::{classify::Head, taxonomy::Taxonomy};

/// What a row teaches one head.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// Index of the one right label.
    Label(usize),
    /// Indices of all right labels.
    Labels(Vec<usize>),
    /// A number in [-1, 1].
    Value(f32),
}

/// What a row teaches, head by head, as indices into the taxonomy.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Targets {
    values: [Option<Target>; 8],
}

impl Targets {
    /// Looks a row's labels up. Labels of heads that the taxonomy does not have are passed over.
    ///
    /// # Errors
    /// The field and the label that the taxonomy does not know, as a sentence.
    pub fn of(row: &Row, taxonomy: &Taxonomy) -> Result<Self, String> {
        let mut targets = Targets::default();
        for head in Head::ALL.into_iter().filter(|head| head.width(taxonomy) > 0) {
            targets.values[head as usize] = target(row, taxonomy, head)?;
        }
        Ok(targets)
    }

    /// Sets what the row teaches one head.
    pub fn set(&mut self, head: Head, target: Target) {
        self.values[head as usize] = Some(target);
    }

    pub fn get(&self, head: Head) -> Option<&Target> {
        self.values[head as usize].as_ref()
    }

    /// The label of a one-of head.
    pub fn label(&self, head: Head) -> Option<usize> {
        match self.get(head) {
            Some(Target::Label(index)) => Some(*index),
            _ => None,
        }
    }

    /// Whether the row teaches nothing at all.
    pub fn is_empty(&self) -> bool {
        self.values.iter().all(Option::is_none)
    }
}

pub(super) fn target(row: &Row, taxonomy: &Taxonomy, head: Head) -> Result<Option<Target>, String> {
    let one = |written: &Option<String>| match written {
        None => Ok(None),
        Some(label) => index(taxonomy, head, label).map(|i| Some(Target::Label(i))),
    };
    let any = |written: &Option<Vec<String>>| match written {
        None => Ok(None),
        Some(labels) => {
            let mut found = Vec::with_capacity(labels.len());
            for label in labels {
                let i = index(taxonomy, head, label)?;
                if !found.contains(&i) {
                    found.push(i);
                }
            }
            found.sort_unstable();
            Ok(Some(Target::Labels(found)))
        }
    };
    match head {
        Head::Category => one(&row.category),
        Head::Secondary => any(&row.secondary),
        Head::Department => one(&row.department),
        Head::Priority => one(&row.priority),
        Head::Emotion => one(&row.emotion),
        Head::Flags => any(&row.flags),
        Head::Intensity => match row.intensity {
            None => Ok(None),
            Some(level) if usize::from(level) < taxonomy.intensity_levels => Ok(Some(Target::Label(level.into()))),
            Some(level) => Err(format!(
                "intensity is {level}; the taxonomy {} has the levels 0 to {}",
                taxonomy.id,
                taxonomy.intensity_levels - 1
            )),
        },
        Head::Sentiment => sentiment(row, taxonomy),
    }
}

fn sentiment(row: &Row, taxonomy: &Taxonomy) -> Result<Option<Target>, String> {
    if let Some(value) = row.sentiment {
        return match (-1.0..=1.0).contains(&value) {
            true => Ok(Some(Target::Value(value))),
            false => Err("sentiment must lie between -1 and 1".into()),
        };
    }
    match (&row.emotion, row.intensity) {
        (Some(emotion), Some(intensity)) if !taxonomy.emotions.is_empty() => {
            let emotion = index(taxonomy, Head::Emotion, emotion)?;
            Ok(Some(Target::Value(taxonomy.sentiment_of(emotion, f32::from(intensity)))))
        }
        _ => Ok(None),
    }
}

fn index(taxonomy: &Taxonomy, head: Head, label: &str) -> Result<usize, String> {
    labels(taxonomy, head)
        .position(|id| id == label)
        .ok_or_else(|| format!("{} {} is not a label of the taxonomy {}", head.name(), shown(label), taxonomy.id))
}

/// The ids of a head's labels in the order of its logits; none for intensity and sentiment, which are numbers.
pub fn labels(taxonomy: &Taxonomy, head: Head) -> Box<dyn Iterator<Item = &str> + '_> {
    match head {
        Head::Category | Head::Secondary => Box::new(taxonomy.categories.iter().map(|c| c.label.id.as_str())),
        Head::Department => Box::new(taxonomy.departments.iter().map(|d| d.id.as_str())),
        Head::Priority => Box::new(taxonomy.priorities.iter().map(|p| p.label.id.as_str())),
        Head::Emotion => Box::new(taxonomy.emotions.iter().map(|e| e.label.id.as_str())),
        Head::Flags => Box::new(taxonomy.flags.iter().map(|f| f.id.as_str())),
        Head::Intensity | Head::Sentiment => Box::new(std::iter::empty()),
    }
}

/// The same with the levels of intensity, which are written as numbers.
pub fn label_ids(taxonomy: &Taxonomy, head: Head) -> Vec<String> {
    match head {
        Head::Intensity => (0..taxonomy.intensity_levels).map(|level| level.to_string()).collect(),
        _ => labels(taxonomy, head).map(str::to_owned).collect(),
    }
}
