//! Sessions of people: a random token in a cookie, a row in the store.

use super::secret;
use crate::{Error, Result};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use sha2::Sha256;
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The cookie of a session over HTTPS. Browsers take a `__Host-` cookie from the host itself only (RFC 6265bis).
const COOKIE: &str = "__Host-fenzhen";
/// The cookie of a session on loopback, where there is no TLS.
const LOCAL_COOKIE: &str = "fenzhen";

/// What a browser has of a session: 256 random bits. Wiped from memory when dropped, and never in Debug.
pub struct Token(Zeroizing<String>);

impl Token {
    /// A new one. Make a new one at every sign-in, never keep one from before.
    pub fn generate() -> Self {
        Token(secret::random())
    }

    /// The session's token among the cookies of a request. `secure` as in [`Token::cookie`].
    pub fn from_cookies(header: &str, secure: bool) -> Option<Self> {
        let cookies = header.split(';').filter_map(|cookie| cookie.trim().split_once('='));
        let mut own = cookies.filter(|(name, _)| *name == cookie_name(secure)).map(|(_, value)| value);
        own.next().filter(|value| secret::fits(value)).map(|value| Token(Zeroizing::new(value.to_owned())))
    }

    /// The value of the `Set-Cookie` header: for this host only, out of reach of scripts, never sent from other sites.
    /// `secure` is false only where the server listens on loopback and nothing with TLS stands before it.
    pub fn cookie(&self, policy: &SessionPolicy, secure: bool) -> Zeroizing<String> {
        let mut cookie = Zeroizing::new(String::with_capacity(160));
        cookie.push_str(cookie_name(secure));
        cookie.push('=');
        cookie.push_str(&self.0);
        cookie.push_str(&format!("; Max-Age={}", policy.absolute.as_secs()));
        cookie.push_str(attributes(secure));
        cookie
    }

    /// What is stored: 64 hexadecimal digits, the SHA-256 of the token.
    pub fn hash(&self) -> String {
        secret::hash(&self.0)
    }

    /// What a page of this session sends with every request that changes something, in `X-CSRF-Token`: other sites can
    /// make a browser send the cookie, but cannot know this. An HMAC-SHA-256 under the token.
    pub fn csrf(&self) -> String {
        BASE64.encode(self.csrf_code())
    }

    /// Refuses a request whose CSRF token is missing or another session's.
    ///
    /// # Errors
    /// [`Error::Csrf`].
    pub fn check_csrf(&self, sent: Option<&str>) -> Result<()> {
        let sent = sent.and_then(|sent| BASE64.decode(sent).ok());
        match sent.is_some_and(|sent| self.csrf_code().ct_eq(&sent).into()) {
            true => Ok(()),
            false => Err(Error::Csrf),
        }
    }

    fn csrf_code(&self) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_bytes()).expect("HMAC takes keys of any length");
        mac.update(b"fenzhen csrf 1");
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// The `Set-Cookie` header that ends a session in the browser.
pub fn ended_cookie(secure: bool) -> String {
    format!("{}=; Max-Age=0{}", cookie_name(secure), attributes(secure))
}

fn cookie_name(secure: bool) -> &'static str {
    if secure { COOKIE } else { LOCAL_COOKIE }
}

fn attributes(secure: bool) -> &'static str {
    if secure { "; Path=/; HttpOnly; SameSite=Strict; Secure" } else { "; Path=/; HttpOnly; SameSite=Strict" }
}

/// How long sessions last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionPolicy {
    /// Without a request.
    pub idle: SignedDuration,
    /// At all: then one signs in again.
    pub absolute: SignedDuration,
}

impl Default for SessionPolicy {
    /// One hour idle, and a shift of twelve at most (NIST SP 800-63B-4, section 2.2.3, for AAL2: 24 hours and 1 hour).
    fn default() -> Self {
        SessionPolicy { idle: SignedDuration::from_hours(1), absolute: SignedDuration::from_hours(12) }
    }
}

/// When a session began and when it was last used, as stored beside [`Token::hash`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// When somebody signed in.
    pub created_at: Timestamp,
    /// When it was last used, a little coarse.
    pub seen_at: Timestamp,
}

impl Session {
    /// When it ends unless it is used before.
    pub fn ends_at(&self, policy: &SessionPolicy) -> Timestamp {
        let end = |from: Timestamp, after| from.checked_add(after).unwrap_or(Timestamp::MAX);
        end(self.seen_at, policy.idle).min(end(self.created_at, policy.absolute))
    }

    /// Refuses one that is over, and renews one that is not; whether there is something to store. A use is noted only
    /// after a twentieth of the idle time, so that not every request writes: a session may end that much early.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`].
    pub fn renew(&mut self, policy: &SessionPolicy, now: Timestamp) -> Result<bool> {
        if self.ends_at(policy) <= now {
            return Err(Error::Unauthenticated { reason: "the session is over: sign in again".into() });
        }
        let worth = now.duration_since(self.seen_at) >= policy.idle / 20;
        if worth {
            self.seen_at = now;
        }
        Ok(worth)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn now() -> Timestamp {
        "2026-11-26T01:00:00Z".parse().unwrap()
    }

    fn begun(now: Timestamp) -> Session {
        Session { created_at: now, seen_at: now }
    }

    const MINUTE: SignedDuration = SignedDuration::from_mins(1);

    #[test]
    fn the_cookie_goes_out_and_comes_back() {
        let token = Token::generate();
        let policy = SessionPolicy::default();
        for (secure, end) in [
            (true, "; Max-Age=43200; Path=/; HttpOnly; SameSite=Strict; Secure"),
            (false, "; Max-Age=43200; Path=/; HttpOnly; SameSite=Strict"),
        ] {
            let cookie = token.cookie(&policy, secure);
            let pair = cookie.strip_suffix(end).unwrap();
            let back = Token::from_cookies(&format!("theme=dark; {pair}; x=y"), secure).unwrap();
            assert_eq!(back.hash(), token.hash());
            assert!(Token::from_cookies(pair, !secure).is_none());
        }
        assert_eq!(ended_cookie(true), "__Host-fenzhen=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict; Secure");
        for header in ["", "fenzhen", "fenzhen=", "fenzhen=short", &format!("fenzhen={}", "é".repeat(43))] {
            assert!(Token::from_cookies(header, false).is_none(), "{header}");
        }
        assert_ne!(Token::generate().hash(), token.hash());
        assert_eq!(format!("{token:?}"), "Token(…)");
    }

    #[test]
    fn a_csrf_token_is_good_for_its_session_only() {
        let (token, other) = (Token::generate(), Token::generate());
        assert!(token.check_csrf(Some(&token.csrf())).is_ok());
        for sent in [None, Some(""), Some("!"), Some(&*other.csrf()), Some(&*token.0), Some(&token.csrf()[1..])] {
            assert!(token.check_csrf(sent).is_err());
        }
    }

    /// Computed with Python's hmac.
    #[test]
    fn the_csrf_token_is_the_one_described() {
        let token = Token(Zeroizing::new("0".repeat(43)));
        assert_eq!(token.csrf(), "JWHLya0qNQ6VaFAPIw87gBS-BxsDSvNMjJIUJ-TmAX4");
    }

    #[test]
    fn a_session_ends_idle_or_old() {
        let policy = SessionPolicy::default();
        let mut session = begun(now());
        for (minutes, written) in [(0, false), (2, false), (3, true), (5, false), (62, true), (100, true)] {
            assert_eq!(session.renew(&policy, now() + MINUTE * minutes).unwrap(), written, "{minutes}");
        }
        let told = session.renew(&policy, now() + MINUTE * 160).unwrap_err().to_string();
        assert_eq!(told, "the session is over: sign in again");
        let mut session = Session { seen_at: now() + MINUTE * 719, ..begun(now()) };
        assert!(session.renew(&policy, now() + MINUTE * 719).is_ok());
        assert!(session.renew(&policy, now() + MINUTE * 720).is_err(), "twelve hours are the end");
        assert!(session.renew(&policy, now()).is_ok(), "a clock that goes back ends nothing");
    }

    proptest! {
        #[test]
        fn no_use_keeps_a_session_alive_for_ever(gaps in prop::collection::vec(0..70i32, 1..60)) {
            let policy = SessionPolicy::default();
            let mut session = begun(now());
            let (mut minutes, mut last) = (0, 0);
            for gap in gaps {
                minutes += gap;
                let alive = session.renew(&policy, now() + MINUTE * minutes).is_ok();
                prop_assert!(!alive || (minutes < 720 && minutes - last < 60));
                prop_assert!(alive || minutes >= 720 || minutes - last >= 57);
                if !alive { break }
                last = minutes;
            }
        }

        #[test]
        fn no_header_panics(header: String) {
            prop_assert!(Token::from_cookies(&header, true).is_none());
            prop_assert!(Token::generate().check_csrf(Some(&header)).is_err());
        }
    }
}
