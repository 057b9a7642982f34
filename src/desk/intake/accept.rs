//! Writing a complaint down.

use super::{Accepted, Request, Submission, number};
use crate::{
    Desk, Error, Result,
    bundle::hex,
    desk::{
        access::secret,
        attachments,
        incident::product_key,
        notify::Mailbox,
        record::Record,
        seal::Place,
        store::{
            Transaction,
            entity::{complaint, idempotency, ticket},
            instant, micros,
            queue::{self, Work},
        },
        ticket::{Actor, Number, Opening},
    },
    segment::Reading,
};
use jiff::Timestamp;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, Statement};
use sha2::{Digest, Sha256};
use uuid::Uuid;

impl Desk {
    /// Accepts complaints: when this returns, they are on the disk with their numbers, their tickets and the work that is to
    /// come, each either whole or refused. One result each, in order.
    ///
    /// A key or a channel's own id that was here before gives the complaint of that time.
    ///
    /// # Errors
    /// Outside: the database; then none was accepted. Inside: what cannot be read; [`Error::IdempotencyConflict`],
    /// [`Error::ExternalIdConflict`] where the same key or id came with another complaint.
    pub async fn accept(&self, requests: &[Request]) -> Result<Vec<Result<Accepted>>> {
        // Reading costs more than writing: it is done before others have to wait for us.
        let read: Vec<Result<Reading>> =
            requests.iter().map(|request| self.engine().read(&request.submission.complaint.text)).collect();
        let (mut good, mut results) = (Vec::new(), Vec::with_capacity(read.len()));
        for (request, reading) in requests.iter().zip(read) {
            results.push(reading.map(|reading| good.push((request, reading))));
        }
        let accepted = match self.accept_all(&good).await {
            // Another process took the same complaint at the same time: now it is known.
            Err(Error::StoreRace) => self.accept_all(&good).await?,
            Err(fault @ Error::StoreUnavailable { .. }) => return Err(fault),
            Err(_) => self.accept_apart(&good).await,
            Ok(accepted) => accepted,
        };
        let mut accepted = accepted.into_iter();
        let one = |read: Result<()>| read.and_then(|()| accepted.next().expect("one result for each that was read"));
        let results: Vec<Result<Accepted>> = results.into_iter().map(one).collect();
        if results.iter().flatten().any(|accepted| accepted.fresh) {
            self.wake(Work::Classify);
        }
        Ok(results)
    }

    /// Each in a transaction of its own: one of them cannot be written, and harms nobody else.
    async fn accept_apart(&self, requests: &[(&Request, Reading)]) -> Vec<Result<Accepted>> {
        let mut results = Vec::with_capacity(requests.len());
        for request in requests {
            let one = self.accept_all(std::slice::from_ref(request)).await;
            results.extend(one.unwrap_or_else(|fault| vec![Err(fault)]));
        }
        results
    }

    /// All in one transaction. A conflict is found before anything is written, and is one complaint's own; after any other
    /// fault none is written.
    async fn accept_all(&self, requests: &[(&Request, Reading)]) -> Result<Vec<Result<Accepted>>> {
        let change = self.store().begin().await?;
        let mut results = Vec::with_capacity(requests.len());
        for (request, reading) in requests {
            match self.accept_one(&change, request, reading).await {
                Ok(accepted) => results.push(Ok(accepted)),
                Err(fault @ (Error::IdempotencyConflict | Error::ExternalIdConflict { .. })) => {
                    results.push(Err(fault));
                }
                Err(fault) => return Err(fault),
            }
        }
        change.commit().await?;
        Ok(results)
    }

    async fn accept_one(&self, change: &Transaction, request: &Request, reading: &Reading) -> Result<Accepted> {
        let submission = &request.submission;
        let request_hash = hash(submission);
        if let Some(known) = self.known(change, request, reading, &request_hash).await? {
            return Ok(known);
        }
        let now = self.now();
        let received = submission.received_at(now);
        let number = number::next(change, self.house().calendar.date(now)).await?;
        let (id, ticket) = (Uuid::now_v7().to_string(), Uuid::now_v7().to_string());
        let token = secret::random();
        let mut row = self.complaint_row(&id, &ticket, number, submission, reading, now);
        row.token_sealed = Set(self.keys().seal(&place("token", &id), token.as_bytes()));
        let mut record = self.open_ticket(&ticket, &id, number, submission, received, &token)?;
        complaint::Entity::insert(row).exec_without_returning(change).await?;
        if change.get_database_backend() == DbBackend::Sqlite {
            // PostgreSQL has its index over the column itself.
            let insert = "INSERT INTO complaint_words (words, id) SELECT words, id FROM complaint WHERE id = $1";
            change.execute_raw(Statement::from_sql_and_values(DbBackend::Sqlite, insert, [id.as_str().into()])).await?;
        }
        let sender = Actor::complainant(record.ticket.customer.as_deref());
        for file in &submission.attachments {
            attachments::keep(change, self.keys(), file, &id, None, &sender.by, now).await?;
        }
        self.write(change, &mut record, now).await?;
        queue::put(change, Work::Classify, &id, now, now).await?;
        if let Some(key) = &request.key {
            let row = idempotency::ActiveModel {
                key: Set(key.clone()),
                request: Set(request_hash),
                complaint_id: Set(id.clone()),
                created_at: Set(micros(now)),
            };
            idempotency::Entity::insert(row).exec_without_returning(change).await?;
        }
        Ok(Accepted { id, number, ticket, received_at: received, token: token.to_string(), fresh: true })
    }

    /// The complaint that is here already, by the caller's key or the channel's own id.
    async fn known(
        &self,
        change: &Transaction,
        request: &Request,
        reading: &Reading,
        request_hash: &str,
    ) -> Result<Option<Accepted>> {
        if let Some(key) = &request.key
            && let Some(known) = idempotency::Entity::find_by_id(key).one(change).await?
        {
            if known.request != request_hash {
                return Err(Error::IdempotencyConflict);
            }
            let row = complaint::Entity::find_by_id(&known.complaint_id).one(change).await?;
            return row.map(|row| self.accepted_before(row)).transpose();
        }
        let complaint = &request.submission.complaint;
        let Some(external) = &complaint.id else { return Ok(None) };
        let channel = match &complaint.channel {
            Some(channel) => complaint::Column::Channel.eq(channel),
            None => complaint::Column::Channel.is_null(),
        };
        let row = complaint::Entity::find()
            .filter(channel)
            .filter(complaint::Column::ExternalId.eq(external))
            .one(change)
            .await?;
        match row {
            Some(row) if row.masked_text != stored_text(reading) => {
                Err(Error::ExternalIdConflict { number: row.number })
            }
            Some(row) => {
                // Less than before is the same told again; files that it does not have would get lost.
                let known = attachments::hashes(change, &row.id).await?;
                match request.submission.attachments.iter().all(|file| known.contains(&file.sha256)) {
                    true => self.accepted_before(row).map(Some),
                    false => Err(Error::ExternalIdConflict { number: row.number }),
                }
            }
            None => Ok(None),
        }
    }

    fn accepted_before(&self, row: complaint::Model) -> Result<Accepted> {
        let number = row.number.parse::<Number>()?;
        let received_at = instant(row.received_at);
        let token = self.keys().open_text(&place("token", &row.id), &row.token_sealed)?.to_string();
        Ok(Accepted { id: row.id, number, ticket: row.ticket_id, received_at, token, fresh: false })
    }

    fn complaint_row(
        &self,
        id: &str,
        ticket: &str,
        number: Number,
        submission: &Submission,
        reading: &Reading,
        now: Timestamp,
    ) -> complaint::ActiveModel {
        let complaint = &submission.complaint;
        let keys = self.keys();
        let sealed = |column, text: &str| keys.seal(&place(column, id), text.as_bytes());
        let contact = submission.contact.as_deref();
        let amount = complaint.order.as_ref().and_then(|order| order.amount);
        complaint::ActiveModel {
            id: Set(id.into()),
            number: Set(number.to_string()),
            ticket_id: Set(ticket.into()),
            channel: Set(complaint.channel.clone()),
            external_id: Set(complaint.id.clone()),
            customer_id: Set(complaint.customer.as_ref().and_then(|customer| customer.id.clone())),
            tier: Set(complaint.customer.as_ref().and_then(|customer| customer.tier.clone())),
            contact_sealed: Set(contact.map(|contact| sealed("contact", contact))),
            contact_is_mail: Set(contact.is_some_and(|contact| contact.trim().parse::<Mailbox>().is_ok())),
            contact_index: Set(contact.and_then(|contact| keys.contact_index(contact))),
            original_sealed: Set(sealed("original", &complaint.text)),
            masked_text: Set(stored_text(reading)),
            words: Set(reading.words().collect::<Vec<_>>().join(" ")),
            wish: Set(submission.wish.as_deref().map(|wish| self.masked(wish))),
            order_id: Set(complaint.order.as_ref().and_then(|order| order.id.clone())),
            // At most a thousand million yuan: it fits.
            amount_fen: Set(amount.map(|yuan| (yuan * 100.0).round() as i64)),
            product: Set(complaint.product.clone()),
            region: Set(complaint.region.clone()),
            product_key: Set(complaint.product.as_deref().and_then(product_key)),
            is_duplicate: Set(false),
            received_at: Set(micros(submission.received_at(now))),
            created_at: Set(micros(now)),
            ..Default::default()
        }
    }

    fn open_ticket(
        &self,
        id: &str,
        complaint: &str,
        number: Number,
        submission: &Submission,
        received: Timestamp,
        token: &str,
    ) -> Result<Record> {
        let taxonomy = &self.house().taxonomy;
        let said = &submission.complaint;
        // Until the engine has read it, it is as urgent as the middle of the scale.
        let middle = &taxonomy.priorities[taxonomy.priorities.len() / 2].label.id;
        let opening = Opening {
            number,
            channel: said.channel.clone(),
            customer: said.customer.as_ref().and_then(|customer| customer.id.clone()),
            priority: middle.clone(),
            labels: Default::default(),
        };
        let opened = self.house().rules().open(opening, &Actor::system("intake"), received)?;
        let row = ticket::Model {
            id: id.into(),
            number: number.to_string(),
            complaint_id: complaint.into(),
            product: said.product.clone(),
            region: said.region.clone(),
            opened_at: micros(received),
            // By what it is found; in the clear it is stored nowhere.
            token_hash: secret::hash(token),
            ..empty_row()
        };
        Record::begin(row, opened)
    }

    /// A text of a person as it may be stored and shown; one that is nothing but signs stays as it is.
    pub fn masked(&self, text: &str) -> String {
        self.engine().read(text).map_or_else(|_| plain(text), |reading| stored_text(&reading))
    }
}

/// Where a sealed value of a complaint stands.
pub(in crate::desk) fn place<'a>(column: &'a str, complaint: &'a str) -> Place<'a> {
    Place { table: "complaint", column, row: complaint }
}

fn stored_text(reading: &Reading) -> String {
    plain(&reading.text.masked())
}

/// Without control characters but the ends of lines and tabs: PostgreSQL takes no NUL, and nobody reads the others.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && !matches!(c, '\n' | '\t') { ' ' } else { c }).collect()
}

/// What was sent, for telling the same request from another under the same key.
fn hash(submission: &Submission) -> String {
    let mut hash = Sha256::new();
    let complaint = serde_json::to_vec(&submission.complaint).expect("texts and numbers are JSON");
    let files = submission.attachments.iter().map(|file| Some(file.sha256.clone().into_bytes()));
    for part in [
        Some(complaint),
        submission.contact.clone().map(String::into_bytes),
        submission.wish.clone().map(String::into_bytes),
    ]
    .into_iter()
    .chain(files)
    {
        let part = part.unwrap_or_default();
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hex(&hash.finalize())
}

/// A row that [`Record::save`] will complete.
fn empty_row() -> ticket::Model {
    ticket::Model {
        id: String::new(),
        number: String::new(),
        complaint_id: String::new(),
        version: 0,
        node: String::new(),
        status: String::new(),
        pause: None,
        held: false,
        classified: false,
        triage: false,
        department: None,
        team: None,
        agent: None,
        skills: "[]".into(),
        priority: String::new(),
        urgency: 0,
        category: None,
        customer_id: None,
        channel: None,
        product: None,
        region: None,
        incident_id: None,
        merged_into: None,
        opened_at: 0,
        changed_at: 0,
        due_at: None,
        due_clock: None,
        breached: false,
        ended_at: None,
        token_hash: String::new(),
    }
}
