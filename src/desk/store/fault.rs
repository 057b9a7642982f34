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
                } else if says(&["disk is full", "No space left", "disk I/O error"]) {
                    Error::StoreUnavailable { reason: "its disk is full or does not answer".into() }
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
