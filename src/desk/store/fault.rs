//! What a database says, in our words: its own sentences may quote what is stored, so they stay out of messages.

use crate::Error;
use sea_orm::{DbErr, RuntimeErr, SqlErr};

impl From<DbErr> for Error {
    fn from(fault: DbErr) -> Self {
        let told = fault.to_string();
        let says = |words: &[&str]| words.iter().any(|word| told.contains(word));
        match &fault {
            DbErr::ConnectionAcquire(_) => Error::StoreUnavailable { reason: "no connection came free in time".into() },
            DbErr::Conn(_) => Error::StoreUnavailable { reason: "there is no connection to it".into() },
            DbErr::Exec(RuntimeErr::SqlxError(_)) | DbErr::Query(RuntimeErr::SqlxError(_)) => {
                if matches!(fault.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) {
                    Error::StoreRace
                } else if says(&["disk is full", "No space left", "disk I/O error", "unable to open database file"]) {
                    Error::StoreUnavailable { reason: "its disk is full or does not answer".into() }
                } else if let Some(reason) = out_of_reach(&code(&fault)) {
                    Error::StoreUnavailable { reason: reason.into() }
                } else if says(&["database is locked", "busy"]) {
                    Error::StoreUnavailable { reason: "others have written for too long".into() }
                } else if says(&["error returned from database", "no rows returned", "ColumnDecode", "decoding column"])
                {
                    Error::Store { reason: format!("a statement failed ({})", code(&fault)) }
                } else {
                    // Broken pipes, resets, ends of files, closed pools: the connection is gone, the statement was no fault.
                    Error::StoreUnavailable { reason: "the connection to it broke".into() }
                }
            }
            _ => Error::Store { reason: format!("a statement failed ({})", code(&fault)) },
        }
    }
}

/// What PostgreSQL says when it is the server that fails and not the statement, by its SQLSTATE
/// (<https://www.postgresql.org/docs/current/errcodes-appendix.html>). SQLite's codes are shorter, and mean other things.
fn out_of_reach(code: &str) -> Option<&'static str> {
    if code.len() != 5 {
        return None;
    }
    match (&code[..2], code) {
        ("08", _) => Some("the connection to it broke"),
        ("53", _) => Some("it has no room left: connections, memory or disk"),
        (_, "57P01" | "57P02" | "57P03" | "57P05") => Some("it goes down or comes up"),
        (_, "58030") => Some("its disk is full or does not answer"),
        // After a change of roles: the old primary, or a copy that is not yet one.
        (_, "25006") => Some("it may only be read"),
        _ => None,
    }
}

/// The dialect's code of a fault, or the kind of it.
fn code(fault: &DbErr) -> String {
    let runtime = match fault {
        DbErr::Exec(runtime) | DbErr::Query(runtime) | DbErr::Conn(runtime) => runtime,
        DbErr::RecordNotUpdated => return "nothing was there to change".into(),
        DbErr::RecordNotInserted => return "nothing was added".into(),
        DbErr::Type(_) | DbErr::Json(_) | DbErr::TryIntoErr { .. } => return "a value has another type".into(),
        DbErr::BackendNotSupported { .. } => return "the dialect does not have it".into(),
        _ => return "unknown".into(),
    };
    match runtime {
        RuntimeErr::SqlxError(fault) => {
            fault.as_database_error().and_then(|fault| fault.code()).map_or("no code".into(), |code| code.into_owned())
        }
        RuntimeErr::Internal(_) => "internal".into(),
    }
}
