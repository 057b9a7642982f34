//! Passwords: hashed with Argon2id, checked in the same time whether the account exists or not.
//!
//! Parameters after the OWASP Password Storage Cheat Sheet: 19 MiB of memory, 2 passes, 1 lane. A check takes some tens of
//! milliseconds of one core: run it where blocking is allowed. Passwords are compared in NFC, so that it does not matter how
//! a keyboard makes an accent (NIST SP 800-63B-4, section 3.1.1.2).

mod rules;

pub use rules::{LONGEST, SHORTEST, check_new};

use crate::{Error, Result};
use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{Error as Fault, PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use rand::Rng;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// A hash of nobody's password, with the parameters of today.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is not the password, or there is no such account.
    Wrong,
    /// It is, and the hash is as it should be.
    Right,
    /// It is, but the hash has other parameters than today's: [`hash`] the password again and store that.
    RightButOld,
}

/// Hashes a password with a random salt: a PHC string.
///
/// # Errors
/// [`Error::InvalidRequest`] above [`LONGEST`], [`Error::Internal`] where there is no memory for it.
pub fn hash(password: &str) -> Result<String> {
    if too_long(password) {
        return Err(rules::too_long());
    }
    let salt: [u8; 16] = rand::rng().random();
    let hashed = argon2().hash_password_with_salt(composed(password).as_bytes(), &salt);
    hashed.map(|hash| hash.to_string()).map_err(|fault| Error::Internal(format!("a password was not hashed: {fault}")))
}

/// Holds a password against the stored hash of its account. Give `None` where there is no such account, it may not sign in
/// or has no password: that takes as long, and is [`Outcome::Wrong`].
///
/// # Errors
/// [`Error::Internal`] where what is stored is no hash that can be checked.
pub fn verify(password: &str, stored: Option<&str>) -> Result<Outcome> {
    // What is longer than any password is not worth hashing; all accounts refuse it as fast.
    if too_long(password) {
        return Ok(Outcome::Wrong);
    }
    let parsed = PasswordHash::new(stored.unwrap_or(NOBODY)).map_err(|fault| unreadable(fault.into()))?;
    match argon2().verify_password(composed(password).as_bytes(), &parsed) {
        Ok(()) if stored.is_none() => Ok(Outcome::Wrong),
        Ok(()) if needs_rehash(&parsed) => Ok(Outcome::RightButOld),
        Ok(()) => Ok(Outcome::Right),
        Err(Fault::PasswordInvalid) => Ok(Outcome::Wrong),
        Err(fault) => Err(unreadable(fault)),
    }
}

fn unreadable(fault: Fault) -> Error {
    Error::Internal(format!("a stored password hash cannot be checked: {fault}"))
}

/// Whether a hash was made otherwise than one would be made today.
fn needs_rehash(hash: &PasswordHash) -> bool {
    let same = hash.algorithm == Algorithm::Argon2id.ident()
        && hash.version == Some(Version::V0x13.into())
        && Params::try_from(hash).is_ok_and(|found| {
            let today = params();
            (found.m_cost(), found.t_cost(), found.p_cost()) == (today.m_cost(), today.t_cost(), today.p_cost())
                && found.output_len() == today.output_len()
        });
    !same
}

fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params())
}

fn params() -> Params {
    Params::new(19 * 1024, 2, 1, Some(32)).expect("the parameters are within Argon2's limits")
}

fn composed(password: &str) -> Zeroizing<String> {
    Zeroizing::new(password.nfc().collect())
}

fn too_long(password: &str) -> bool {
    // Composing may make a text longer, though seldom: four bytes a character is what UTF-8 takes at most.
    password.len() > 4 * LONGEST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_password_is_right_however_it_is_typed() {
        let stored = hash("pässwort für Zhang").unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert_eq!(verify("pässwort für Zhang", Some(&stored)).unwrap(), Outcome::Right);
        assert_eq!(verify("pa\u{308}sswort fu\u{308}r Zhang", Some(&stored)).unwrap(), Outcome::Right);
        assert_eq!(verify("pässwort für zhang", Some(&stored)).unwrap(), Outcome::Wrong);
        assert_ne!(hash("pässwort für Zhang").unwrap(), stored, "salts differ");
    }

    #[test]
    fn nobody_has_no_password() {
        let parsed = PasswordHash::new(NOBODY).unwrap();
        assert!(!needs_rehash(&parsed), "a check of nobody takes as long as one of somebody");
        for password in ["", "hunter2", "\0"] {
            assert_eq!(verify(password, None).unwrap(), Outcome::Wrong);
        }
    }

    /// Of the reference implementation: `echo -n password | argon2 somesalt -id -t 2 -m 16 -p 4 -l 24`, and others.
    #[test]
    fn hashes_of_others_are_understood_and_old() {
        for stored in [
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        ] {
            assert_eq!(verify("password", Some(stored)).unwrap(), Outcome::RightButOld, "{stored}");
            assert_eq!(verify("Password", Some(stored)).unwrap(), Outcome::Wrong, "{stored}");
        }
    }

    #[test]
    fn what_is_no_hash_is_our_fault() {
        for stored in ["", "password", "$2b$12$KIXQZ", "$argon2id$v=19$m=1,t=0,p=0$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAA"] {
            let told = verify("password", Some(stored)).unwrap_err().to_string();
            assert!(told.starts_with("internal fault: a stored password hash cannot be checked: "), "{told}");
        }
    }

    #[test]
    fn no_password_is_too_long_to_be_refused_fast() {
        let long = "长".repeat(100_000);
        assert_eq!(verify(&long, None).unwrap(), Outcome::Wrong);
        assert!(hash(&long).is_err());
    }
}
