//! The seal from outside: what opens, what does not, and what is told.

use super::*;
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use proptest::prelude::*;

const PLACE: Place = Place { table: "complaint", column: "contact", row: "c1" };

/// A key that is always the same.
fn key(seed: u8) -> String {
    BASE64.encode(std::array::from_fn::<u8, 32, _>(|at| (at as u8).wrapping_mul(37).wrapping_add(seed)))
}

fn ring(ids: &[(&str, u8)]) -> KeyRing {
    let lines: String = ids.iter().map(|(id, seed)| format!("{id}:{}\n", key(*seed))).collect();
    KeyRing::parse(&format!("{lines}index:{}\n", key(200)), "keys").unwrap()
}

/// The same parts for two rings, of which the second has rotated.
fn rings() -> (KeyRing, KeyRing) {
    (ring(&[("2025", 1)]), ring(&[("2026", 2), ("2025", 1)]))
}

#[test]
fn the_format_is_the_one_described() {
    let sealed = ring(&[("2025", 1)]).seal(&PLACE, b"text");
    assert_eq!(sealed[..6], *b"\x01\x042025");
    assert_eq!(sealed.len(), 6 + 24 + 4 + 16);
}

/// A value sealed by the first version must open for ever; another implementation made it.
#[test]
fn an_old_value_still_opens() {
    let hex = OLD;
    let sealed: Vec<u8> =
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    assert_eq!(ring(&[("2025", 1)]).open_text(&PLACE, &sealed).unwrap().as_str(), "13800138000");
    assert_eq!(ring(&[("2025", 1)]).contact_index("13800138000").unwrap(), OLD_INDEX);
}

/// By libsodium: `crypto_aead_xchacha20poly1305_ietf_encrypt` with the nonce 100, 101, …, 123.
const OLD: &str = "0104323032356465666768696a6b6c6d6e6f707172737475767778797a7b\
    54a9463f98335f0aa73fa8f86dbe6441d6ffa63bed32f702c99ad5";
/// By HMAC and HKDF as Python's hashlib gives them.
const OLD_INDEX: &str = "f91bd0a61bcd384422c9ccd7ca851967";

#[test]
fn what_is_no_sealed_value_is_refused() {
    let ring = ring(&[("2025", 1)]);
    let whole = ring.seal(&PLACE, b"");
    for cut in 0..whole.len() {
        assert!(ring.open(&PLACE, &whole[..cut]).is_err(), "{cut}");
    }
    for (sealed, told) in [
        (&b""[..], "the sealed complaint.contact cannot be opened: it is empty"),
        (
            b"\x02",
            "the sealed complaint.contact cannot be opened: it has format 2; this version of the program knows 1",
        ),
        (b"\x01", "the sealed complaint.contact cannot be opened: it is cut off"),
        (b"\x01\xffab", "the sealed complaint.contact cannot be opened: it is cut off"),
    ] {
        assert_eq!(ring.open(&PLACE, sealed).unwrap_err().to_string(), told);
    }
    let foreign = self::ring(&[("2031", 7)]).seal(&PLACE, b"x");
    let told = ring.open(&PLACE, &foreign).unwrap_err().to_string();
    assert_eq!(told, "the sealed complaint.contact cannot be opened: its key is not in the ring");
    let same_id = self::ring(&[("2025", 7)]).seal(&PLACE, b"x");
    assert!(ring.open(&PLACE, &same_id).unwrap_err().to_string().contains("another key of that id"));
    let binary = ring.seal(&PLACE, &[0xff]);
    assert!(ring.open_text(&PLACE, &binary).unwrap_err().to_string().ends_with("it is no text"));
}

#[test]
fn rotation_keeps_old_values_until_they_are_resealed() {
    let (before, after) = rings();
    let old = before.seal(&PLACE, "原文".as_bytes());
    assert!(!before.needs_rotation(&PLACE, &old).unwrap());
    assert!(after.needs_rotation(&PLACE, &old).unwrap());
    let new = after.reseal(&PLACE, &old).unwrap().unwrap();
    assert!(!after.needs_rotation(&PLACE, &new).unwrap());
    assert_eq!(after.reseal(&PLACE, &new).unwrap(), None);
    assert_eq!(after.open_text(&PLACE, &new).unwrap().as_str(), "原文");
    assert!(before.open(&PLACE, &new).is_err(), "the old ring has not got the new key");
    assert!(ring(&[("2026", 2)]).open(&PLACE, &new).is_ok(), "the old key may go now");
    assert_eq!(before.contact_index("13800138000"), after.contact_index("13800138000"));
}

#[test]
fn bad_lines_are_named_and_not_quoted() {
    let (a, b) = (key(1), key(2));
    let short = BASE64.encode([7; 31]);
    let dull = BASE64.encode([7; 32]);
    for (text, reason) in [
        (String::new(), "there is no line `index:…`, the key of the blind index"),
        (format!("2025:{a}"), "there is no line `index:…`, the key of the blind index"),
        (format!("index:{a}"), "there is no key beside `index`"),
        (format!("# keys\n\n{a}"), "line 3: must be `id:base64`"),
        (format!("2025:{a}\nindex:{b}\nSECRET!"), "line 3: must be `id:base64`"),
        (format!("Jahr 2025:{a}"), "line 1: the id must have 1 to 32 characters of a-z, 0-9 and -"),
        (format!(":{a}"), "line 1: the id must have 1 to 32 characters of a-z, 0-9 and -"),
        (format!("{}:{a}", "x".repeat(33)), "line 1: the id must have 1 to 32 characters of a-z, 0-9 and -"),
        (format!("2025:{a}!"), "line 1: the key is not base64"),
        (format!("2025:{}", &a[..43]), "line 1: the key is not base64"),
        (format!("2025:{short}"), "line 1: the key must have 32 bytes, which are 44 characters of base64"),
        (format!("2025:{dull}"), "line 1: the key is not random"),
        (format!("2025:{a}\r\n2025:{b}\r\n"), "line 2: the id stands on a line above already"),
        (format!("2025:{a}\nindex:{a}\n"), "line 2: the key stands on a line above already"),
    ] {
        let told = KeyRing::parse(&text, "/etc/fenzhen/keys").unwrap_err().to_string();
        assert_eq!(told, format!("/etc/fenzhen/keys: {reason}"));
        for secret in [&a[..8], &b[..8], "SECRET"] {
            assert!(!told.contains(secret), "{told}");
        }
    }
}

#[test]
fn a_ring_from_the_environment_may_stand_on_one_line() {
    let value = format!("2026:{}, 2025:{},index:{}", key(2), key(1), key(200));
    let from_environment = KeyRing::from_environment(&value, "FENZHEN_KEYS").unwrap();
    let (before, _) = rings();
    let old = before.seal(&PLACE, b"x");
    assert!(from_environment.needs_rotation(&PLACE, &old).unwrap(), "the first is the current one");
    assert_eq!(&from_environment.open(&PLACE, &old).unwrap()[..], b"x");
    let told = KeyRing::from_environment("2026:x", "FENZHEN_KEYS").unwrap_err().to_string();
    assert_eq!(told, "the environment variable FENZHEN_KEYS: line 1: the key is not base64");
    let file = generate("2026-11-26".parse().unwrap());
    assert!(KeyRing::from_environment(&file, "FENZHEN_KEYS").is_ok(), "commas in comments of a whole file are no ends");
}

#[test]
fn debug_shows_ids_only() {
    let shown = format!("{:?}", rings().1);
    assert_eq!(shown, r#"KeyRing { ids: ["2026", "2025"], .. }"#);
}

#[test]
fn a_generated_file_works_and_takes_new_keys() {
    let day = "2026-11-26".parse().unwrap();
    let first = generate(day);
    let before = KeyRing::parse(&first, "keys").unwrap();
    let second = add_key(&first, "keys", day).unwrap();
    let third = add_key(&second, "keys", day).unwrap();
    let after = KeyRing::parse(&third, "keys").unwrap();
    assert_eq!(format!("{after:?}"), r#"KeyRing { ids: ["2026-11-26-3", "2026-11-26-2", "2026-11-26"], .. }"#);
    assert!(third.starts_with("# Keys of the complaint desk."), "comments stay");
    let old = before.seal(&PLACE, b"x");
    assert!(after.reseal(&PLACE, &old).unwrap().is_some());
    assert_eq!(before.contact_index("a@b.cn"), after.contact_index("a@b.cn"));
    assert_ne!(*generate(day), *first);
    let told = add_key("2025:?", "keys", day).unwrap_err().to_string();
    assert_eq!(told, "keys: line 1: the key is not base64");
}

#[test]
fn a_key_file_gets_its_new_key_whatever_a_run_left_that_broke_off() {
    let folder = tempfile::tempdir().unwrap();
    let (path, beside) = (folder.path().join("seal.keys"), folder.path().join("seal.keys.new"));
    let day = "2026-12-01".parse().unwrap();
    let first = generate("2026-11-26".parse().unwrap());
    write_new(&path, &first).unwrap();
    let second = add_key(&first, "keys", day).unwrap();
    // It got as far as the new file, and that may have sealed something.
    write_new(&beside, &second).unwrap();
    renew(&path, day).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), *second);
    // It did not get so far.
    for broken in ["", "2026-12-01:AAAA", &second[..second.len() - 20]] {
        let before = std::fs::read_to_string(&path).unwrap();
        write_new(&beside, broken).unwrap();
        renew(&path, day).unwrap();
        let after = std::fs::read_to_string(&path).unwrap();
        assert!(after.contains(before.lines().find(|line| !line.starts_with('#')).unwrap()) && after != before);
        assert!(!beside.exists());
    }
    // Somebody else's are not thrown away.
    write_new(&beside, &first).unwrap();
    let told = renew(&path, day).unwrap_err().to_string();
    assert!(told.contains("move it away") && beside.exists(), "{told}");
    assert!(KeyRing::from_file(&path).is_ok());
}

#[test]
fn a_key_file_is_private_and_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    write_new(&path, &generate("2026-11-26".parse().unwrap())).unwrap();
    KeyRing::from_file(&path).unwrap();
    assert!(write_new(&path, "x").is_err());
    KeyRing::from_file(&path).unwrap();
    assert!(KeyRing::from_file(&folder.path().join("none")).is_err());
    #[cfg(unix)]
    {
        use std::{fs::Permissions, os::unix::fs::PermissionsExt};
        let with = |mode| {
            std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            KeyRing::from_file(&path).map_err(|fault| fault.to_string())
        };
        for mode in [0o600, 0o400] {
            assert!(with(mode).is_ok(), "{mode:o}");
        }
        for mode in [0o604, 0o640, 0o644, 0o660, 0o700, 0o777] {
            let told = with(mode).unwrap_err();
            assert!(
                told.contains(&format!("its permissions are {mode:04o}")) && told.contains("`chmod 600` it"),
                "{told}"
            );
        }
    }
}

#[test]
fn a_file_that_is_no_key_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("long", vec![b'#'; 70_000]), ("binary", vec![0xff; 10])] {
        let path = folder.path().join(name);
        write_new(&path, "").unwrap();
        std::fs::write(&path, text).unwrap();
        assert!(KeyRing::from_file(&path).is_err(), "{name}");
    }
}

#[test]
fn contacts_are_found_by_their_index_only_with_the_key() {
    let (ring, _) = rings();
    let index = |contact| ring.contact_index(contact).unwrap();
    assert_eq!(index("+86 138-0013-8000"), index("１３８００１３８０００"));
    assert_eq!(index("A@b.cn"), index(" a@B.CN"));
    assert_ne!(index("13800138000"), index("13800138001"));
    assert_eq!(index("13800138000").len(), 32);
    assert_eq!(ring.contact_index(" "), None);
    let other = KeyRing::parse(&format!("2025:{}\nindex:{}", key(1), key(201)), "keys").unwrap();
    assert_ne!(other.contact_index("13800138000"), ring.contact_index("13800138000"));
}

proptest! {
    #[test]
    fn what_is_sealed_opens(text: String, row: String) {
        let (before, after) = rings();
        let place = Place { row: &row, ..PLACE };
        let sealed = before.seal(&place, text.as_bytes());
        prop_assert_eq!(&*before.open_text(&place, &sealed).unwrap(), &text);
        prop_assert_ne!(&before.seal(&place, text.as_bytes()), &sealed, "a nonce is used once");
        let resealed = after.reseal(&place, &sealed).unwrap().unwrap();
        prop_assert_eq!(&*after.open_text(&place, &resealed).unwrap(), &text);
    }

    #[test]
    fn a_changed_bit_anywhere_is_noticed(text in prop::collection::vec(any::<u8>(), 0..40), at: prop::sample::Index, bit in 0..8u8) {
        let (_, ring) = rings();
        let mut sealed = ring.seal(&PLACE, &text);
        let at = at.index(sealed.len());
        sealed[at] ^= 1 << bit;
        prop_assert!(ring.open(&PLACE, &sealed).is_err());
    }

    #[test]
    fn a_value_opens_nowhere_else(
        parts in prop::array::uniform3("[ab]{0,3}"), others in prop::array::uniform3("[ab]{0,3}"),
    ) {
        let (ring, _) = rings();
        let place = Place { table: &parts[0], column: &parts[1], row: &parts[2] };
        let other = Place { table: &others[0], column: &others[1], row: &others[2] };
        let sealed = ring.seal(&place, b"x");
        prop_assert_eq!(ring.open(&other, &sealed).is_ok(), place == other);
    }

    #[test]
    fn no_bytes_and_no_text_panic(bytes in prop::collection::vec(any::<u8>(), 0..80), text: String) {
        let (ring, _) = rings();
        prop_assert!(ring.open(&PLACE, &bytes).is_err());
        let _ = KeyRing::parse(&text, "keys");
        let _ = ring.contact_index(&text);
    }

    #[test]
    fn a_contact_written_otherwise_is_the_same(digits in "1[3-9][0-9]{9}", gaps in prop::collection::vec(prop::sample::select(vec!["", " ", "-", "－", "."]), 11), code in prop::sample::select(vec!["", "+86", "0086 ", "86-", "＋８６"])) {
        let (ring, _) = rings();
        let written: String = code.chars().map(String::from).chain(digits.chars().zip(gaps).map(|(c, gap)| format!("{gap}{c}"))).collect();
        prop_assert_eq!(ring.contact_index(&written), ring.contact_index(&digits), "{}", written);
    }
}
