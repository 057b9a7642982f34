-- The desk. Times are microseconds since 1970, ids are UUIDs (version 7) as text, JSON is text: the same on SQLite and PostgreSQL.
-- {bytes} is the dialect's type of bytes.

CREATE TABLE complaint (
    id TEXT PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    ticket_id TEXT NOT NULL,
    channel TEXT,
    external_id TEXT,
    customer_id TEXT,
    tier TEXT,
    contact_sealed {bytes},
    contact_index TEXT,
    contact_is_mail BOOLEAN NOT NULL,
    original_sealed {bytes} NOT NULL,
    masked_text TEXT NOT NULL,
    words TEXT NOT NULL,
    wish TEXT,
    order_id TEXT,
    amount_fen BIGINT,
    product TEXT,
    region TEXT,
    product_key TEXT,
    is_duplicate BOOLEAN NOT NULL,
    token_sealed {bytes} NOT NULL,
    received_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX complaint_external ON complaint (external_id, COALESCE(channel, ''));
CREATE INDEX complaint_customer ON complaint (customer_id, created_at);
CREATE INDEX complaint_contact ON complaint (contact_index, created_at);
CREATE INDEX complaint_order ON complaint (order_id, created_at);
CREATE INDEX complaint_product ON complaint (product, created_at);
CREATE INDEX complaint_product_key ON complaint (product_key, created_at);
CREATE INDEX complaint_region ON complaint (region, created_at);
CREATE INDEX complaint_created ON complaint (created_at, id);

-- What this database was last worked on by.
CREATE TABLE setting (
    id TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- Keys under which nearly the same words meet.
CREATE TABLE fingerprint (
    key BIGINT NOT NULL,
    at BIGINT NOT NULL,
    complaint_id TEXT NOT NULL REFERENCES complaint (id),
    PRIMARY KEY (key, at, complaint_id)
);
CREATE INDEX fingerprint_at ON fingerprint (at);

-- How many complaints a day has had, for their numbers.
CREATE TABLE day_count (
    day TEXT PRIMARY KEY,
    count BIGINT NOT NULL
);

-- What was answered to a request with an Idempotency-Key.
CREATE TABLE idempotency (
    key TEXT PRIMARY KEY,
    request TEXT NOT NULL,
    complaint_id TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX idempotency_created ON idempotency (created_at);

CREATE TABLE decision (
    complaint_id TEXT PRIMARY KEY REFERENCES complaint (id),
    category TEXT,
    emotion TEXT,
    intensity DOUBLE PRECISION,
    sentiment DOUBLE PRECISION,
    action TEXT NOT NULL,
    signals TEXT NOT NULL,
    decision TEXT NOT NULL,
    route TEXT NOT NULL,
    decided_at BIGINT NOT NULL
);
CREATE INDEX decision_category ON decision (category, decided_at);

-- The state of a ticket after its history, for lists; the history is what counts.
CREATE TABLE ticket (
    id TEXT PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    complaint_id TEXT NOT NULL REFERENCES complaint (id),
    version BIGINT NOT NULL,
    node TEXT NOT NULL,
    status TEXT NOT NULL,
    pause TEXT,
    held BOOLEAN NOT NULL,
    classified BOOLEAN NOT NULL,
    triage BOOLEAN NOT NULL,
    department TEXT,
    team TEXT,
    agent TEXT,
    skills TEXT NOT NULL,
    priority TEXT NOT NULL,
    urgency BIGINT NOT NULL,
    category TEXT,
    customer_id TEXT,
    channel TEXT,
    product TEXT,
    region TEXT,
    incident_id TEXT,
    merged_into TEXT,
    opened_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    due_at BIGINT,
    due_clock TEXT,
    breached BOOLEAN NOT NULL,
    ended_at BIGINT,
    token_hash TEXT NOT NULL UNIQUE
);
CREATE INDEX ticket_opened ON ticket (opened_at, id);
CREATE INDEX ticket_department ON ticket (department, status, opened_at);
CREATE INDEX ticket_agent ON ticket (agent, status);
CREATE INDEX ticket_status ON ticket (status, opened_at);
CREATE INDEX ticket_customer ON ticket (customer_id, opened_at);
CREATE INDEX ticket_due ON ticket (due_at);

CREATE TABLE ticket_event (
    ticket_id TEXT NOT NULL REFERENCES ticket (id),
    sequence BIGINT NOT NULL,
    at BIGINT NOT NULL,
    role TEXT NOT NULL,
    actor TEXT NOT NULL,
    kind TEXT NOT NULL,
    facts TEXT,
    note TEXT,
    PRIMARY KEY (ticket_id, sequence)
);

-- Work that must not get lost. A worker claims it for the time of a lease; what fails comes again later, and is dead in the end.
CREATE TABLE job (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    lease TEXT,
    leased_until BIGINT,
    attempts BIGINT NOT NULL,
    fault TEXT,
    dead BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX job_subject ON job (kind, subject);
CREATE INDEX job_due ON job (dead, kind, due_at);
-- Sweeping is never done with: each time it puts itself back into the queue.
INSERT INTO job (id, kind, subject, due_at, attempts, dead, created_at) VALUES ('sweep-rows', 'sweep', 'rows', 0, 0, FALSE, 0);
INSERT INTO job (id, kind, subject, due_at, attempts, dead, created_at) VALUES ('sweep-attachments', 'sweep', 'attachments', 0, 0, FALSE, 0);

-- What somebody is to be told, written in the transaction of what happened. The key says what it is about, so that nothing is told twice.
CREATE TABLE notice (
    id TEXT PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    ticket_id TEXT,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX notice_ticket ON notice (ticket_id, created_at);
CREATE INDEX notice_latest ON notice (created_at, id);

CREATE TABLE delivery (
    id TEXT PRIMARY KEY,
    notice_id TEXT NOT NULL REFERENCES notice (id),
    target TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX delivery_target ON delivery (notice_id, target);
CREATE INDEX delivery_of ON delivery (target);

-- Mailboxes of the house that hear of deadlines: when the last message went, and until when somebody writes the next.
CREATE TABLE recipient (
    id TEXT PRIMARY KEY,
    told_at BIGINT,
    busy_until BIGINT
);

CREATE TABLE webhook (
    id TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    secret_sealed {bytes} NOT NULL,
    kinds TEXT NOT NULL,
    enabled BOOLEAN NOT NULL,
    fault TEXT,
    created_at BIGINT NOT NULL
);

-- What many complain about. Whether it is open follows from its times, so no job has to close it.
CREATE TABLE incident (
    id TEXT PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    rule TEXT NOT NULL,
    subject TEXT NOT NULL,
    reason TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    latest_at BIGINT NOT NULL,
    closed_at BIGINT,
    closed_by TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX incident_subject ON incident (rule, subject);
CREATE INDEX incident_created ON incident (created_at, id);

CREATE TABLE incident_member (
    incident_id TEXT NOT NULL REFERENCES incident (id),
    ticket_id TEXT NOT NULL REFERENCES ticket (id),
    joined_at BIGINT NOT NULL,
    PRIMARY KEY (incident_id, ticket_id)
);
CREATE INDEX incident_member_ticket ON incident_member (ticket_id);

-- Who works at the desk.
CREATE TABLE staff (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    departments TEXT NOT NULL,
    teams TEXT NOT NULL,
    skills TEXT NOT NULL,
    capacity BIGINT NOT NULL,
    presence TEXT NOT NULL,
    supervisor BOOLEAN NOT NULL,
    email_sealed {bytes},
    last_assigned_at BIGINT,
    created_at BIGINT NOT NULL
);

-- Who may sign in.
CREATE TABLE account (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    departments TEXT,
    password TEXT NOT NULL,
    enabled BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE session (
    token_hash TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id),
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);
CREATE INDEX session_account ON session (account_id);

-- Who tried to sign in and did not, by the name that was given: one that is no account is written down like one that is.
CREATE TABLE sign_in (
    id TEXT PRIMARY KEY,
    failures TEXT NOT NULL,
    tried_at BIGINT NOT NULL
);

CREATE TABLE api_key (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    role TEXT NOT NULL,
    scopes TEXT,
    departments TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    used_at BIGINT
);

CREATE TABLE audit (
    sequence BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    entry TEXT NOT NULL,
    hash TEXT NOT NULL
);

-- Files of complaints; their bytes are in the store of objects. `event` is where the ticket's history tells of one that came later.
CREATE TABLE attachment (
    id TEXT PRIMARY KEY,
    complaint_id TEXT NOT NULL REFERENCES complaint (id),
    place BIGINT NOT NULL,
    event BIGINT,
    role TEXT NOT NULL,
    actor TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    object TEXT NOT NULL UNIQUE,
    name_sealed {bytes},
    created_at BIGINT NOT NULL
);
CREATE INDEX attachment_complaint ON attachment (complaint_id, place);

-- Files on their way: here before their first byte is stored, and until a complaint takes them. Nobody takes one that was given up.
CREATE TABLE upload (
    id TEXT PRIMARY KEY,
    object TEXT NOT NULL UNIQUE,
    given_up BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL
);
