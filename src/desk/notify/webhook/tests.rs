use super::*;
use crate::Error;
use jiff::SignedDuration;
use proptest::prelude::*;

/// The test vector that Standard Webhooks publishes with its libraries.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const BODY: &[u8] = br#"{"test": 2432232314}"#;

fn vector() -> (Signed, Secret, Timestamp) {
    let signed = Signed {
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek".into(),
        timestamp: "1614265330".into(),
        signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=".into(),
    };
    (signed, Secret::parse(SECRET).unwrap(), Timestamp::from_second(1_614_265_330).unwrap())
}

#[test]
fn the_published_vector() {
    let (signed, secret, at) = vector();
    assert_eq!(sign(&signed.id, at, BODY, std::slice::from_ref(&secret)), signed);
    assert_eq!(verify(&signed, BODY, &[secret], at, TOLERANCE), Ok(()));
}

#[test]
fn a_secret_rotates_without_a_gap() {
    let (old, new) = (Secret::parse(SECRET).unwrap(), Secret::generate().unwrap());
    let at = Timestamp::from_second(1_614_265_330).unwrap();
    let signed = sign("m", at, BODY, &[new.clone(), old.clone()]);
    assert_eq!(signed.signature.matches("v1,").count(), 2);
    for known in [&old, &new] {
        assert_eq!(verify(&signed, BODY, std::slice::from_ref(known), at, TOLERANCE), Ok(()));
    }
    let other = Secret::generate().unwrap();
    assert_eq!(verify(&signed, BODY, &[other], at, TOLERANCE), Err(Mismatch::Signature));
    assert_eq!(sign("m", at, BODY, &[]).signature, "");
}

#[test]
fn what_is_not_believed() {
    let (signed, secret, at) = vector();
    let secrets = [secret];
    let second = SignedDuration::from_secs(1);
    for (now, told) in [
        (at + TOLERANCE, Ok(())),
        (at + TOLERANCE + second, Err(Mismatch::TooOld)),
        (at - TOLERANCE, Ok(())),
        (at - TOLERANCE - second, Err(Mismatch::TooNew)),
    ] {
        assert_eq!(verify(&signed, BODY, &secrets, now, TOLERANCE), told);
    }
    for timestamp in ["", "now", "1614265330.5", "99999999999999999999", "9999999999999"] {
        let headers = Signed { timestamp: timestamp.into(), ..signed.clone() };
        assert_eq!(verify(&headers, BODY, &secrets, at, TOLERANCE), Err(Mismatch::Timestamp), "{timestamp}");
    }
    for signature in ["", "v1", "v1,", "v1,!!", &signed.signature[3..], &signed.signature.replace("v1", "v1a")] {
        let headers = Signed { signature: signature.into(), ..signed.clone() };
        assert_eq!(verify(&headers, BODY, &secrets, at, TOLERANCE), Err(Mismatch::Signature), "{signature}");
    }
    let among_others = Signed { signature: format!("v1a,abc v1,AAAA {}", signed.signature), ..signed };
    assert_eq!(verify(&among_others, BODY, &secrets, at, TOLERANCE), Ok(()));
}

#[test]
fn secrets_are_read_strictly_and_never_shown() {
    for (text, told) in [
        ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "begin with `whsec_`"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "no base64"),
        ("whsec_c2hvcnQ=", "it has 5 bytes; they are from 24 to 64"),
        (&format!("whsec_{}", BASE64_STANDARD.encode([7; 65])), "it has 65 bytes"),
    ] {
        let error = Secret::parse(text).unwrap_err();
        assert!(matches!(error, Error::WebhookSecret { .. }));
        assert!(error.to_string().contains(told), "{error}");
        assert!(!error.to_string().contains(text), "{error}");
    }
    let secret = Secret::parse(SECRET).unwrap();
    assert_eq!(format!("{secret:?}"), "Secret(…)");
    assert_eq!(secret.reveal(), SECRET);
    let (one, other) = (Secret::generate().unwrap(), Secret::generate().unwrap());
    assert!(one != other);
    assert_eq!(Secret::parse(&one.reveal()).unwrap(), one);
}

proptest! {
    #[test]
    fn what_was_signed_verifies_and_nothing_else_does(
        key in prop::collection::vec(any::<u8>(), 24..=64),
        id in "[a-zA-Z0-9_-]{1,40}",
        body in prop::collection::vec(any::<u8>(), 1..200),
        seconds in 0i64..4_000_000_000,
        at_byte in any::<prop::sample::Index>(),
        bit in 0u8..8,
    ) {
        let secrets = [Secret::parse(&format!("whsec_{}", BASE64_STANDARD.encode(key))).unwrap()];
        let at = Timestamp::from_second(seconds).unwrap();
        let signed = sign(&id, at, &body, &secrets);
        prop_assert_eq!(verify(&signed, &body, &secrets, at, TOLERANCE), Ok(()));

        let flip = |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            let index = at_byte.index(bytes.len());
            bytes[index] ^= 1 << bit;
            bytes
        };
        prop_assert!(verify(&signed, &flip(&body), &secrets, at, TOLERANCE).is_err());
        let text = |text: &str| String::from_utf8_lossy(&flip(text.as_bytes())).into_owned();
        let headers = Signed { id: text(&signed.id), ..signed.clone() };
        prop_assert!(verify(&headers, &body, &secrets, at, TOLERANCE).is_err());
        let headers = Signed { timestamp: text(&signed.timestamp), ..signed.clone() };
        prop_assert!(verify(&headers, &body, &secrets, at, SignedDuration::MAX).is_err());
        let raw = BASE64_STANDARD.decode(&signed.signature[3..]).unwrap();
        let headers = Signed { signature: format!("v1,{}", BASE64_STANDARD.encode(flip(&raw))), ..signed.clone() };
        prop_assert!(verify(&headers, &body, &secrets, at, TOLERANCE).is_err());
        let headers = Signed { signature: text(&signed.signature), ..signed };
        prop_assert!(verify(&headers, &body, &secrets, at, TOLERANCE).is_err());
    }

    #[test]
    fn headers_are_printable_ascii(id in any::<String>(), body in any::<Vec<u8>>()) {
        let signed = sign(&id, Timestamp::UNIX_EPOCH, &body, &[Secret::generate().unwrap()]);
        for (_, value) in signed.headers() {
            prop_assert!(value.chars().all(|c| c.is_ascii_graphic() || c == ' '));
        }
    }
}
