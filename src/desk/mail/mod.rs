//! Who hears of what by e-mail: `mail.toml`.
//!
//! ```toml
//! language = "zh"
//! # Where people of the house open a ticket: {ticket} is its id. Without it their messages have no link.
//! link = "https://desk.example.com/tickets/{ticket}"
//!
//! [smtp]
//! host = "smtp.example.com"
//! from = "desk@example.com"
//!
//! # Who is behind the roles that deadlines.toml (`to`) and incidents.toml (`notify`) name. Each hears what goes to the role;
//! # with a department, only of its tickets. `owner` stands not here: it is whoever works on the ticket, at the address that
//! # the staff list has (PUT /v1/staff/{id}, `email`); without one, the department_head hears it.
//! [roles]
//! supervisor = ["boss@example.com"]
//! department_head = [
//!     { address = "logistics-lead@example.com", department = "logistics" },
//!     { address = "finance-lead@example.com", department = "finance" },
//! ]
//!
//! # Who hears of kinds of notices, whatever role they go to; without `kinds`: what is late, fierce, or to be approved.
//! [[to]]
//! address = "quality-desk@example.com"
//! audience = "supervisor"
//! kinds = ["ticket.reopened", "incident.opened"]
//!
//! # Without this part only the house is written to. With it, customers who left an address hear of every step that has a
//! # text for them, or of the `kinds` that are named; `ticket.survey`, which comes together with the result, only where named.
//! [customers]
//! link = "https://desk.example.com/progress/{token}"
//! ```
//!
//! The first deadline goes at once; then an address has peace for a quarter of an hour, two minutes where something is late
//! already, and what came meanwhile is one message ([`plan`](super::notify::plan)). Of one notice an address hears once, however many lines name it. A role that no rule of the house names is refused when the
//! house is opened; one that rules name and nobody holds is told at the start (`House::unheard_roles`).

mod roles;
#[cfg(test)]
mod tests;

use super::{
    clock::Calendar,
    notify::{Audience, Channel, Kind, MailSettings, Mailbox, Mailer, Notice, Outcome, Outgoing, Reader, Templates},
};
use crate::{
    Error, Result,
    taxonomy::{Language, Taxonomy},
};
use jiff::Timestamp;
use roles::{Holder, Roles};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::Path,
};
use zeroize::Zeroizing;

pub use roles::{DEPARTMENT_HEAD, OWNER};

/// What begins the target of a delivery to the house by e-mail.
pub(in crate::desk) const SCHEME: &str = "mailto:";
/// What begins the target of a delivery to somebody in the staff list, whose address is known when it is sent.
const STAFF: &str = "mailto:staff:";
/// Stands in a link for what opens the ticket to its customer.
const TOKEN: &str = "{token}";
/// Stands in a link for the id of the ticket.
const TICKET: &str = "{ticket}";

/// What a recipient hears of without naming it: what is late, what is fierce, what many complain about.
const USUAL: [Kind; 6] = [
    Kind::DeadlineWarning,
    Kind::DeadlineBreached,
    Kind::DeadlineEscalated,
    Kind::TicketEscalated,
    Kind::IncidentOpened,
    Kind::TicketApproval,
];

/// The mail server, the texts, and who hears of what.
#[derive(Clone)]
pub struct MailPlan {
    mailer: Mailer,
    templates: Templates,
    language: Language,
    link: Option<String>,
    roles: Roles,
    to: Vec<Recipient>,
    customers: Option<Customers>,
}

/// What customers hear, and where they see more.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Customers {
    link: Option<String>,
    #[serde(default)]
    kinds: Vec<Kind>,
}

#[derive(Clone)]
struct Recipient {
    address: String,
    audience: Audience,
    department: Option<String>,
    kinds: Vec<Kind>,
}

impl Recipient {
    /// Whether tickets of a department are this one's.
    fn is_of(&self, department: Option<&str>) -> bool {
        self.department.as_deref().is_none_or(|own| Some(own) == department)
    }

    /// What the delivery is addressed to: one person may read as the head of a department and as a supervisor.
    fn target(&self) -> String {
        format!("{SCHEME}{}?as={}", self.address, self.audience.id())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    language: Language,
    link: Option<String>,
    smtp: MailSettings,
    #[serde(default)]
    roles: BTreeMap<String, Vec<Holder>>,
    #[serde(default)]
    to: Vec<Line>,
    customers: Option<Customers>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    address: String,
    audience: Audience,
    department: Option<String>,
    #[serde(default)]
    kinds: Vec<Kind>,
}

impl MailPlan {
    /// Reads a plan; the password of the mail server comes from the environment where the file has none
    /// (`FENZHEN_SMTP_PASSWORD`). `path` is only for messages.
    ///
    /// # Errors
    /// [`Error::MailSettings`], [`Error::MailAddress`].
    pub fn parse(text: &str, path: &Path, templates: Templates, taxonomy: &Taxonomy) -> Result<Self> {
        let fault = |reason: String| fault_of(path, &reason);
        let mut document: Document = toml::from_str(text).map_err(|error| {
            // The message may quote a line, and a line may hold the password.
            let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            fault(format!("line {line} does not have the form of a mail plan"))
        })?;
        if document.smtp.user.is_some() && document.smtp.password.is_none() {
            document.smtp.password = std::env::var("FENZHEN_SMTP_PASSWORD").ok();
        }
        let recipient = |line: Line| {
            line.address.parse::<Mailbox>()?;
            if matches!(line.audience, Audience::Customer | Audience::System) {
                return Err(fault("recipients are people of the house: agent, department_head or supervisor".into()));
            }
            if line.department.as_deref().is_some_and(|id| taxonomy.department_index(id).is_none()) {
                return Err(fault("a recipient is of a department that the taxonomy does not have".into()));
            }
            Ok(Recipient {
                address: line.address,
                audience: line.audience,
                department: line.department,
                kinds: line.kinds,
            })
        };
        let to = document.to.into_iter().map(recipient).collect::<Result<_>>()?;
        let roles = Roles::read(document.roles, path, taxonomy)?;
        let customers = document.customers;
        let theirs = customers.as_ref().and_then(|customers| customers.link.as_ref());
        if theirs.is_some_and(|link| !is_link(link, TOKEN)) {
            return Err(fault("the link of customers is an http(s) URL with {token} in it once".into()));
        }
        if document.link.as_ref().is_some_and(|link| !is_link(link, TICKET)) {
            return Err(fault("the link of the house is an http(s) URL with {ticket} in it once".into()));
        }
        let silent = |kind: &&Kind| !templates.covers(**kind, Audience::Customer);
        if let Some(kind) = customers.iter().flat_map(|customers| &customers.kinds).find(silent) {
            return Err(fault(format!("there is no text of {} for customers", kind.id())));
        }
        let (mailer, language, link) = (Mailer::new(&document.smtp)?, document.language, document.link);
        Ok(MailPlan { mailer, templates, language, link, roles, to, customers })
    }

    /// The targets of a notice that goes to some roles, about a ticket of a department; each address once, and not the one that
    /// `hears` it anyway.
    pub(in crate::desk) fn targets(
        &self,
        kind: Kind,
        department: Option<&str>,
        roles: &BTreeSet<&str>,
        hears: Option<&str>,
    ) -> Vec<String> {
        let wants = |one: &&Recipient| {
            let kinds = if one.kinds.is_empty() { &USUAL[..] } else { &one.kinds };
            one.is_of(department) && kinds.contains(&kind)
        };
        let mut seen: BTreeSet<String> = hears.into_iter().map(str::to_lowercase).collect();
        let all = self.to.iter().filter(wants).chain(self.roles.holders(roles, department));
        let told =
            all.filter(|one| self.templates.covers(kind, one.audience) && seen.insert(one.address.to_lowercase()));
        told.map(Recipient::target).collect()
    }

    /// The target of a notice to somebody in the staff list; none where there is no text of it for agents.
    pub(in crate::desk) fn target_of_agent(&self, kind: Kind, agent: &str) -> Option<String> {
        self.templates.covers(kind, Audience::Agent).then(|| format!("{STAFF}{agent}"))
    }

    /// Whether somebody holds a role. Owners hold theirs in the staff list.
    pub(in crate::desk) fn has_role(&self, role: &str) -> bool {
        role == OWNER || self.roles.has(role)
    }

    /// Refuses roles that none of the house's rules names.
    ///
    /// # Errors
    /// [`Error::MailSettings`].
    pub(in crate::desk) fn check_roles(&self, named: &BTreeSet<&str>, path: &Path) -> Result<()> {
        let Some(unknown) = self.roles.unknown(named) else { return Ok(()) };
        let known: Vec<&str> = named.iter().copied().filter(|role| *role != OWNER).collect();
        let reason = format!("no rule tells the role `{unknown}` anything; the rules name {}", known.join(", "));
        Err(fault_of(path, &reason))
    }

    /// Whether customers with an address hear of it.
    pub(in crate::desk) fn tells_customers(&self, kind: Kind) -> bool {
        let all = kind != Kind::TicketSurvey;
        let wants = |customers: &Customers| customers.kinds.is_empty() && all || customers.kinds.contains(&kind);
        self.customers.as_ref().is_some_and(wants) && self.templates.covers(kind, Audience::Customer)
    }

    /// Makes one attempt to bring a notice to the customer whose it is. The link is made here, for this one message: it opens
    /// the ticket to whoever holds it.
    pub(in crate::desk) async fn send_to_customer(
        &self,
        contact: &str,
        token: &str,
        notice: &Notice,
        calendar: &Calendar,
        at: Timestamp,
    ) -> Outcome {
        let Some(customers) = &self.customers else {
            return Outcome::Refused { reason: "customers are written to no more".into() };
        };
        let Ok(mailbox) = contact.trim().parse::<Mailbox>() else {
            return Outcome::Refused { reason: "the address cannot be used".into() };
        };
        let link = customers.link.as_ref().map(|link| Zeroizing::new(link.replace(TOKEN, token)));
        self.write(mailbox, Audience::Customer, link.as_ref().map(|link| link.as_str()), notice, calendar, at).await
    }

    async fn write(
        &self,
        to: Mailbox,
        audience: Audience,
        link: Option<&str>,
        notice: &Notice,
        calendar: &Calendar,
        at: Timestamp,
    ) -> Outcome {
        // The reader's own text of it: the notice was written for whoever works on the ticket.
        let notice = Notice { audience, ..notice.clone() };
        let reader = Reader { language: self.language, zone: calendar.zone(), now: at, link };
        let rendered = self.templates.render(&notice, &reader);
        self.mailer.channel(to).send(Outgoing { notice: &notice, rendered: rendered.as_ref(), at }).await
    }

    /// Makes one attempt to bring a notice, about a ticket or none, to a target that is a mailbox of the house.
    pub(in crate::desk) async fn send(
        &self,
        target: &str,
        ticket: Option<&str>,
        notice: &Notice,
        calendar: &Calendar,
        at: Timestamp,
    ) -> Outcome {
        let Some(one) = self.to.iter().chain(self.roles.everybody()).find(|one| one.target() == target) else {
            return Outcome::Refused { reason: "it is no recipient any more".into() };
        };
        self.send_to_house(&one.address, one.audience, ticket, notice, calendar, at).await
    }

    /// The same to an agent's own address.
    pub(in crate::desk) async fn send_to_agent(
        &self,
        address: &str,
        ticket: Option<&str>,
        notice: &Notice,
        calendar: &Calendar,
        at: Timestamp,
    ) -> Outcome {
        self.send_to_house(address, Audience::Agent, ticket, notice, calendar, at).await
    }

    async fn send_to_house(
        &self,
        address: &str,
        audience: Audience,
        ticket: Option<&str>,
        notice: &Notice,
        calendar: &Calendar,
        at: Timestamp,
    ) -> Outcome {
        let Ok(mailbox) = address.parse::<Mailbox>() else {
            return Outcome::Refused { reason: "the address cannot be used".into() };
        };
        let link = self.link.as_ref().zip(ticket).map(|(link, ticket)| link.replace(TICKET, ticket));
        self.write(mailbox, audience, link.as_deref(), notice, calendar, at).await
    }
}

/// Whether a link is one, with its place in it once.
fn is_link(link: &str, place: &str) -> bool {
    url::Url::parse(link).is_ok_and(|url| matches!(url.scheme(), "https" | "http")) && link.matches(place).count() == 1
}

fn fault_of(path: &Path, reason: &str) -> Error {
    Error::MailSettings { reason: format!("{}: {reason}", path.display()) }
}

/// Whom of the staff list a delivery goes to.
pub(in crate::desk) fn agent_of(target: &str) -> Option<&str> {
    target.strip_prefix(STAFF)
}

/// Whether a delivery goes to the house by e-mail.
pub(in crate::desk) fn is_mail(target: &str) -> bool {
    target.starts_with(SCHEME)
}

impl fmt::Debug for MailPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailPlan({} recipients)", self.to.len())
    }
}
