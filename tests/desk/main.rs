//! The desk over both kinds of database: SQLite always, PostgreSQL where FENZHEN_TEST_POSTGRES has the URL of a server (the
//! test command starts one).

mod accounts;
mod attachments;
mod bucket;
mod clock;
mod contention;
mod feedback;
mod incidents;
mod intake;
mod jobs;
mod notices;
mod people_told;
mod relate;
mod reseal;
mod stores;
mod tickets;
