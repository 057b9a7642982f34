//! The chain whole, and broken in every way that a table can be.

use super::*;
use crate::desk::access::Principal;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn entry(n: usize) -> Entry {
    let at = "2026-11-26T01:00:00Z".parse().unwrap();
    Entry::new(&Principal::local(), AuditAction::ALL[n % AuditAction::ALL.len()], [format!("c{n}")], at)
}

fn chain(length: usize) -> Vec<Link> {
    let mut head = Head::START;
    (0..length).map(|n| head.append(&entry(n))).collect()
}

fn told(links: Vec<Link>) -> String {
    verify(Head::START, links).unwrap_err().to_string()
}

/// The hashes are of Python's hashlib, over the JSON of this test.
#[test]
fn the_chain_is_the_one_described() {
    let mut head = Head::START;
    let mut first = entry(0);
    first.purpose = Some(Purpose::try_from("核实 \"退款\"".to_owned()).unwrap());
    first.request_id = Some("r1".into());
    let first = head.append(&first);
    assert_eq!(
        first.entry,
        r#"{"action":"original_read","at":"2026-11-26T01:00:00Z","purpose":"核实 \"退款\"","request_id":"r1","sequence":1,"subjects":["c0"],"who":{"id":"local","kind":"local","role":"admin"}}"#
    );
    assert_eq!(first.hash, "326cd4b269d47cac39617116513e9826c0cdfb2c7b12e5b107271e71b06dca23");
    let second = head.append(&entry(1));
    assert_eq!(
        second.entry,
        r#"{"action":"attachment_read","at":"2026-11-26T01:00:00Z","sequence":2,"subjects":["c1"],"who":{"id":"local","kind":"local","role":"admin"}}"#
    );
    assert_eq!(second.hash, "839025420c9950737441a3b594318e9773f275342cc91e388431cddaf49eb1dc");
    assert_eq!(Head::of(&second).unwrap(), head);
    assert_eq!(head.to_string(), format!("2:{}", second.hash));
}

/// A value read as JSON and written with sorted members is the same text.
#[test]
fn members_stand_in_the_order_of_their_names() {
    for link in chain(AuditAction::ALL.len()) {
        let sorted: BTreeMap<String, serde_json::Value> = serde_json::from_str(&link.entry).unwrap();
        assert_eq!(serde_json::to_string(&sorted).unwrap(), link.entry);
    }
}

#[test]
fn the_first_broken_entry_is_named() {
    let whole = chain(5);
    assert_eq!(verify(Head::START, whole.clone()).unwrap(), Head::of(&whole[4]).unwrap());
    let with = |change: &dyn Fn(&mut Vec<Link>)| {
        let mut links = whole.clone();
        change(&mut links);
        told(links)
    };
    let hash = "its hash does not fit: it, or the hash before it, was changed";
    for (change, reason) in [
        (
            &(|links: &mut Vec<Link>| links[2].entry = links[2].entry.replace("c2", "c9")) as &dyn Fn(&mut Vec<Link>),
            format!("entry 3: {hash}"),
        ),
        (&|links| links[2].hash = links[1].hash.clone(), format!("entry 3: {hash}")),
        (&|links| links[2].hash = links[2].hash.to_uppercase(), format!("entry 3: {hash}")),
        (&|links| links[2].hash.clear(), format!("entry 3: {hash}")),
        (&|links| drop(links.remove(2)), "entry 3: entry 4 stands in its place".into()),
        (&|links| links.swap(2, 3), "entry 3: entry 4 stands in its place".into()),
        (&|links| links.insert(2, links[1].clone()), "entry 3: entry 2 stands in its place".into()),
        (&|links| drop(links.remove(0)), "entry 1: entry 2 stands in its place".into()),
        // Renumbered after one was taken out.
        (
            &|links| {
                links.remove(2);
                links[2].sequence = 3;
            },
            format!("entry 3: {hash}"),
        ),
        // Made fit again: then the next one does not.
        (
            &|links| {
                links[2] = Head::of(&links[1]).unwrap().append(&entry(7));
            },
            format!("entry 4: {hash}"),
        ),
    ] {
        assert_eq!(with(change), format!("the audit log is broken at {reason}"));
    }
}

#[test]
fn an_entry_says_its_own_number() {
    let json = chain(1)[0].entry.replace("\"sequence\":1", "\"sequence\":2");
    let head = Head::START.after(&json);
    let link = Link { sequence: 1, entry: json, hash: hex(&head.hash) };
    assert_eq!(told(vec![link]), "the audit log is broken at entry 1: it does not say its own number");
}

/// Which is why the head is noted elsewhere.
#[test]
fn a_lost_end_shows_against_a_noted_head() {
    let whole = chain(5);
    let noted = Head::of(&whole[4]).unwrap();
    assert_ne!(verify(Head::START, whole[..4].to_vec()).unwrap(), noted);
    assert_ne!(verify(Head::START, vec![]).unwrap(), noted);
}

#[test]
fn what_cannot_be_read_is_not_quoted() {
    let link = Link { sequence: 7, entry: "{\"secret\":1}".into(), hash: "x".into() };
    assert_eq!(link.read().unwrap_err().to_string(), "the audit log is broken at entry 7: it cannot be read");
    let told = Head::of(&link).unwrap_err().to_string();
    assert_eq!(told, "the audit log is broken at entry 7: its hash is not 64 hexadecimal digits");
}

proptest! {
    #[test]
    fn entries_come_back_as_they_were(subjects in prop::collection::vec(any::<String>(), 0..4), request_id: Option<String>, id: String, micros in -1_000_000_000_000_000i64..4_000_000_000_000_000) {
        let mut entry = Entry { subjects, request_id, ..entry(0) };
        entry.at = Timestamp::from_microsecond(micros).unwrap();
        entry.who.id = id;
        let mut head = Head::START;
        let link = head.append(&entry);
        prop_assert_eq!(link.read().unwrap(), entry);
        prop_assert!(verify(Head::START, [link]).is_ok());
    }

    #[test]
    fn a_walk_in_parts_is_a_walk(length in 0..12usize, cut in 0..12usize) {
        let links = chain(length);
        let (first, second) = links.split_at(cut.min(length));
        let half = verify(Head::START, first.to_vec()).unwrap();
        prop_assert_eq!(verify(half, second.to_vec()).unwrap(), verify(Head::START, links.clone()).unwrap());
    }

    #[test]
    fn any_changed_byte_of_an_entry_is_noticed(at: prop::sample::Index, by in 0x20..0x7fu8) {
        let mut links = chain(3);
        let mut bytes = links[1].entry.clone().into_bytes();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != by);
        bytes[at] = by;
        links[1].entry = String::from_utf8(bytes).unwrap();
        prop_assert!(told(links).starts_with("the audit log is broken at entry 2: "));
    }
}
