//! From the CSV to checked examples.

use super::{Example, ExpectedRule};
use crate::{
    Error, Result,
    decision::Band,
    desk::assign::route::{Destination, Facts, Field, RoutingTable},
};
use jiff::{Timestamp, civil::DateTime};
use std::{collections::HashSet, path::Path};

const COLUMNS: [&str; 17] = [
    "id",
    "category",
    "department",
    "band",
    "priority",
    "flags",
    "signals",
    "channel",
    "region",
    "tier",
    "product",
    "amount",
    "time",
    "text",
    "expected",
    "rule",
    "note",
];

pub(super) fn examples(text: &str, path: &Path, table: &RoutingTable) -> Result<Vec<Example>> {
    let fault = |line: usize, reason: String| Error::Row { path: path.to_owned(), line, reason };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| fault(1, error.to_string()))?.clone();
    check_header(&header).map_err(|reason| fault(1, reason))?;
    let mut seen = HashSet::new();
    let mut examples = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| fault(line(text, error.position()), "this is no CSV in UTF-8".into()))?;
        let line = line(text, record.position());
        let row = Row { header: &header, record: &record, table };
        let example = row.example(line).map_err(|reason| fault(line, reason))?;
        if !seen.insert(example.id.clone()) {
            return Err(fault(line, format!("example `{}` stands here for the second time", example.id)));
        }
        examples.push(example);
    }
    Ok(examples)
}

/// The line, from 1, on which a record begins. The reader's own count lags behind after `\r\n` and blank lines.
fn line(text: &str, position: Option<&csv::Position>) -> usize {
    let start = position.map_or(0, |position| usize::try_from(position.byte()).unwrap_or(usize::MAX));
    let bytes = text.as_bytes();
    let blank = bytes.iter().skip(start).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    1 + bytes.iter().take(start.saturating_add(blank)).filter(|&&byte| byte == b'\n').count()
}

fn check_header(header: &csv::StringRecord) -> Result<(), String> {
    let mut seen = HashSet::new();
    for column in header {
        if !COLUMNS.contains(&column) {
            return Err(format!("unknown column `{column}`; there are {}", COLUMNS.join(", ")));
        }
        if !seen.insert(column) {
            return Err(format!("column `{column}` stands there twice"));
        }
    }
    match ["id", "expected"].into_iter().find(|needed| !seen.contains(needed)) {
        Some(missing) => Err(format!("the column `{missing}` is missing")),
        None => Ok(()),
    }
}

struct Row<'a> {
    header: &'a csv::StringRecord,
    record: &'a csv::StringRecord,
    table: &'a RoutingTable,
}

impl Row<'_> {
    fn example(&self, line: usize) -> Result<Example, String> {
        if self.record.len() != self.header.len() {
            return Err(format!("{} cells under {} columns", self.record.len(), self.header.len()));
        }
        let department = self.label(Field::Department)?;
        let band = match self.label(Field::Band)?.as_deref() {
            Some("auto") => Band::Auto,
            Some("suggest") => Band::Suggest,
            Some(_) => Band::Review,
            None if department.is_some() => Band::Auto,
            None => Band::Review,
        };
        let facts = Facts {
            foreign: false,
            category: self.label(Field::Category)?,
            department,
            band,
            candidates: Vec::new(),
            priority: self.label(Field::Priority)?,
            flags: self.labels(Field::Flags)?,
            signals: self.labels(Field::Signals)?,
            channel: self.label(Field::Channel)?,
            region: self.text("region"),
            tier: self.text("tier"),
            product: self.text("product"),
            amount: self.amount()?,
            received_at: self.time()?,
            masked_text: self.text("text").unwrap_or_default(),
        };
        let id = self.text("id").ok_or("the id is empty")?;
        Ok(Example { id, line, facts, expected: self.expected()?, rule: self.rule()? })
    }

    /// A cell; an empty one is none.
    fn text(&self, column: &str) -> Option<String> {
        let place = self.header.iter().position(|known| known == column)?;
        self.record.get(place).filter(|cell| !cell.is_empty()).map(str::to_owned)
    }

    fn label(&self, field: Field) -> Result<Option<String>, String> {
        self.text(field.key()).map(|id| self.known(field, &id)).transpose()
    }

    fn labels(&self, field: Field) -> Result<Vec<String>, String> {
        let cell = self.text(field.key()).unwrap_or_default();
        let ids = cell.split([';', '；']).map(str::trim).filter(|id| !id.is_empty());
        ids.map(|id| self.known(field, id)).collect()
    }

    fn known(&self, field: Field, id: &str) -> Result<String, String> {
        let known = self.table.vocabulary().ids(field);
        if known.contains(&id) {
            return Ok(id.to_owned());
        }
        let there =
            if known.is_empty() { "there are none here".into() } else { format!("there are {}", known.join(", ")) };
        Err(format!("unknown {} `{id}`; {there}", field.key()))
    }

    fn amount(&self) -> Result<Option<f64>, String> {
        let Some(cell) = self.text("amount") else { return Ok(None) };
        let amount = cell.parse().ok().filter(|amount: &f64| amount.is_finite() && *amount >= 0.0);
        amount.map(Some).ok_or_else(|| "the amount is no number from 0 on".into())
    }

    fn time(&self) -> Result<Option<Timestamp>, String> {
        let Some(cell) = self.text("time") else { return Ok(None) };
        let local = || cell.parse::<DateTime>().ok()?.to_zoned_datetime(self.table.zone().clone()).ok();
        let time = cell.parse().ok().or_else(|| local().map(|time| time.timestamp()));
        time.map(Some).ok_or_else(|| "the time is none; the form is 2026-03-02 09:30".into())
    }

    fn expected(&self) -> Result<Destination, String> {
        let cell = self.text("expected").ok_or("`expected` is empty")?;
        if cell == "triage" {
            return Ok(Destination::Triage);
        }
        let mut parts = cell.split('+').map(str::trim);
        let place = parts.next().unwrap_or_default();
        let (department, group) = place.split_once('/').map_or((place, None), |(place, group)| (place, Some(group)));
        let department = self.known(Field::Department, department)?;
        let in_department = |id: &str| self.table.groups.iter().any(|g| g.id == id && g.department == department);
        if let Some(group) = group.filter(|group| !in_department(group)) {
            return Err(format!("department `{department}` has no group `{group}`"));
        }
        let mut skills: Vec<String> = parts.map(str::to_owned).collect();
        if let Some(skill) = skills.iter().find(|skill| !self.table.skills.contains_key(*skill)) {
            return Err(format!("unknown skill `{skill}`"));
        }
        skills.sort();
        Ok(Destination::Department { group: group.map(str::to_owned), department, skills })
    }

    fn rule(&self) -> Result<ExpectedRule, String> {
        match self.text("rule") {
            None => Ok(ExpectedRule::Any),
            Some(none) if none == "-" => Ok(ExpectedRule::None),
            Some(id) if self.table.rules.iter().any(|rule| rule.id == id) => Ok(ExpectedRule::Rule(id)),
            Some(id) => Err(format!("there is no rule `{id}`")),
        }
    }
}
