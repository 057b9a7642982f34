//! What is written by e-mail, and to whom.

#[path = "../../../src/desk/notify/deliver/tests/mail_server.rs"]
pub mod mail_server;

use super::complain;
use crate::{
    stores::{Fixture, on_every_store_of, submission},
    tickets::person,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use fenzhen::desk::{
    House,
    access::Principal,
    clock::DeadlinePolicy,
    intake::Request,
    mail::MailPlan,
    notify::Templates,
    people::Email,
    store::{
        entity,
        queue::{self, Work},
    },
    ticket::{Action, Actor, Command, Role},
};
use mail_server::{MailServer, Manners};
use sea_orm::{EntityTrait, PaginatorTrait};
use std::path::Path;

/// What a message says: its body comes in base64.
fn plain_text(message: &str) -> String {
    let body: String = message.split_once("\n\n").unwrap().1.split_whitespace().collect();
    String::from_utf8(BASE64_STANDARD.decode(body).unwrap()).unwrap()
}

/// A mail server in a runtime of its own, which outlives the test's.
pub fn mail_server() -> MailServer {
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

/// A house that writes to its own people over a server.
pub fn written_to(server: &MailServer, house: &mut House, more: &str) {
    let plan = format!(
        "link = \"https://desk.example.com/tickets/{{ticket}}\"\n[smtp]\nhost = \"127.0.0.1\"\nport = {}\n\
         security = \"none\"\nfrom = \"desk@example.com\"\n{more}",
        server.address.port()
    );
    let plan = MailPlan::parse(&plan, Path::new("mail.toml"), Templates::built_in(), &house.taxonomy);
    house.mail = Some(plan.unwrap());
}

/// How many messages went to an address.
pub fn letters(server: &MailServer, address: &str) -> usize {
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
pub async fn at_work(at: &Fixture, agent: &str) -> String {
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
            house.deadlines = DeadlinePolicy::parse(deadlines, path, &house.taxonomy).unwrap();
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
fn who_is_asked_to_confirm_reads_the_result_and_the_plan_stays_in_the_house() {
    let server = mail_server();
    let customers = "[[to]]\naddress = \"lead@example.com\"\naudience = \"supervisor\"\nkinds = [\"ticket.resolved\"]\n\
                     [customers]\nkinds = [\"ticket.resolved\", \"ticket.feedback\", \"ticket.survey\"]";
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
            let (to_customer, to_lead): (Vec<_>, Vec<_>) = told().into_iter().partition(|text| text.contains("您好"));
            assert!(to_lead.len() == 1 && to_lead[0].contains("方案：换一双新的，运费我们出"), "{to_lead:?}");
            assert!(to_customer.len() == 1 && !to_customer[0].contains("换一双新的"), "{to_customer:?}");
            act(Action::GiveFeedback { text: "新鞋已发出".into() }, &agent).await;
            at.desk.work_off().await.unwrap();
            let told = told();
            assert_eq!(told.len(), 4, "the result, and the question how it went: {told:?}");
            let result = told.iter().find(|text| text.contains("新鞋已发出")).unwrap();
            assert!(result.contains("前没有异议，投诉将自动结案"), "{result}");
            assert!(told.iter().any(|text| text.contains("处理得怎么样")), "{told:?}");
        },
    );
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
        // What came too late for the first message goes with one that follows; clocks that run out meanwhile bring more.
        let waits = async || queue::depth(at.desk.store().read(), Work::Deliver).await.unwrap();
        for _ in 0..8 {
            at.pass_minutes(20);
            at.desk.work_off().await.unwrap();
            if waits().await == (0, 0) {
                break;
            }
        }
        let seen = server.seen();
        let texts: Vec<String> = seen.messages[before..].iter().map(|message| plain_text(message)).collect();
        assert!((1..=5).contains(&texts.len()), "{} messages of {notices} notices", texts.len());
        for number in &numbers {
            assert!(texts.iter().any(|text| text.contains(number.as_str())), "{number} is in none of {texts:?}");
        }
        assert_eq!(waits().await, (0, 0));
    });
}
