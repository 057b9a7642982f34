//! Who hears of what by e-mail: `mail.toml`.
//!
//! ```toml
//! language = "zh"
//! [smtp]
//! host = "smtp.example.com"
//! from = "desk@example.com"
//! [[to]]
//! address = "logistics-lead@example.com"
//! audience = "department_head"
//! department = "logistics"
//! [customers]
//! link = "https://desk.example.com/progress/{token}"
//! ```
//!
//! Without `[customers]` only the house is written to. With it, customers who left an e-mail address hear of every step that
//! has a text for them, or of the `kinds` that are named.

use super::{
    clock::Calendar,
    notify::{Audience, Channel, Kind, MailSettings, Mailbox, Mailer, Notice, Outcome, Outgoing, Reader, Templates},
};
use crate::{
    Error, Result,
    taxonomy::{Language, Taxonomy},
};
use jiff::Timestamp;
use serde::Deserialize;
use std::{fmt, path::Path};
use zeroize::Zeroizing;

/// What begins the target of a delivery to the house by e-mail.
pub(in crate::desk) const SCHEME: &str = "mailto:";
/// Stands in a link for what opens the ticket to its customer.
const TOKEN: &str = "{token}";

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
    smtp: MailSettings,
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
        let fault = |reason: String| Error::MailSettings { reason: format!("{}: {reason}", path.display()) };
        let mut document: Document = toml::from_str(text).map_err(|error| {
            // The message may quote a line, and a line may hold the password.
            let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].lines().count().max(1));
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
        let customers = document.customers;
        if let Some(link) = customers.as_ref().and_then(|customers| customers.link.as_ref()) {
            let sound = url::Url::parse(link).is_ok_and(|url| matches!(url.scheme(), "https" | "http"));
            if !sound || link.matches(TOKEN).count() != 1 {
                return Err(fault("the link of customers is an http(s) URL with {token} in it once".into()));
            }
        }
        let silent = |kind: &&Kind| !templates.covers(**kind, Audience::Customer);
        if let Some(kind) = customers.iter().flat_map(|customers| &customers.kinds).find(silent) {
            return Err(fault(format!("there is no text of {} for customers", kind.id())));
        }
        Ok(MailPlan { mailer: Mailer::new(&document.smtp)?, templates, language: document.language, to, customers })
    }

    /// The targets of a notice about a ticket of a department.
    pub(in crate::desk) fn targets(&self, kind: Kind, department: Option<&str>) -> impl Iterator<Item = String> {
        let wants = move |one: &&Recipient| {
            let kinds = if one.kinds.is_empty() { &USUAL[..] } else { &one.kinds };
            let theirs = one.department.as_deref().is_none_or(|own| Some(own) == department);
            theirs && kinds.contains(&kind) && self.templates.covers(kind, one.audience)
        };
        self.to.iter().filter(wants).map(Recipient::target)
    }

    /// Whether customers with an address hear of it.
    pub(in crate::desk) fn tells_customers(&self, kind: Kind) -> bool {
        let wants = |customers: &Customers| customers.kinds.is_empty() || customers.kinds.contains(&kind);
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

    /// Makes one attempt to bring a notice to a target that is a mailbox of the house.
    pub(in crate::desk) async fn send(
        &self,
        target: &str,
        notice: &Notice,
        calendar: &Calendar,
        at: Timestamp,
    ) -> Outcome {
        let Some(one) = self.to.iter().find(|one| one.target() == target) else {
            return Outcome::Refused { reason: "it is no recipient any more".into() };
        };
        let Ok(mailbox) = one.address.parse::<Mailbox>() else {
            return Outcome::Refused { reason: "the address cannot be used".into() };
        };
        self.write(mailbox, one.audience, None, notice, calendar, at).await
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &str = r#"
        [smtp]
        host = "smtp.example.com"
        from = "desk@example.com"
        [[to]]
        address = "lead@example.com"
        audience = "department_head"
        department = "logistics"
        [[to]]
        address = "boss@example.com"
        audience = "supervisor"
        kinds = ["deadline.escalated"]
    "#;

    fn plan(text: &str) -> Result<MailPlan> {
        MailPlan::parse(text, Path::new("mail.toml"), Templates::built_in(), &Taxonomy::retail())
    }

    #[test]
    fn everyone_hears_what_is_theirs() {
        let plan = plan(PLAN).unwrap();
        let told = |kind, department| plan.targets(kind, department).collect::<Vec<_>>();
        assert_eq!(told(Kind::DeadlineWarning, Some("logistics")), ["mailto:lead@example.com?as=department_head"]);
        assert_eq!(told(Kind::DeadlineWarning, Some("finance")), Vec::<String>::new());
        let both = ["mailto:lead@example.com?as=department_head", "mailto:boss@example.com?as=supervisor"];
        assert_eq!(told(Kind::DeadlineEscalated, Some("logistics")), both);
        assert_eq!(told(Kind::TicketOpened, Some("logistics")), Vec::<String>::new());
    }

    #[test]
    fn customers_hear_only_where_the_house_wants_it() {
        assert!(!plan(PLAN).unwrap().tells_customers(Kind::TicketResolved));
        let some = format!("{PLAN}\n[customers]\nkinds = [\"ticket.resolved\"]");
        assert!(plan(&some).unwrap().tells_customers(Kind::TicketResolved));
        assert!(!plan(&some).unwrap().tells_customers(Kind::TicketOpened));
        let all = plan(&format!("{PLAN}\n[customers]\nlink = \"https://d.example/p/{{token}}\"")).unwrap();
        assert!(all.tells_customers(Kind::TicketOpened));
        assert!(!all.tells_customers(Kind::DeadlineBreached), "what is late is the house's own matter");
        for bad in
            ["link = \"https://d.example/p\"", "link = \"javascript:{token}\"", "kinds = [\"deadline.breached\"]"]
        {
            let told = plan(&format!("{PLAN}\n[customers]\n{bad}")).unwrap_err();
            assert_eq!(told.code(), "invalid_mail_settings", "{bad}");
        }
    }

    #[test]
    fn faults_name_the_line_and_quote_nothing() {
        let secret = PLAN.replace("from = ", "passwort = \"geheim\"\nfrom = ");
        let told = plan(&secret).unwrap_err().to_string();
        assert!(told.contains("mail.toml: line ") && !told.contains("geheim"), "{told}");
        assert_eq!(plan(&PLAN.replace("lead@", "lead")).unwrap_err().code(), "invalid_mail_address");
        assert_eq!(plan(&PLAN.replace("logistics", "logistik")).unwrap_err().code(), "invalid_mail_settings");
        assert_eq!(plan(&PLAN.replace("supervisor", "customer")).unwrap_err().code(), "invalid_mail_settings");
    }
}
