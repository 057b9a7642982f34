//! What happens is told: once, signed, again after a fault, and not at all to who wants nothing more.

#[path = "../../src/desk/notify/deliver/tests/mail_server.rs"]
mod mail_server;

use crate::{
    stores::{Fixture, on_every_store, on_every_store_of, submission},
    tickets::person,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use fenzhen::desk::{
    House,
    access::Principal,
    intake::Request,
    mail::MailPlan,
    notify::{Allowed, Guard, Secret, Signed, TOLERANCE, Templates, verify},
    people::Email,
    store::{
        entity,
        queue::{self, Work},
    },
    ticket::{Action, Actor, Command, Role},
};
use mail_server::{MailServer, Manners};
use sea_orm::{EntityTrait, PaginatorTrait, QueryOrder};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    path::Path,
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

/// What a message says: its body comes in base64.
fn plain_text(message: &str) -> String {
    let body: String = message.split_once("\n\n").unwrap().1.split_whitespace().collect();
    String::from_utf8(BASE64_STANDARD.decode(body).unwrap()).unwrap()
}

/// A mail server in a runtime of its own, which outlives the test's.
fn mail_server() -> MailServer {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            tell.send(MailServer::start(Manners::default()).await).unwrap();
            std::future::pending::<()>().await
        })
    });
    told.recv().unwrap()
}

#[test]
fn customers_with_an_address_hear_what_is_for_them() {
    let server = mail_server();
    let plan = format!(
        "[smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\nfrom = \"desk@example.com\"\n\
         [customers]\nlink = \"https://desk.example.com/v1/progress/{{token}}\"\nkinds = [\"ticket.opened\", \"ticket.closed\"]",
        server.address.port()
    );
    let rules = |house: &mut House| {
        let plan = MailPlan::parse(&plan, Path::new("mail.toml"), Templates::built_in(), &house.taxonomy);
        house.mail = Some(plan.unwrap());
    };
    on_every_store_of(rules, async |at| {
        let before = server.seen().messages.len();
        let mut accepted = Vec::new();
        for contact in ["li.na@example.com", "13900139000"] {
            let json = format!(r#"{{"text": "鞋子开胶了，电话13800138000", "contact": "{contact}"}}"#);
            let request = Request { submission: submission(&json), key: None };
            accepted.push(at.desk.accept(&[request]).await.unwrap().remove(0).unwrap());
        }
        at.desk.work_off().await.unwrap();
        let seen = server.seen();
        let messages = &seen.messages[before..];
        assert_eq!(messages.len(), 1, "a telephone gets no e-mail");
        assert!(seen.commands.iter().any(|line| line.contains("RCPT TO:<li.na@example.com>")));
        let text = plain_text(&messages[0]);
        assert!(text.contains(&format!("https://desk.example.com/v1/progress/{}", accepted[0].token)), "{text}");
        assert!(!text.contains("13800138000"));
        let stored = entity::delivery::Entity::find().all(at.desk.store().read()).await.unwrap();
        assert!(stored.iter().all(|row| row.target == "customer"), "no address is stored in the clear");
        assert_eq!(queue::depth(at.desk.store().read(), Work::Deliver).await.unwrap(), (0, 0));
        // What goes on in another ticket is not over for whoever hears of it.
        let (told, supervisor) = (server.seen().messages.len(), Actor::everywhere(Role::Supervisor, "s1"));
        let merge = Command::new(Action::Merge { into: accepted[1].number });
        at.desk.act(&accepted[0].ticket, merge, &supervisor).await.unwrap();
        at.desk.work_off().await.unwrap();
        assert_eq!(server.seen().messages.len(), told);
    });
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

/// A house that writes to its own people over a server.
fn written_to(server: &MailServer, house: &mut House, more: &str) {
    let plan = format!(
        "link = \"https://desk.example.com/tickets/{{ticket}}\"\n[smtp]\nhost = \"127.0.0.1\"\nport = {}\n\
         security = \"none\"\nfrom = \"desk@example.com\"\n{more}",
        server.address.port()
    );
    let plan = MailPlan::parse(&plan, Path::new("mail.toml"), Templates::built_in(), &house.taxonomy);
    house.mail = Some(plan.unwrap());
}

/// How many messages went to an address.
fn letters(server: &MailServer, address: &str) -> usize {
    let to = format!("RCPT TO:<{address}>");
    server.seen().commands.iter().filter(|line| line.contains(&to)).count()
}

/// Gives a new ticket to somebody of logistics.
async fn give(at: &Fixture, id: &str, agent: &str) {
    let supervisor = Actor::everywhere(Role::Supervisor, "s1");
    let to = Action::Assign { department: "logistics".into(), group: None, agent: Some(agent.into()) };
    for action in [Action::Accept {}, to] {
        at.desk.act(id, action.into(), &supervisor).await.unwrap();
    }
}

/// A ticket of logistics that somebody works on.
async fn at_work(at: &Fixture, agent: &str) -> String {
    let id = complain(at).await;
    give(at, &id, agent).await;
    id
}

#[test]
fn deadlines_are_told_to_the_owner_and_the_roles_that_rules_name() {
    for with_address in [true, false] {
        let server = mail_server();
        let roles = "[roles]\nsupervisor = [\"boss@example.com\"]\n\
                     department_head = [{ address = \"head@example.com\", department = \"logistics\" },\n\
                     { address = \"other@example.com\", department = \"finance\" }]";
        let rules = |house: &mut House| {
            written_to(&server, house, roles);
            let deadlines = "id = \"own\"\nversion = \"1\"\n[warning]\nleft_percent = 50\nto = [\"owner\"]\n[[rules]]\nresolution = \"10 calendar hours\"\n\
                             [[escalations]]\nlevel = 1\nafter = \"2 calendar hours\"\nto = [\"supervisor\"]\n";
            let path = Path::new("deadlines.toml");
            house.deadlines = fenzhen::desk::clock::DeadlinePolicy::parse(deadlines, path, &house.taxonomy).unwrap();
        };
        on_every_store_of(rules, async |at| {
            let count = |who: &str| letters(&server, &format!("{who}@example.com"));
            let before = ["zhang.wei", "head", "boss"].map(count);
            let new = || ["zhang.wei", "head", "boss"].map(count).into_iter().zip(before).map(|(now, then)| now - then);
            let new = || new().collect::<Vec<_>>();
            let mut zhang = person("zhang.wei", &["logistics"], 9);
            zhang.name = "张伟".into();
            zhang.email = with_address.then(|| Email("zhang.wei@example.com".into()));
            at.desk.put_person(&zhang, &Principal::local()).await.unwrap();
            let id = at_work(&at, "zhang.wei").await;
            at.desk.work_off().await.unwrap();
            assert_eq!(new(), [0, 0, 0]);
            at.pass(6);
            at.desk.work_off().await.unwrap();
            // Who has no address is stood in for by the head.
            let owners = |count: usize| if with_address { [count, 0] } else { [0, count] };
            assert_eq!(new()[..2], owners(1), "the warning");
            let text = plain_text(server.seen().messages.last().unwrap());
            assert!(text.contains(&format!("打开工单：https://desk.example.com/tickets/{id}")), "{text}");
            assert!(text.contains("处理人：张伟"), "{text}");
            at.pass(5);
            at.desk.work_off().await.unwrap();
            assert_eq!((new()[..2].to_vec(), new()[2]), (owners(2).to_vec(), 0), "the breach");
            at.pass(2);
            at.desk.work_off().await.unwrap();
            assert_eq!((new()[..2].to_vec(), new()[2]), (owners(2).to_vec(), 1), "the level");
            assert_eq!(count("other"), 0, "another department's head");
            let stored = entity::delivery::Entity::find().all(at.desk.store().read()).await.unwrap();
            assert!(stored.iter().all(|row| !row.target.contains("zhang.wei@")), "no agent's address in the clear");
            let notice = entity::notice::Entity::find().all(at.desk.store().read()).await.unwrap().pop().unwrap();
            assert!(notice.body.contains(r#""agent":{"id":"zhang.wei","name":"张伟"}"#), "webhooks hear who it is");
        });
    }
}

#[test]
fn who_is_asked_to_confirm_reads_the_plan() {
    let server = mail_server();
    let customers = "[customers]\nkinds = [\"ticket.resolved\", \"ticket.feedback\", \"ticket.survey\"]";
    on_every_store_of(
        |house| written_to(&server, house, customers),
        async |at| {
            let before = server.seen().messages.len();
            let json = r#"{"text": "鞋子开胶了", "customer": {"id": "c1"}, "contact": "li.na@example.com"}"#;
            let request = Request { submission: submission(json), key: None };
            let id = at.desk.accept(&[request]).await.unwrap().remove(0).unwrap().ticket;
            at.desk.put_person(&person("a1", &["logistics"], 9), &Principal::local()).await.unwrap();
            give(&at, &id, "a1").await;
            let agent = Actor::staff(Role::Agent, "a1", ["logistics"]);
            let act = async |action: Action, by: &Actor| at.desk.act(&id, action.into(), by).await.unwrap();
            act(Action::Start {}, &agent).await;
            act(Action::Investigate { findings: "是批次的问题".into() }, &agent).await;
            act(Action::Propose { plan: "换一双新的，运费我们出".into(), compensation_fen: 0 }, &agent).await;
            act(Action::Respond { text: "正在安排".into() }, &agent).await;
            act(Action::Resolve {}, &agent).await;
            at.desk.work_off().await.unwrap();
            let told = || server.seen().messages[before..].iter().map(|one| plain_text(one)).collect::<Vec<_>>();
            assert_eq!(told().len(), 1);
            assert!(told()[0].contains("方案：换一双新的，运费我们出"), "{}", told()[0]);
            act(Action::GiveFeedback { text: "新鞋已发出".into() }, &agent).await;
            at.desk.work_off().await.unwrap();
            let told = told();
            assert_eq!(told.len(), 3, "the result, and the question how it went: {told:?}");
            let result = told.iter().find(|text| text.contains("新鞋已发出")).unwrap();
            assert!(result.contains("前没有异议，投诉将自动结案"), "{result}");
            assert!(told.iter().any(|text| text.contains("处理得怎么样")), "{told:?}");
        },
    );
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

#[test]
fn many_deadlines_are_few_messages() {
    const TICKETS: usize = 12;
    let server = mail_server();
    let lead = "[[to]]\naddress = \"lead@example.com\"\naudience = \"supervisor\"";
    let rules = |house: &mut House| written_to(&server, house, lead);
    on_every_store_of(rules, async |at| {
        let before = server.seen().messages.len();
        let mut numbers = Vec::new();
        for n in 0..TICKETS {
            let json = format!(r#"{{"text": "第{n}双鞋开胶了，要求退货", "customer": {{"id": "c{n}"}}}}"#);
            let request = Request { submission: submission(&json), key: None };
            numbers.push(at.desk.accept(&[request]).await.unwrap().remove(0).unwrap().number.to_string());
        }
        at.desk.work_off().await.unwrap();
        at.pass(24 * 30);
        at.desk.work_off().await.unwrap();
        let notices = entity::delivery::Entity::find().count(at.desk.store().read()).await.unwrap();
        assert!(notices as usize >= 2 * TICKETS, "{notices} things to tell");
        // What came too late for the first message goes with one that follows.
        for _ in 0..4 {
            at.pass_minutes(20);
            at.desk.work_off().await.unwrap();
        }
        let seen = server.seen();
        let texts: Vec<String> = seen.messages[before..].iter().map(|message| plain_text(message)).collect();
        assert!((1..=5).contains(&texts.len()), "{} messages of {notices} notices", texts.len());
        for number in &numbers {
            assert!(texts.iter().any(|text| text.contains(number.as_str())), "{number} is in none of {texts:?}");
        }
        assert_eq!(queue::depth(at.desk.store().read(), Work::Deliver).await.unwrap(), (0, 0));
    });
}
