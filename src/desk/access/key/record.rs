//! What is stored of a key, and whether the key is good.

use super::{super::secret, Key};
use crate::{
    Error, Result,
    desk::{
        access::{DeskRole, Permission, Principal, PrincipalKind},
        ticket::Scope,
    },
};
use jiff::{RoundMode, SignedDuration, Timestamp, TimestampRound, Unit};
use std::{collections::BTreeSet, fmt};

/// The longest time for which the old and the new key of a rotation are both good.
pub const LONGEST_OVERLAP: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Characters of a name.
const LONGEST_NAME: usize = 100;

/// What is stored of a key. The key itself is not in it.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// [`Key::id`].
    pub id: String,
    /// What people call it.
    pub name: String,
    /// 64 hexadecimal digits: the SHA-256 of the key.
    pub secret_hash: String,
    /// What it is at the desk.
    pub role: DeskRole,
    /// What is left of the role's permissions; `None` is all of them.
    pub scopes: Option<BTreeSet<Permission>>,
    /// Whose tickets and complaints it sees.
    pub departments: Scope,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is no longer good.
    pub expires_at: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
    /// The hour in which it was last used.
    pub used_at: Option<Timestamp>,
}

impl KeyRecord {
    /// Makes a key, and what to store of it. [`Principal::require_grant`] says whether somebody may.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] where the name is empty, long or has control characters, the scopes do not fit the role, or
    /// the key would be over before it begins.
    pub fn issue(
        name: &str,
        role: DeskRole,
        scopes: Option<BTreeSet<Permission>>,
        departments: Scope,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(Key, KeyRecord)> {
        let fault = |what: &str, reason: String| Err(Error::InvalidRequest { what: what.into(), reason });
        let name = name.trim();
        if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
            return fault("name", format!("must have 1 to {LONGEST_NAME} characters, and no control characters"));
        }
        role.check_scopes(scopes.as_ref())?;
        if expires_at.is_some_and(|end| end <= now) {
            return fault("expires_at", "must be later than now".into());
        }
        let key = Key::generate();
        let record = KeyRecord {
            id: key.id().to_owned(),
            name: name.to_owned(),
            secret_hash: secret::hash(key.reveal()),
            role,
            scopes,
            departments,
            created_at: now,
            expires_at,
            revoked_at: None,
            used_at: None,
        };
        Ok((key, record))
    }

    /// Who a key stands for. Why it is not good is told only to whoever has all of it.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`].
    pub fn verify(&self, key: &Key, now: Timestamp) -> Result<Principal> {
        if key.id() != self.id || !secret::matches(key.reveal(), &self.secret_hash) {
            return Err(unknown());
        }
        self.check(now)?;
        Ok(Principal {
            id: self.id.clone(),
            kind: PrincipalKind::Key,
            role: self.role,
            scopes: self.scopes.clone(),
            departments: self.departments.clone(),
        })
    }

    /// Whether it is good at an instant: neither revoked nor expired.
    fn check(&self, now: Timestamp) -> Result<()> {
        let over = |reason| Err(Error::Unauthenticated { reason });
        match (self.revoked_at, self.expires_at) {
            (Some(at), _) => over(format!("the API key {} was revoked at {at:.0}", self.id)),
            (None, Some(at)) if at <= now => over(format!("the API key {} expired at {at:.0}", self.id)),
            _ => Ok(()),
        }
    }

    /// Makes a key that takes this one's place: same name, role, scopes and departments, and as long a life. Both are good
    /// for the overlap, then this one expires, or earlier if it would have anyway.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] where it is over already, [`Error::InvalidRequest`] where the overlap is negative or
    /// longer than [`LONGEST_OVERLAP`].
    pub fn rotate(&mut self, overlap: SignedDuration, now: Timestamp) -> Result<(Key, KeyRecord)> {
        self.check(now)?;
        if overlap.is_negative() || overlap > LONGEST_OVERLAP {
            let reason = format!("must be from 0 to {} days", LONGEST_OVERLAP.as_hours() / 24);
            return Err(Error::InvalidRequest { what: "overlap".into(), reason });
        }
        let end = |from: Timestamp, after| from.checked_add(after).unwrap_or(Timestamp::MAX);
        let expires_at = self.expires_at.map(|old| end(now, old.duration_since(self.created_at)));
        let made =
            KeyRecord::issue(&self.name, self.role, self.scopes.clone(), self.departments.clone(), expires_at, now)?;
        let over = end(now, overlap);
        self.expires_at = Some(self.expires_at.map_or(over, |old| old.min(over)));
        Ok(made)
    }

    /// Takes it back for good. The first time counts.
    pub fn revoke(&mut self, now: Timestamp) {
        self.revoked_at.get_or_insert(now);
    }

    /// Notes a use, to the hour; whether there is something to store. One write an hour is enough to find keys that nobody
    /// uses.
    pub fn touch(&mut self, now: Timestamp) -> bool {
        let hour = TimestampRound::new().smallest(Unit::Hour).mode(RoundMode::Floor);
        let Ok(hour) = now.round(hour) else { return false };
        let newer = self.used_at.is_none_or(|used| used < hour);
        if newer {
            self.used_at = Some(hour);
        }
        newer
    }
}

/// What is told of a key that there is no record of: the same as of one with a wrong secret.
pub fn unknown() -> Error {
    Error::Unauthenticated { reason: "the API key is not known here".into() }
}

impl fmt::Debug for KeyRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("KeyRecord");
        shown.field("id", &self.id).field("role", &self.role).field("scopes", &self.scopes);
        shown.field("expires_at", &self.expires_at).field("revoked_at", &self.revoked_at).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn now() -> Timestamp {
        at("2026-11-26T01:23:45.678Z")
    }

    fn issue(expires_at: Option<Timestamp>) -> (Key, KeyRecord) {
        let scopes = Some([Permission::ComplaintsCreate].into());
        KeyRecord::issue(" CRM ", DeskRole::Integration, scopes, Scope::All, expires_at, now()).unwrap()
    }

    fn told<T>(result: Result<T>) -> String {
        result.err().unwrap().to_string()
    }

    #[test]
    fn a_good_key_stands_for_its_principal() {
        let (key, record) = issue(None);
        let principal = record.verify(&key, now()).unwrap();
        assert_eq!((principal.id.as_str(), principal.kind), (key.id(), PrincipalKind::Key));
        assert!(principal.may(Permission::ComplaintsCreate) && !principal.may(Permission::ComplaintsRead));
        assert_eq!(record.name, "CRM");
        let shown = format!("{record:?}");
        assert!(!shown.contains(&record.secret_hash) && !record.secret_hash.contains(key.reveal()), "{shown}");
    }

    #[test]
    fn of_a_key_that_is_not_whole_nothing_is_told() {
        let (key, mut record) = issue(None);
        record.revoke(now());
        let (mut other, _) = issue(None);
        assert_eq!(told(record.verify(&other, now())), unknown().to_string());
        // The same id with another secret.
        other.0.replace_range(..12, &key.reveal()[..12]);
        assert_eq!(told(record.verify(&other, now())), unknown().to_string());
    }

    #[test]
    fn a_key_ends() {
        let end = at("2026-12-01T00:00:00Z");
        let (key, mut record) = issue(Some(end));
        assert!(record.verify(&key, at("2026-11-30T23:59:59.999Z")).is_ok());
        let id = key.id();
        assert_eq!(told(record.verify(&key, end)), format!("the API key {id} expired at 2026-12-01T00:00:00Z"));
        record.revoke(now());
        record.revoke(end);
        let revoked = format!("the API key {id} was revoked at 2026-11-26T01:23:45Z");
        assert_eq!(told(record.verify(&key, now())), revoked, "the first time counts, in whole seconds");
        assert_eq!(told(record.rotate(SignedDuration::ZERO, now())), revoked);
    }

    #[test]
    fn bad_wishes_are_refused() {
        let issue = |name: &str, scopes, end| {
            told(KeyRecord::issue(name, DeskRole::Integration, scopes, Scope::All, end, now()))
        };
        let name = "name: must have 1 to 100 characters, and no control characters";
        assert_eq!(issue(" ", None, None), name);
        assert_eq!(issue(&"名".repeat(101), None, None), name);
        assert_eq!(issue("a\nb", None, None), name);
        assert!(issue("CRM", Some([Permission::KeysManage].into()), None).starts_with("scopes: the role integration"));
        assert_eq!(issue("CRM", None, Some(now())), "expires_at: must be later than now");
    }

    #[test]
    fn in_a_rotation_both_are_good_for_the_overlap() {
        let day = SignedDuration::from_hours(24);
        let (old, mut before) = issue(Some(now() + day * 90));
        let later = now() + day * 80;
        let (new, after) = before.rotate(day * 7, later).unwrap();
        assert_ne!(old.id(), new.id());
        for (days, good) in [(0, true), (6, true), (7, false), (89, false)] {
            assert_eq!(before.verify(&old, later + day * days).is_ok(), good, "{days}");
            assert!(after.verify(&new, later + day * days).is_ok(), "{days}");
        }
        assert_eq!(after.expires_at, Some(later + day * 90), "as long a life");
        assert_eq!((&after.name, after.role, &after.scopes), (&before.name, before.role, &before.scopes));
        let (_, mut near_its_end) = issue(Some(now() + day));
        near_its_end.rotate(day * 7, now()).unwrap();
        assert_eq!(near_its_end.expires_at, Some(now() + day), "no rotation makes a key live longer");
        let (_, mut endless) = issue(None);
        let (_, next) = endless.rotate(SignedDuration::ZERO, now()).unwrap();
        assert_eq!((endless.expires_at, next.expires_at), (Some(now()), None));
        for overlap in [SignedDuration::from_secs(-1), LONGEST_OVERLAP + SignedDuration::from_secs(1)] {
            assert_eq!(told(issue(None).1.rotate(overlap, now())), "overlap: must be from 0 to 30 days");
        }
    }

    #[test]
    fn use_is_noted_to_the_hour() {
        let (_, mut record) = issue(None);
        for (time, noted, written) in [
            ("2026-11-26T09:59:59Z", "2026-11-26T09:00:00Z", true),
            ("2026-11-26T09:59:59.9Z", "2026-11-26T09:00:00Z", false),
            ("2026-11-26T10:00:00Z", "2026-11-26T10:00:00Z", true),
            ("2026-11-26T08:00:00Z", "2026-11-26T10:00:00Z", false),
        ] {
            assert_eq!(record.touch(at(time)), written, "{time}");
            assert_eq!(record.used_at, Some(at(noted)), "{time}");
        }
    }

    proptest! {
        #[test]
        fn a_key_is_never_good_after_its_end(life in 1..10_000i64, overlap in 0..10_000i64, when in 0..30_000i64) {
            let second = SignedDuration::from_secs(1);
            let (key, mut record) = issue(Some(now() + second * life as i32));
            record.rotate(second * overlap as i32, now()).unwrap();
            let good = record.verify(&key, now() + second * when as i32).is_ok();
            prop_assert_eq!(good, when < life.min(overlap));
        }
    }
}
