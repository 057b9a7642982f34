//! The rules of a house: who may do what to a ticket, where it goes, when what is due.

use super::{
    assign::{
        presets,
        route::{RoutingTable, Vocabulary},
    },
    clock::{Calendar, DeadlinePolicy},
    incident::{IncidentPolicy, WAVE_TELLS},
    mail::{DEPARTMENT_HEAD, MailPlan, OWNER},
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
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

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
    /// The files that a folder of rules may have: `holidays.toml` are days on top of the calendar's, `notices.toml` the texts of
    /// what is told.
    pub const FILES: [&str; 10] = [
        "tickets.toml",
        "routing.toml",
        "deadlines.toml",
        "calendar.toml",
        "holidays.toml",
        "incidents.toml",
        "relate.toml",
        "webhooks.toml",
        "notices.toml",
        "mail.toml",
    ];

    /// The rules in a folder: any of [`House::FILES`]. For each that is missing, and without a folder, the built-in one that
    /// fits the taxonomy.
    ///
    /// # Errors
    /// [`Error::File`] where there is no such folder; those of the parts, with file and line.
    pub fn open(folder: Option<&Path>, taxonomy: &Taxonomy, policy: &Policy) -> Result<Self> {
        if let Some(folder) = folder {
            std::fs::read_dir(folder).map_err(|source| Error::file(folder, source))?;
        }
        let own = |name: &str| folder.map(|folder| folder.join(name));
        let house = House::of(|name| own(name).filter(|path| path.exists()), taxonomy, policy)?;
        if let Some(path) = own("mail.toml") {
            house.check_roles(&path)?;
        }
        Ok(house)
    }

    /// Holds one file against a taxonomy, as what it would be under one of the names of [`House::FILES`].
    ///
    /// # Errors
    /// Those of the file, with its line.
    pub fn check_file(name: &str, path: &Path, taxonomy: &Taxonomy, policy: &Policy) -> Result<()> {
        House::of(|wanted| (wanted == name).then(|| path.to_owned()), taxonomy, policy).map(|_| ())
    }

    /// Holds each file of a folder against a taxonomy, whatever is wrong with the others: their paths, and what was found.
    ///
    /// # Errors
    /// [`Error::File`] where there is no such folder, [`Error::InvalidRequest`] for a taxonomy without priorities.
    pub fn check(folder: &Path, taxonomy: &Taxonomy, policy: &Policy) -> Result<Vec<(PathBuf, Result<()>)>> {
        std::fs::read_dir(folder).map_err(|source| Error::file(folder, source))?;
        House::of(|_| None, taxonomy, policy)?;
        let mut checked: Vec<(PathBuf, Result<()>)> = Vec::new();
        for name in House::FILES {
            let path = folder.join(name);
            if !path.exists() {
                continue;
            }
            // What there can be mail of is said by the texts, and which roles there are by the rules that tell them.
            let sound = |wanted: &str| {
                let found = checked.iter().find(|(path, found)| path.ends_with(wanted) && found.is_ok());
                found.map(|(path, _)| path.clone())
            };
            let mail = name == "mail.toml";
            let own = |wanted: &str| match wanted {
                "notices.toml" | "deadlines.toml" | "incidents.toml" if mail => sound(wanted),
                wanted => (wanted == name).then(|| path.clone()),
            };
            let mut found = House::of(own, taxonomy, policy);
            if mail && checked.iter().all(|(_, found)| found.is_ok()) {
                found = found.and_then(|house| house.check_roles(&path).map(|()| house));
            }
            let found = found.map(|_| ());
            checked.push((path, found));
        }
        Ok(checked)
    }

    /// The rules in the files that `place` finds by their names.
    fn of(place: impl Fn(&str) -> Option<PathBuf>, taxonomy: &Taxonomy, policy: &Policy) -> Result<Self> {
        if taxonomy.priorities.is_empty() {
            let reason = "has no priorities: a desk needs to know what is urgent".into();
            return Err(Error::InvalidRequest { what: format!("the taxonomy {}", taxonomy.id), reason });
        }
        let own = |name: &str| -> Result<Option<(String, PathBuf)>> {
            let Some(path) = place(name) else { return Ok(None) };
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

    /// Refuses roles of the mail plan, which stands at `path`, that no rule names. A plan by itself says nothing about them: the
    /// rules are in other files.
    fn check_roles(&self, path: &Path) -> Result<()> {
        let named = roles(&self.deadlines, &self.incidents);
        self.mail.as_ref().map_or(Ok(()), |plan| plan.check_roles(&named, path))
    }

    /// The roles that the rules of deadlines and incidents name and nobody hears in by e-mail, as `mail.toml` stands. Webhooks
    /// hear of everything, whatever role it goes to.
    pub fn unheard_roles(&self) -> Vec<&str> {
        // Without a plan nobody is written to, and that is a choice.
        let Some(plan) = &self.mail else { return Vec::new() };
        roles(&self.deadlines, &self.incidents).into_iter().filter(|role| !plan.has_role(role)).collect()
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

/// The roles that rules name. Waves of complaints tell a supervisor, whatever the policy says; what goes to an owner who cannot
/// be reached goes to the head of the department.
fn roles<'r>(deadlines: &'r DeadlinePolicy, incidents: &'r IncidentPolicy) -> BTreeSet<&'r str> {
    let mut roles: BTreeSet<&str> = deadlines.roles().into_iter().chain(incidents.roles()).collect();
    roles.insert(WAVE_TELLS);
    if roles.contains(OWNER) {
        roles.insert(DEPARTMENT_HEAD);
    }
    roles
}

/// The first preset for the taxonomy whose labels all exist; where none is, a ticket goes where it is predicted to go.
fn default_routing(taxonomy: &Taxonomy, vocabulary: &Vocabulary) -> RoutingTable {
    let fitting = presets::Preset::all().into_iter().filter(|preset| preset.taxonomy == taxonomy.id);
    let parse = |document: &str| RoutingTable::parse(document, Path::new("routing.toml"), vocabulary).ok();
    let mut tables = fitting.filter_map(|preset| parse(preset.document));
    tables.next().or_else(|| parse("")).expect("an empty document names no label, so it fits every taxonomy")
}
