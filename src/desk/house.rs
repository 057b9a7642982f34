//! The rules of a house: who may do what to a ticket, where it goes, when what is due.

use super::{
    assign::{
        presets,
        route::{RoutingTable, Vocabulary},
    },
    clock::{Calendar, DeadlinePolicy},
    incident::IncidentPolicy,
    mail::MailPlan,
    notify::{Guard, Templates},
    relate::RelatePolicy,
    ticket::{Rules, TicketPolicy},
};
use crate::{
    Error, Result,
    bundle::hex,
    policy::Policy,
    taxonomy::{Name, Taxonomy},
};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// All rules that a desk follows, checked against one taxonomy.
#[derive(Debug, Clone)]
pub struct House {
    /// The labels that there are.
    pub taxonomy: Taxonomy,
    /// What needs a supervisor, and how long things stay open.
    pub tickets: TicketPolicy,
    /// Which department, group and skill.
    pub routing: RoutingTable,
    /// How long each clock has.
    pub deadlines: DeadlinePolicy,
    /// When work is done.
    pub calendar: Calendar,
    /// When two complaints are the same matter.
    pub relate: RelatePolicy,
    /// What is raised above the single ticket.
    pub incidents: IncidentPolicy,
    /// Where webhooks may lead.
    pub guard: Guard,
    /// Who hears of what by e-mail; none: nobody.
    pub mail: Option<MailPlan>,
}

impl House {
    /// The rules in a folder: any of `tickets.toml`, `routing.toml`, `deadlines.toml`, `calendar.toml` and `holidays.toml`
    /// (days on top of the calendar's), `relate.toml`, `incidents.toml`, `webhooks.toml`,
    /// `mail.toml`, and `notices.toml` (its texts). For each that is missing, and without a folder, the built-in one that fits the
    /// taxonomy.
    ///
    /// # Errors
    /// [`Error::File`] where there is no such folder; those of the parts, with file and line.
    pub fn open(folder: Option<&Path>, taxonomy: &Taxonomy, policy: &Policy) -> Result<Self> {
        if taxonomy.priorities.is_empty() {
            let reason = "has no priorities: a desk needs to know what is urgent".into();
            return Err(Error::InvalidRequest { what: format!("the taxonomy {}", taxonomy.id), reason });
        }
        if let Some(folder) = folder {
            std::fs::read_dir(folder).map_err(|source| Error::file(folder, source))?;
        }
        let own = |name: &str| -> Result<Option<(String, PathBuf)>> {
            let Some(path) = folder.map(|folder| folder.join(name)).filter(|path| path.exists()) else {
                return Ok(None);
            };
            let text = std::fs::read_to_string(&path).map_err(|source| Error::file(&path, source))?;
            Ok(Some((text, path)))
        };
        let vocabulary = Vocabulary::under(taxonomy, policy);
        let routing = match own("routing.toml")? {
            Some((text, path)) => RoutingTable::parse(&text, &path, &vocabulary)?,
            None => default_routing(taxonomy, &vocabulary),
        };
        let tickets = match own("tickets.toml")? {
            Some((text, path)) => TicketPolicy::parse(&text, &path, taxonomy)?,
            None => TicketPolicy::default_for(taxonomy),
        };
        let deadlines = match own("deadlines.toml")? {
            Some((text, path)) => DeadlinePolicy::parse(&text, &path, taxonomy)?,
            None => DeadlinePolicy::default_for(taxonomy),
        };
        let mut calendar = match own("calendar.toml")? {
            Some((text, path)) => Calendar::parse(&text, &path)?,
            None => Calendar::office(),
        };
        if let Some((text, path)) = own("holidays.toml")? {
            calendar = calendar.overlay(&text, &path)?;
        }
        let relate = match own("relate.toml")? {
            Some((text, path)) => RelatePolicy::parse(&text, &path)?,
            None => RelatePolicy::built_in(),
        };
        let signals: Vec<(String, Name)> =
            policy.signals.iter().map(|signal| (signal.id.clone(), signal.name.clone())).collect();
        let incidents = match own("incidents.toml")? {
            Some((text, path)) => IncidentPolicy::parse(&text, &path, taxonomy, &signals)?,
            None => IncidentPolicy::default_for(taxonomy, &signals),
        };
        let guard = match own("webhooks.toml")? {
            Some((text, path)) => toml::from_str(&text).map_err(|fault| Error::InvalidRequest {
                what: path.display().to_string(),
                reason: fault.to_string(),
            })?,
            None => Guard::default(),
        };
        let templates = match own("notices.toml")? {
            Some((text, path)) => Templates::parse(&text, &path)?,
            None => Templates::built_in(),
        };
        let mail = match own("mail.toml")? {
            Some((text, path)) => Some(MailPlan::parse(&text, &path, templates, taxonomy)?),
            None => None,
        };
        let taxonomy = taxonomy.clone();
        Ok(House { taxonomy, tickets, routing, deadlines, calendar, relate, incidents, guard, mail })
    }

    /// What deadlines depend on beside the history of a ticket, as one value: the same rules give the same. A program that writes
    /// rules down in another way gives another one, and at worst looks once more at what has not changed.
    pub(in crate::desk) fn clock_rules(&self) -> String {
        let rules = format!("{:?}", (&self.deadlines, &self.calendar, &self.tickets));
        hex(&Sha256::digest(rules))
    }

    /// The rules of tickets.
    pub fn rules(&self) -> Rules<'_> {
        Rules { policy: &self.tickets, taxonomy: &self.taxonomy }
    }
}

/// The first preset for the taxonomy whose labels all exist; where none is, a ticket goes where it is predicted to go.
fn default_routing(taxonomy: &Taxonomy, vocabulary: &Vocabulary) -> RoutingTable {
    let fitting = presets::Preset::all().into_iter().filter(|preset| preset.taxonomy == taxonomy.id);
    let parse = |document: &str| RoutingTable::parse(document, Path::new("routing.toml"), vocabulary).ok();
    let mut tables = fitting.filter_map(|preset| parse(preset.document));
    tables.next().or_else(|| parse("")).expect("an empty document names no label, so it fits every taxonomy")
}
