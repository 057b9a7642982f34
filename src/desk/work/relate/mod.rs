//! Holding a complaint against the others, once it is classified: what it continues, and what many complain about.
//!
//! All of it is one transaction, and one complaint at a time is related, so that two that arrive together find each other and
//! an incident is opened once. Doing it again changes nothing.
//!
//! What continues an open ticket of the same customer goes on there: that ticket gets the customer's words, and takes in the
//! new one. The complaint itself stays as it came.

mod known;
mod raise;
mod usual;

pub(in crate::desk) use usual::Usual;

use crate::{
    Desk, Error, Result,
    desk::{
        House,
        incident::{Signal, raised},
        incidents::{self, Entered},
        notify::{Audience, Facts, Kind, Masked, Notice},
        outbox::{About, Receivers, facts, tell},
        record::Record,
        relate::{Link, relate, thread},
        store::{
            Lock, Transaction,
            entity::{complaint, decision, notice},
            hold,
            queue::{self, Claim, Work},
        },
        ticket::{Action, ActionKind, Actor, Command, Relation, Rules},
    },
    taxonomy::Name,
};
use jiff::Timestamp;
use known::{Home, Homes, Known, Told};
use raise::{Asked, Crowd};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// So many others at most is a complaint linked with: the best.
const LINKS: usize = 10;
/// The longest text that a ticket takes at once, in characters.
const REPLY: usize = 5_000;

impl Desk {
    /// Relates the complaint of a job.
    pub(super) async fn relate(&self, claim: &Claim) -> Result<()> {
        let now = self.now();
        // Learnt outside of the transaction: others need not wait for it.
        let usual = self.usual().on(self, now).await?;
        let change = self.store().begin().await?;
        hold(&change, Lock::Relate).await?;
        let new = Told::read(&change, &claim.subject).await?;
        let decision = decision::Entity::find_by_id(&claim.subject).one(&change).await?;
        let (Some(mut new), Some(decision)) = (new, decision) else {
            return Err(Error::Store { reason: "a complaint that is to be related is not there".into() });
        };
        let known = Known::read(&change, self.house(), &new).await?;
        let links = relate(&new.case()?, &known.earlier(&new)?, &self.house().relate);
        if !new.is_duplicate && links.iter().any(|link| link.relation == Relation::Duplicate) {
            new.is_duplicate = true;
            complaint::Entity::update_many()
                .col_expr(complaint::Column::IsDuplicate, Expr::value(true))
                .filter(complaint::Column::Id.eq(&new.id))
                .exec(&change)
                .await?;
        }
        let asked = Asked {
            change: &change,
            house: self.house(),
            new: &new,
            member: new.member()?,
            decision: &decision,
            known: &known,
            usual: usual.as_deref(),
            now,
        };
        let alone = asked.alone()?;
        let mut joined = Vec::new();
        for crowd in asked.crowds().await? {
            joined.push(self.enter(&change, crowd, now).await?);
        }
        let links = others(&known, links)?;
        let home = known.home(new.number()?)?.ok_or(Error::NoSuchTicket)?;
        let mut hand = Hand::take(self.house(), &change, &home, &links, &joined, now).await?;
        hand.thread(&new, &links)?;
        hand.link(&links)?;
        self.raise(&change, &mut hand, &new, &alone, &joined).await?;
        for record in hand.records.values_mut().filter(|record| !record.fresh().is_empty()) {
            self.write(&change, record, now).await?;
        }
        known::keep(&change, &new).await?;
        queue::done(&change, claim).await?;
        change.commit().await?;
        self.wake(Work::Assign);
        self.wake(Work::Tick);
        self.wake(Work::Deliver);
        Ok(())
    }

    /// Enters the members of a crowd into its incident. Those that belong to it already are not touched again: a crowd of
    /// thousands costs each of them once.
    async fn enter(&self, change: &Transaction, crowd: Crowd, now: Timestamp) -> Result<Joined> {
        let Crowd { signal, subject } = crowd;
        let fresh = Told::outside(change, &signal).await?;
        let homes = Homes::read(change, &fresh).await?;
        let members: Vec<(String, Timestamp)> = fresh.iter().map(|told| (told.ticket_id.clone(), told.at())).collect();
        let entered = incidents::enter(change, self.house(), &signal, &subject, &members, now).await?;
        let homes = fresh.iter().map(|told| Ok(homes.of(told)?.ticket)).collect::<Result<_>>()?;
        Ok(Joined { signal, entered, homes })
    }

    /// Raises what the signals say, and tells of each once.
    async fn raise(
        &self,
        change: &Transaction,
        hand: &mut Hand<'_>,
        new: &Told,
        alone: &[Signal],
        joined: &[Joined],
    ) -> Result<()> {
        if alone.is_empty() && joined.is_empty() {
            return Ok(());
        }
        let (now, receivers) = (hand.now, Receivers::read(change, self).await?);
        for signal in alone {
            // Who was told has decided since then how urgent it is.
            let known = notice::Entity::find().filter(notice::Column::Key.eq(&signal.key)).one(change).await?;
            if known.is_some() {
                continue;
            }
            let home = hand.home.clone();
            hand.raise(&home, signal.raise_to.as_deref(), &signal.reason)?;
            let record = hand.record(&home)?;
            let about = About { complaint: None, ..About::ticket(record) }.to(&signal.notify);
            let facts = said(facts(change, self.house(), &record.ticket).await?, signal);
            let kind = Kind::TicketEscalated;
            let notice = Notice { id: Uuid::now_v7(), kind, at: now, audience: Audience::Supervisor, facts };
            tell(change, &receivers, &signal.key, about, &notice, now).await?;
        }
        for Joined { signal, entered, homes } in joined {
            for ticket in homes {
                // The complaint may have gone into another ticket just now.
                let ticket = if *ticket == new.ticket_id { hand.home.clone() } else { ticket.clone() };
                hand.join(&ticket, &entered.id, signal.raise_to.as_deref())?;
                incidents::add(change, &entered.id, &ticket, now).await?;
            }
            if entered.opened {
                let facts = Facts {
                    incident: Some(entered.id.clone()),
                    count: u32::try_from(signal.members.len()).ok(),
                    ..said(Facts::default(), signal)
                };
                let kind = Kind::IncidentOpened;
                let notice = Notice { id: Uuid::now_v7(), kind, at: now, audience: Audience::Supervisor, facts };
                // It is about no ticket; whose department it touches is that of the complaint that made it one.
                let home = hand.home.clone();
                let department = hand.record(&home)?.ticket.department.as_deref();
                let about = About { department, ..About::default() }.to(&signal.notify);
                tell(change, &receivers, &signal.key, about, &notice, now).await?;
            }
        }
        Ok(())
    }
}

/// What a notice says of a signal.
fn said(facts: Facts, signal: &Signal) -> Facts {
    // A notice has one text for whichever language: both.
    let Name { zh, en } = &signal.reason;
    Facts { text: Some(Masked::new(format!("{zh} / {en}"))), level: Some(signal.level), ..facts }
}

/// An incident, and the tickets in which its fresh members are worked on.
struct Joined {
    signal: Signal,
    entered: Entered,
    homes: BTreeSet<String>,
}

/// The best links, one for each ticket.
fn others(known: &Known, links: Vec<Link>) -> Result<Vec<(Link, Home)>> {
    let mut seen = BTreeSet::new();
    let mut others = Vec::new();
    for link in links {
        if let Some(home) = known.home(link.other)?
            && seen.insert(home.ticket.clone())
        {
            others.push((link, home));
        }
    }
    // The one in which it goes on must be among them.
    let best = thread(&own(&others)).map(|best| best.other);
    if let Some(place) = others.iter().position(|(link, _)| Some(link.other) == best).filter(|place| *place >= LINKS) {
        others.swap(place, LINKS - 1);
    }
    others.truncate(LINKS);
    Ok(others)
}

/// The links with complaints of the same customer: nobody else's words are put into a ticket, whatever number they quote.
fn own(links: &[(Link, Home)]) -> Vec<Link> {
    links.iter().map(|(link, _)| link).filter(|link| link.same_customer).cloned().collect()
}

/// The tickets that a complaint touches, locked.
struct Hand<'a> {
    house: &'a House,
    records: BTreeMap<String, Record>,
    /// The one in which the complaint is worked on.
    home: String,
    relating: Actor,
    now: Timestamp,
}

impl<'a> Hand<'a> {
    async fn take(
        house: &'a House,
        change: &Transaction,
        home: &Home,
        links: &[(Link, Home)],
        joined: &[Joined],
        now: Timestamp,
    ) -> Result<Self> {
        let linked = links.iter().map(|(_, home)| &home.ticket);
        let members = joined.iter().flat_map(|joined| &joined.homes);
        // In the order of ids, so that nobody waits for somebody who waits for him.
        let ids: BTreeSet<&String> = linked.chain(members).chain([&home.ticket]).collect();
        let mut records = BTreeMap::new();
        for id in ids {
            let record = Record::lock(change, id).await?.ok_or(Error::NoSuchTicket)?;
            records.insert(id.clone(), record);
        }
        Ok(Hand { house, records, home: home.ticket.clone(), relating: Actor::system("relating"), now })
    }

    fn rules(&self) -> Rules<'a> {
        self.house.rules()
    }

    fn record(&mut self, ticket: &str) -> Result<&mut Record> {
        self.records.get_mut(ticket).ok_or_else(|| Error::Internal("a ticket was not locked".into()))
    }

    fn act(&mut self, ticket: &str, command: impl Into<Command>, actor: &Actor) -> Result<()> {
        let (house, now) = (self.house, self.now);
        self.record(ticket)?.act(house, &command.into(), actor, now)
    }

    fn takes(&mut self, ticket: &str, kind: ActionKind, actor: &Actor) -> Result<bool> {
        let (rules, now) = (self.rules(), self.now);
        Ok(rules.allowed(&self.record(ticket)?.ticket, actor, now).contains(&kind))
    }

    /// Lets the complaint go on in the open ticket of the same matter, unless somebody has begun to work on its own.
    fn thread(&mut self, new: &Told, links: &[(Link, Home)]) -> Result<()> {
        // What was taken in before stays there.
        if self.home != new.ticket_id {
            return Ok(());
        }
        let own = own(links);
        let Some(best) = thread(&own).filter(|best| best.open) else { return Ok(()) };
        let Some((_, into)) = links.iter().find(|(link, _)| link.other == best.other) else { return Ok(()) };
        let (from, into, relating) = (self.home.clone(), into.ticket.clone(), self.relating.clone());
        let customer = self.record(&into)?.ticket.customer.clone().or_else(|| new.customer_id.clone());
        let customer = Actor::customer(customer.unwrap_or_else(|| "anonymous".into()));
        let begun = self.record(&from)?.ticket.started;
        // Since they were looked up, either may have ended.
        let possible = !begun
            && self.takes(&from, ActionKind::Merge, &relating)?
            && self.takes(&into, ActionKind::Absorb, &relating)?
            && self.takes(&into, ActionKind::Reply, &customer)?;
        if !possible {
            return Ok(());
        }
        self.pair(&from, &into, best)?;
        let words: Vec<char> = new.masked_text.chars().collect();
        for part in
            words.chunks(REPLY).map(|part| part.iter().collect::<String>()).filter(|part| !part.trim().is_empty())
        {
            self.act(&into, Action::Reply { text: part }, &customer)?;
        }
        let (old, number) = (self.record(&into)?.ticket.number, self.record(&from)?.ticket.number);
        self.act(&into, Action::Absorb { from: number }, &relating)?;
        self.act(&from, Action::Merge { into: old }, &relating)?;
        let ticket = &self.record(&from)?.ticket;
        let urgent = ticket.classified.then(|| ticket.priority.clone());
        let reason = Name {
            zh: format!("并入的投诉 {number} 更紧急"),
            en: format!("complaint {number}, taken in, is more urgent"),
        };
        self.raise(&into, urgent.as_deref(), &reason)?;
        self.home = into;
        Ok(())
    }

    /// Links the complaint's ticket with the others, on both sides.
    fn link(&mut self, links: &[(Link, Home)]) -> Result<()> {
        let home = self.home.clone();
        for (link, other) in links.iter().filter(|(_, other)| other.ticket != home) {
            self.pair(&home, &other.ticket, link)?;
        }
        Ok(())
    }

    fn pair(&mut self, one: &str, other: &str, link: &Link) -> Result<()> {
        let relating = self.relating.clone();
        let numbers = [self.record(one)?.ticket.number, self.record(other)?.ticket.number];
        let why: Vec<&str> = link.reasons.iter().map(|reason| reason.zh.as_str()).collect();
        for (ticket, other) in [(one, numbers[1]), (other, numbers[0])] {
            if self.takes(ticket, ActionKind::Link, &relating)? {
                let command = Command::new(Action::Link { other, relation: link.relation });
                let command = if why.is_empty() { command } else { command.noted(why.join("；")) };
                self.act(ticket, command, &relating)?;
            }
        }
        Ok(())
    }

    /// Makes a ticket more urgent, never less.
    fn raise(&mut self, ticket: &str, to: Option<&str>, reason: &Name) -> Result<()> {
        let escalation = Actor::system("escalation");
        let taxonomy = &self.house.taxonomy;
        let now = self.record(ticket)?.ticket.priority.clone();
        let Some(to) = to.and_then(|to| raised(taxonomy, &now, to)) else { return Ok(()) };
        if self.takes(ticket, ActionKind::ChangePriority, &escalation)? {
            let action = Action::ChangePriority { to: to.into(), reason: reason.zh.clone() };
            self.act(ticket, action, &escalation)?;
        }
        Ok(())
    }

    /// Makes a ticket a member of an incident, at least as urgent as that.
    fn join(&mut self, ticket: &str, incident: &str, priority: Option<&str>) -> Result<()> {
        let escalation = Actor::system("escalation");
        let own = self.record(ticket)?.ticket.priority.clone();
        if self.takes(ticket, ActionKind::JoinIncident, &escalation)? {
            let priority = priority.map_or(own, str::to_owned);
            self.act(ticket, Action::JoinIncident { incident: incident.into(), priority }, &escalation)?;
        }
        Ok(())
    }
}
