//! From the file to a checked taxonomy.

use super::{Category, EmotionLabel, Label, Name, PriorityLevel, Taxonomy};
use crate::located::{self, Fault};
use serde::Deserialize;
use std::collections::{HashMap, HashSet};
use toml::Spanned;

/// The longest id that is accepted: ids become column names and metric labels.
const LONGEST_ID: usize = 64;

/// The most intensity levels that are accepted: a scale that people can tell apart.
const MOST_LEVELS: usize = 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    id: Spanned<String>,
    version: Spanned<String>,
    name: Spanned<Name>,
    #[serde(default)]
    secondary: Option<Spanned<bool>>,
    #[serde(default)]
    sentiment: bool,
    #[serde(default)]
    intensity_levels: Option<Spanned<usize>>,
    #[serde(default)]
    departments: Option<Spanned<Vec<Plain>>>,
    #[serde(default)]
    priorities: Option<Spanned<Vec<Plain>>>,
    #[serde(default)]
    emotions: Option<Spanned<Vec<Feeling>>>,
    #[serde(default)]
    flags: Option<Spanned<Vec<Plain>>>,
    #[serde(default)]
    categories: Option<Spanned<Vec<Node>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plain {
    id: Spanned<String>,
    name: Spanned<Name>,
    description: Option<Spanned<Name>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Feeling {
    id: Spanned<String>,
    name: Spanned<Name>,
    description: Option<Spanned<Name>>,
    valence: Spanned<f32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Node {
    id: Spanned<String>,
    name: Spanned<Name>,
    description: Option<Spanned<Name>>,
    parent: Option<Spanned<String>>,
    department: Option<Spanned<String>>,
}

/// Reads and checks.
pub(super) fn taxonomy(text: &str) -> Result<Taxonomy, Fault> {
    let file: File = located::read(text)?;
    check_id(&file.id)?;
    if file.version.get_ref().trim().is_empty() {
        return Err(Fault::at(&file.version, "the version is empty"));
    }
    check_name(&file.name)?;
    let departments = plain_list("departments", file.departments)?;
    let priorities = plain_list("priorities", file.priorities)?;
    let flags = plain_list("flags", file.flags)?;
    let emotions = emotions(file.emotions)?;
    let (groups, categories) = tree(file.categories, &departments)?;
    let secondary = match &file.secondary {
        Some(on) if *on.get_ref() && categories.is_empty() => {
            return Err(Fault::at(on, "secondary categories need `categories`"));
        }
        on => on.as_ref().is_some_and(|on| *on.get_ref()),
    };
    let intensity_levels = match &file.intensity_levels {
        Some(levels) if *levels.get_ref() == 1 || *levels.get_ref() > MOST_LEVELS => {
            return Err(Fault::at(levels, format!("intensity_levels must be 0 (none) or 2 to {MOST_LEVELS}")));
        }
        levels => levels.as_ref().map_or(0, |levels| *levels.get_ref()),
    };
    let lists = [departments.len(), priorities.len(), flags.len(), emotions.len(), categories.len(), intensity_levels];
    if lists.iter().all(|&length| length == 0) && !file.sentiment {
        return Err(Fault::whole(
            "nothing to predict: give at least one of categories, departments, priorities, emotions, flags, \
             intensity_levels, or sentiment = true",
        ));
    }
    Ok(Taxonomy {
        id: file.id.into_inner(),
        version: file.version.into_inner(),
        name: file.name.into_inner(),
        groups,
        categories,
        secondary,
        departments,
        priorities: priorities.into_iter().map(|label| PriorityLevel { label }).collect(),
        emotions,
        intensity_levels,
        flags,
        sentiment: file.sentiment,
    })
}

fn plain_list(key: &str, list: Option<Spanned<Vec<Plain>>>) -> Result<Vec<Label>, Fault> {
    let mut seen = HashSet::new();
    filled(key, list)?
        .into_iter()
        .map(|entry| {
            new_id(&mut seen, &entry.id)?;
            label(entry.id, entry.name, entry.description)
        })
        .collect()
}

fn emotions(list: Option<Spanned<Vec<Feeling>>>) -> Result<Vec<EmotionLabel>, Fault> {
    let mut seen = HashSet::new();
    filled("emotions", list)?
        .into_iter()
        .map(|entry| {
            new_id(&mut seen, &entry.id)?;
            let valence = *entry.valence.get_ref();
            if !(-1.0..=1.0).contains(&valence) {
                return Err(Fault::at(&entry.valence, "the valence must lie between -1 and 1"));
            }
            Ok(EmotionLabel { label: label(entry.id, entry.name, entry.description)?, valence })
        })
        .collect()
}

/// Groups are the entries that others name as their parent; all others are leaves.
fn tree(list: Option<Spanned<Vec<Node>>>, departments: &[Label]) -> Result<(Vec<Label>, Vec<Category>), Fault> {
    let nodes = filled("categories", list)?;
    let mut seen = HashSet::new();
    for node in &nodes {
        new_id(&mut seen, &node.id)?;
    }
    let parents: HashSet<String> = nodes.iter().filter_map(|n| Some(n.parent.as_ref()?.get_ref().clone())).collect();
    let mut groups = Vec::new();
    let mut leaves = Vec::new();
    let mut group_of: HashMap<String, (usize, Option<usize>)> = HashMap::new();
    for node in nodes {
        let department = node.department.as_ref().map(|id| department_of(id, departments)).transpose()?;
        if !parents.contains(node.id.get_ref()) {
            leaves.push((node, department));
        } else if let Some(parent) = &node.parent {
            return Err(Fault::at(
                parent,
                format!("`{}` has children and a parent; there are two levels at most", node.id.get_ref()),
            ));
        } else {
            group_of.insert(node.id.get_ref().clone(), (groups.len(), department));
            groups.push(label(node.id, node.name, node.description)?);
        }
    }
    let mut categories = Vec::with_capacity(leaves.len());
    for (node, own) in leaves {
        let group = match &node.parent {
            None => None,
            Some(parent) => Some(*group_of.get(parent.get_ref()).ok_or_else(|| {
                Fault::at(parent, format!("unknown parent `{}`; it must be the id of a category", parent.get_ref()))
            })?),
        };
        categories.push(Category {
            label: label(node.id, node.name, node.description)?,
            group: group.map(|(index, _)| index),
            department: own.or(group.and_then(|(_, department)| department)),
        });
    }
    Ok((groups, categories))
}

fn department_of(id: &Spanned<String>, departments: &[Label]) -> Result<usize, Fault> {
    departments.iter().position(|d| d.id == *id.get_ref()).ok_or_else(|| {
        Fault::at(id, format!("unknown department `{}`; it must be an id under `departments`", id.get_ref()))
    })
}

/// An absent list is empty; a list that is written must hold something.
fn filled<T>(key: &str, list: Option<Spanned<Vec<T>>>) -> Result<Vec<T>, Fault> {
    match list {
        Some(list) if list.get_ref().is_empty() => {
            Err(Fault::at(&list, format!("`{key}` is empty; leave it out to switch it off")))
        }
        list => Ok(list.map(Spanned::into_inner).unwrap_or_default()),
    }
}

fn new_id(seen: &mut HashSet<String>, id: &Spanned<String>) -> Result<(), Fault> {
    check_id(id)?;
    if seen.insert(id.get_ref().clone()) {
        Ok(())
    } else {
        Err(Fault::at(id, format!("`{}` stands here for the second time", id.get_ref())))
    }
}

fn check_id(id: &Spanned<String>) -> Result<(), Fault> {
    let text = id.get_ref();
    let fits = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-'));
    let framed = |b: u8| b.is_ascii_alphanumeric();
    let ends_fit = text.bytes().next().is_some_and(framed) && text.bytes().last().is_some_and(framed);
    if fits && ends_fit && text.len() <= LONGEST_ID {
        Ok(())
    } else {
        Err(Fault::at(
            id,
            format!(
                "bad id `{text}`: 1 to {LONGEST_ID} of a-z, 0-9, `.`, `_`, `-`, beginning and ending with a letter or digit"
            ),
        ))
    }
}

fn label(id: Spanned<String>, name: Spanned<Name>, description: Option<Spanned<Name>>) -> Result<Label, Fault> {
    check_name(&name)?;
    if let Some(description) = &description {
        check_name(description)?;
    }
    Ok(Label { id: id.into_inner(), name: name.into_inner(), description: description.map(Spanned::into_inner) })
}

fn check_name(name: &Spanned<Name>) -> Result<(), Fault> {
    let Name { zh, en } = name.get_ref();
    if zh.trim().is_empty() || en.trim().is_empty() {
        return Err(Fault::at(name, "a name or description is empty in one of the languages"));
    }
    Ok(())
}
