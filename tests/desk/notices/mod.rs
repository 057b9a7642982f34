//! What happens is told: once, signed, again after a fault, and not at all to who wants nothing more.

pub mod mail;

use crate::{
    stores::{Fixture, on_every_store, on_every_store_of, submission},
    tickets::person,
};
use fenzhen::desk::{
    House,
    access::Principal,
    intake::Request,
    notify::{Allowed, Guard, Secret, Signed, TOLERANCE, verify},
    people::Email,
    store::{
        entity,
        queue::{self, Work},
    },
};
use sea_orm::{EntityTrait, PaginatorTrait, QueryOrder};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    sync::{Arc, Mutex},
};

/// A receiver that answers with the given statuses, in turn, the last one for ever, and keeps what came.
struct Receiver {
    url: String,
    port: u16,
    came: Arc<Mutex<Vec<(Signed, String)>>>,
}

impl Receiver {
    fn answering(statuses: &'static [u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let came = Arc::new(Mutex::new(Vec::new()));
        let kept = came.clone();
        std::thread::spawn(move || {
            for (n, stream) in listener.incoming().enumerate() {
                let mut stream = BufReader::new(stream.unwrap());
                let (mut signed, mut length) =
                    (Signed { id: String::new(), timestamp: String::new(), signature: String::new() }, 0);
                loop {
                    let mut line = String::new();
                    stream.read_line(&mut line).unwrap();
                    if line.trim().is_empty() {
                        break;
                    }
                    let Some((name, value)) = line.trim().split_once(": ") else { continue };
                    match name.to_ascii_lowercase().as_str() {
                        "webhook-id" => signed.id = value.into(),
                        "webhook-timestamp" => signed.timestamp = value.into(),
                        "webhook-signature" => signed.signature = value.into(),
                        "content-length" => length = value.parse().unwrap(),
                        _ => {}
                    }
                }
                let mut body = vec![0; length];
                stream.read_exact(&mut body).unwrap();
                kept.lock().unwrap().push((signed, String::from_utf8(body).unwrap()));
                let status = statuses[n.min(statuses.len() - 1)];
                let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                stream.get_mut().write_all(answer.as_bytes()).unwrap();
            }
        });
        Receiver { url: format!("http://127.0.0.1:{port}/hook"), port, came }
    }

    /// A house that lets webhooks lead here.
    fn allowed(&self, house: &mut House) {
        let loopback: Allowed = serde_json::from_str("\"127.0.0.1/32\"").unwrap();
        house.guard = Guard { http: true, ports: [self.port].into(), allow: vec![loopback] };
    }

    fn kinds(&self) -> Vec<String> {
        let kind = |body: &String| serde_json::from_str::<Value>(body).unwrap()["type"].as_str().unwrap().to_owned();
        self.came.lock().unwrap().iter().map(|(_, body)| kind(body)).collect()
    }
}

async fn complain(at: &Fixture) -> String {
    let json = r#"{"text": "快递三天没动静，电话13800138000打不通", "channel": "app", "customer": {"id": "c1"}}"#;
    let request = Request { submission: submission(json), key: None };
    at.desk.accept(&[request]).await.unwrap().pop().unwrap().unwrap().ticket
}

#[test]
fn a_webhook_hears_what_it_wants_signed_and_again_after_a_fault() {
    // One receiver a database: the first answer of each is a fault.
    for_each(&[500, 200], async |at, receiver| {
        let kinds = ["ticket.opened".to_owned(), "deadline.breached".to_owned()];
        let (_, secret) = at.desk.add_webhook(&receiver.url, &kinds, None, &Principal::local()).await.unwrap();
        complain(&at).await;
        at.desk.work_off().await.unwrap();
        assert_eq!(receiver.kinds(), ["ticket.opened"], "the fault is noted, and it waits");
        at.pass(1);
        at.desk.work_off().await.unwrap();
        let came = receiver.came.lock().unwrap().clone();
        assert_eq!(came.len(), 2, "once more, and then it has it");
        assert_eq!(came[0].0.id, came[1].0.id, "by its id the receiver knows the repetition");
        let secret = Secret::parse(&secret).unwrap();
        assert!(verify(&came[1].0, came[1].1.as_bytes(), &[secret], at.desk.now(), TOLERANCE).is_ok());
        assert!(!came[1].1.contains("13800138000"), "{}", came[1].1);
        // Days later its clocks have run out: each is told once, however often they are looked at.
        at.pass(24 * 10);
        at.desk.work_off().await.unwrap();
        let told = receiver.kinds().iter().filter(|kind| *kind == "deadline.breached").count();
        assert!(told >= 1, "{:?}", receiver.kinds());
        at.pass(24);
        at.desk.work_off().await.unwrap();
        assert_eq!(receiver.kinds().iter().filter(|kind| *kind == "deadline.breached").count(), told);
        let notices = entity::notice::Entity::find().all(at.desk.store().read()).await.unwrap();
        assert!(notices.iter().any(|notice| notice.kind == "deadline.escalated"), "higher up it is heard too");
    });
}

#[test]
fn who_is_gone_is_told_nothing_more() {
    for_each(&[410], async |at, receiver| {
        at.desk.add_webhook(&receiver.url, &[], None, &Principal::local()).await.unwrap();
        complain(&at).await;
        at.desk.work_off().await.unwrap();
        let registered = at.desk.webhooks_registered().await.unwrap();
        assert!(!registered[0].enabled && registered[0].fault.as_ref().unwrap().contains("410"));
        let heard = receiver.kinds().len();
        complain(&at).await;
        at.desk.work_off().await.unwrap();
        assert_eq!(receiver.kinds().len(), heard);
        assert_eq!(queue::depth(at.desk.store().read(), Work::Deliver).await.unwrap(), (0, 0), "nothing is left over");
    });
}

#[test]
fn what_never_arrives_is_dead_and_can_try_again() {
    for_each(&[500], async |at, receiver| {
        let kinds = ["ticket.opened".to_owned()];
        at.desk.add_webhook(&receiver.url, &kinds, None, &Principal::local()).await.unwrap();
        complain(&at).await;
        for _ in 0..12 {
            at.desk.work_off().await.unwrap();
            at.pass(30);
        }
        assert_eq!(receiver.kinds().len(), 10, "the schedule has an end");
        let dead = queue::dead(at.desk.store().read(), 10).await.unwrap();
        assert_eq!(dead.len(), 1);
        assert!(at.desk.revive(&dead[0].id, &Principal::local()).await.unwrap());
        at.desk.work_off().await.unwrap();
        assert_eq!(receiver.kinds().len(), 11);
    });
}

#[test]
fn webhooks_do_not_lead_into_the_own_network() {
    on_every_store_of(
        |_| {},
        async |at| {
            for url in [
                "http://127.0.0.1/x",
                "https://169.254.169.254/latest",
                "https://10.0.0.1/x",
                "https://u:p@example.com/",
            ] {
                assert_eq!(
                    at.desk.add_webhook(url, &[], None, &Principal::local()).await.unwrap_err().code(),
                    "invalid_webhook_url",
                    "{url}"
                );
            }
            let rows = entity::webhook::Entity::find().order_by_asc(entity::webhook::Column::Id);
            assert!(rows.all(at.desk.store().read()).await.unwrap().is_empty());
        },
    );
}

fn for_each<T: Future<Output = ()>>(statuses: &'static [u16], test: impl Fn(Fixture, Arc<Receiver>) -> T) {
    let receiver = Mutex::new(None);
    let open = |house: &mut House| {
        let new = Arc::new(Receiver::answering(statuses));
        new.allowed(house);
        *receiver.lock().unwrap() = Some(new);
    };
    on_every_store_of(open, |at| test(at, receiver.lock().unwrap().clone().unwrap()));
}

#[test]
fn a_year_later_notices_are_gone_and_the_tickets_are_not() {
    on_every_store(async |at| {
        complain(&at).await;
        at.desk.work_off().await.unwrap();
        at.pass(24 * 30);
        at.desk.work_off().await.unwrap();
        let count = async || {
            let notices = entity::notice::Entity::find().count(at.desk.store().read()).await.unwrap();
            let prints = entity::fingerprint::Entity::find().count(at.desk.store().read()).await.unwrap();
            (notices, prints)
        };
        let (notices, prints) = count().await;
        assert!(notices > 0 && prints > 0, "it was late, and it can be found by its words");
        at.pass(24 * 400);
        at.desk.work_off().await.unwrap();
        let (left, prints) = count().await;
        assert!(left < notices && prints == 0, "{left} of {notices} notices, {prints} prints");
        assert_eq!(entity::ticket::Entity::find().count(at.desk.store().read()).await.unwrap(), 1);
    });
}

#[test]
fn addresses_of_people_are_sealed_and_shown_masked() {
    on_every_store(async |at| {
        let given = |address: Option<&str>| {
            let email = address.map(|address| Email(address.into()));
            fenzhen::desk::people::Person { email, ..person("a1", &["logistics"], 9) }
        };
        let put = async |address| at.desk.put_person(&given(address), &Principal::local()).await;
        let masked = Some(Email("l***@example.com".into()));
        assert_eq!(put(Some("li.na@example.com")).await.unwrap().email, masked);
        assert_eq!(at.desk.people().await.unwrap()[0].email, masked);
        let row = || entity::staff::Entity::find_by_id("a1").one(at.desk.store().read());
        let sealed = row().await.unwrap().unwrap().email_sealed.unwrap();
        assert!(!sealed.windows(5).any(|part| part == b"li.na"));
        // As it is shown, or left out, it stays; what is no address is refused.
        for same in [None, Some("l***@example.com")] {
            assert_eq!(put(same).await.unwrap().email, masked);
            assert_eq!(row().await.unwrap().unwrap().email_sealed.as_ref(), Some(&sealed));
        }
        for bad in ["li.na", "w***@example.com", "a b@example.com"] {
            assert_eq!(put(Some(bad)).await.unwrap_err().code(), "invalid_request", "{bad}");
        }
        assert_eq!(put(Some("")).await.unwrap().email, None);
        assert_eq!(row().await.unwrap().unwrap().email_sealed, None);
    });
}
