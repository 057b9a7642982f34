//! Training rows from tickets.

use super::{
    corrections::Corrections,
    portions::{Portions, Story},
    row::{Written, has, is_labelled, row},
};
use crate::{
    Error, Result,
    data::{Row, text_id},
    desk::{
        clock::Calendar,
        store::{
            Store,
            entity::{complaint, ticket},
            micros,
        },
        ticket::{End, Head},
    },
    taxonomy::Taxonomy,
    text::Text,
};
use jiff::{Timestamp, tz::TimeZone};
use sea_orm::{ColumnTrait, Condition, EntityTrait, FromQueryResult, QueryFilter, QuerySelect};
use serde::Serialize;
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    io::Write,
};

/// Which rows.
#[derive(Debug, Clone)]
pub struct Options {
    /// From when on people said something; from the beginning where there is none.
    pub since: Option<Timestamp>,
    /// Before when. What was said later does not count, so a period that is over gives the same rows for ever.
    pub until: Option<Timestamp>,
    /// Leave out the labels that no person confirmed: a model that learns what it said itself gets no better.
    pub only_confirmed: bool,
    /// Also complaints that were closed without anybody correcting anything. That confirms their labels, but only weakly.
    pub include_unchanged: bool,
    /// Where the dates of rows are dates.
    pub zone: TimeZone,
}

impl Default for Options {
    /// All that people ever corrected, with dates of China.
    fn default() -> Self {
        let zone = Calendar::office().zone().clone();
        Options { since: None, until: None, only_confirmed: false, include_unchanged: false, zone }
    }
}

/// What an export came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Rows written.
    pub rows: u64,
    /// In how many of them people corrected the label of a head.
    pub corrected: BTreeMap<Head, u64>,
    /// Complaints that people corrected, and that give no row.
    pub skipped: Skipped,
}

/// Why complaints that people corrected give no row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// A younger complaint has the same text.
    pub repeated: u64,
    /// Where it was is known to be wrong, and not yet where it belongs.
    pub undecided: u64,
    /// The taxonomy does not have the label that people gave.
    pub foreign: u64,
    /// Nothing can be read in it.
    pub wordless: u64,
}

impl Skipped {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.repeated + self.undecided + self.foreign + self.wordless
    }
}

/// Writes a row of JSONL for every complaint whose labels people corrected in a period, the youngest first: the masked text,
/// the labels that hold after all corrections, and in `source` which of them are people's. The file passes `fenzhen data
/// check`.
///
/// Of the customer nothing is in it: rows of one customer share a `group`, which is the id of the first of these rows. Texts
/// are masked once more, by what this version knows of personal data.
///
/// # Errors
/// Those of the database and the histories in it; [`Error::File`] where the writer fails.
pub async fn export(
    store: &Store,
    taxonomy: &Taxonomy,
    options: &Options,
    writer: &mut (dyn Write + Send),
) -> Result<Report> {
    let mut exporter =
        Exporter { taxonomy, options, report: Report::default(), texts: HashSet::new(), groups: HashMap::new() };
    // Nothing was said about a ticket before it was there, nor after it last changed.
    let condition = Condition::all()
        .add_option(options.since.map(|since| ticket::Column::ChangedAt.gte(micros(since))))
        .add_option(options.until.map(|until| ticket::Column::OpenedAt.lt(micros(until))));
    let mut portions = Portions::new(store, condition);
    loop {
        let stories = portions.next().await?;
        if stories.is_empty() {
            break;
        }
        let mut chosen = Vec::new();
        for story in stories {
            chosen.extend(exporter.choose(story)?);
        }
        let mut messages = messages(store, &chosen).await?;
        for (complaint, said) in chosen {
            let missing = || Error::Store { reason: "a ticket has no complaint".into() };
            let message = messages.remove(&complaint).ok_or_else(missing)?;
            if let Some(row) = exporter.row(message, &said) {
                write(writer, &row).map_err(|fault| Error::file("the exported rows", fault))?;
            }
        }
    }
    writer.flush().map_err(|fault| Error::file("the exported rows", fault))?;
    Ok(exporter.report)
}

/// What is read of a complaint: nothing that is sealed.
#[derive(FromQueryResult)]
struct Message {
    id: String,
    masked_text: String,
    channel: Option<String>,
    customer_id: Option<String>,
    received_at: i64,
}

struct Exporter<'a> {
    taxonomy: &'a Taxonomy,
    options: &'a Options,
    report: Report,
    /// The ids of the texts that were written.
    texts: HashSet<String>,
    /// The group of each customer.
    groups: HashMap<String, String>,
}

impl Exporter<'_> {
    /// The complaint of a ticket that is to give a row, with what people said of it.
    fn choose(&self, story: Story) -> Result<Option<(String, Corrections)>> {
        let Story { row, mut history } = story;
        if let Some(until) = self.options.until {
            history.retain(|event| event.at < until);
        }
        let said = Corrections::of(&history)?;
        let within = |at: Timestamp| self.options.since.is_none_or(|since| at >= since);
        let corrected = said.corrected.values().any(|at| within(*at));
        let unchanged = || {
            let closed = matches!(said.ticket.end, Some((End::Closed(_), at)) if within(at));
            closed && said.corrected.is_empty() && said.ticket.classified
        };
        Ok((corrected || (self.options.include_unchanged && unchanged())).then_some((row.complaint_id, said)))
    }

    fn row(&mut self, message: Message, said: &Corrections) -> Option<Row> {
        let skipped = &mut self.report.skipped;
        let Ok(text) = Text::new(&message.masked_text) else {
            skipped.wordless += 1;
            return None;
        };
        let (channel, received_at) = (message.channel, message.received_at);
        let id = text_id(&text.masked());
        let written = Written { id: id.clone(), text: text.masked(), channel, received_at };
        let mut row = row(written, said, self.taxonomy, self.options);
        let corrected: Vec<Head> = said.corrected.keys().copied().filter(|head| has(&row, *head)).collect();
        if corrected.is_empty() && !said.corrected.is_empty() {
            // A correction without a label is that of a department that is looked for, or one of another taxonomy.
            match said.corrected.keys().all(|head| !said.labels.contains_key(head)) {
                true => skipped.undecided += 1,
                false => skipped.foreign += 1,
            }
            return None;
        }
        if !is_labelled(&row) {
            skipped.foreign += 1;
            return None;
        }
        if !self.texts.insert(id.clone()) {
            skipped.repeated += 1;
            return None;
        }
        row.group = message.customer_id.map(|customer| self.groups.entry(customer).or_insert(id).clone());
        self.report.rows += 1;
        for head in corrected {
            *self.report.corrected.entry(head).or_default() += 1;
        }
        Some(row)
    }
}

async fn messages(store: &Store, chosen: &[(String, Corrections)]) -> Result<HashMap<String, Message>> {
    if chosen.is_empty() {
        return Ok(HashMap::new());
    }
    use complaint::Column;
    let rows: Vec<Message> = complaint::Entity::find()
        .select_only()
        .columns([Column::Id, Column::MaskedText, Column::Channel, Column::CustomerId, Column::ReceivedAt])
        .filter(Column::Id.is_in(chosen.iter().map(|(id, _)| id.as_str())))
        .into_model()
        .all(store.read())
        .await?;
    Ok(rows.into_iter().map(|message| (message.id.clone(), message)).collect())
}

fn write(writer: &mut (dyn Write + Send), row: &Row) -> std::io::Result<()> {
    serde_json::to_writer(&mut *writer, row)?;
    writer.write_all(b"\n")
}
