//! What people say comes back as rows, and as figures.

use crate::stores::{Fixture, on_every_store, submission};
use fenzhen::{
    data,
    desk::{
        audit,
        feedback::{Accuracy, Options, Report, export},
        intake::Request,
        record::Record,
        ticket::{Action, Actor, Cause, Head, Role},
    },
};
use std::process::{Command, Output};

async fn complain(at: &Fixture, customer: &str, text: &str) -> String {
    at.pass(1);
    let json = serde_json::json!({"text": text, "channel": "app", "customer": {"id": customer}});
    let request = Request { submission: submission(&json.to_string()), key: None };
    let ticket = at.desk.accept(&[request]).await.unwrap().pop().unwrap().unwrap().ticket;
    at.desk.work_off().await.unwrap();
    ticket
}

async fn read(at: &Fixture, ticket: &str) -> Record {
    Record::read(at.desk.store(), ticket).await.unwrap().unwrap()
}

fn agent() -> Actor {
    Actor::everywhere(Role::Agent, "a1")
}

fn supervisor() -> Actor {
    Actor::everywhere(Role::Supervisor, "s1")
}

async fn act(at: &Fixture, ticket: &str, by: &Actor, action: Action) {
    at.desk.act(ticket, action.into(), by).await.unwrap();
}

/// Sends a ticket to a department as routing does, unless it is there already.
async fn dispatch(at: &Fixture, ticket: &str, department: &str) {
    let routing = Actor::system("routing");
    let record = read(at, ticket).await;
    if record.ticket.department.is_none() {
        act(at, ticket, &routing, Action::Accept {}).await;
        act(at, ticket, &routing, assign(department)).await;
    }
    assert_eq!(read(at, ticket).await.ticket.department.as_deref(), Some(department));
}

fn assign(department: &str) -> Action {
    Action::Assign { department: department.into(), group: None, agent: None }
}

fn bounce() -> Action {
    Action::Bounce { suggested: None, reason: "不归我们，请联系李经理13700137000".into() }
}

fn misrouted(department: &str) -> Action {
    Action::Transfer { department: department.into(), cause: Cause::Misrouted, reason: "不归我们".into() }
}

/// Says that the category is another one.
async fn correct(at: &Fixture, ticket: &str, to: &str) {
    let from = read(at, ticket).await.ticket.labels[&Head::Category].first().cloned();
    act(at, ticket, &agent(), Action::CorrectLabel { head: Head::Category, from, to: Some(to.into()) }).await;
}

async fn exported(at: &Fixture, options: &Options) -> (String, Report) {
    let mut bytes = Vec::new();
    let report = export(at.desk.store(), &at.desk.house().taxonomy, options, &mut bytes).await.unwrap();
    (String::from_utf8(bytes).unwrap(), report)
}

/// A desk where people corrected something of everything.
async fn busy(at: &Fixture) {
    let late = "快递三天没动静，物流信息一直不更新，请打13800138000";
    let relabelled = complain(at, "13900139000", late).await;
    correct(at, &relabelled, "delivery.lost").await;
    let bounced = complain(at, "13900139000", "包裹显示已签收，可我根本没有收到，快递员电话打不通").await;
    dispatch(at, &bounced, "logistics").await;
    act(at, &bounced, &agent(), bounce()).await;
    act(at, &bounced, &supervisor(), assign("service")).await;
    let transferred = complain(at, "13900139000", "物流信息停在中转站五天了，到底什么时候能送到我家").await;
    dispatch(at, &transferred, "logistics").await;
    act(at, &transferred, &agent(), misrouted("finance")).await;
    let urgent = complain(at, "c3", "下单一周了还没有发货，催了两次客服都说在安排").await;
    let priority = read(at, &urgent).await.ticket.priority;
    let to = if priority == "high" { "low" } else { "high" };
    act(at, &urgent, &agent(), Action::ChangePriority { to: to.into(), reason: "老人等着用药".into() }).await;
    // Neither of these gives a row: nobody said anything else, or nobody knows yet.
    let unchanged = complain(at, "c4", "鞋子穿了两天就开胶，申请售后没人处理").await;
    act(at, &unchanged, &supervisor(), Action::Close { reason: Some("已电话处理".into()) }).await;
    let undecided = complain(at, "c5", "快递柜里的包裹不见了，派送员说不是他放的").await;
    dispatch(at, &undecided, "logistics").await;
    act(at, &undecided, &agent(), bounce()).await;
    // The younger of the same text is the one that counts.
    let again = complain(at, "c6", "快递三天没动静 物流信息一直不更新 请打13800138000").await;
    correct(at, &again, "delivery.lost").await;
}

#[test]
fn what_people_corrected_becomes_rows() {
    on_every_store(async |at| {
        busy(&at).await;
        let people = Options { only_confirmed: true, ..Options::default() };
        let (rows, report) = exported(&at, &people).await;
        insta::assert_snapshot!("rows_of_people", rows);
        assert_eq!(report.rows, 4);
        let corrected: Vec<_> = report.corrected.iter().map(|(head, count)| (head.id(), *count)).collect();
        assert_eq!(corrected, [("category", 1), ("department", 2), ("priority", 1)]);
        assert_eq!((report.skipped.repeated, report.skipped.undecided, report.skipped.total()), (1, 1, 2));

        // The labels that hold, those of the engine among them.
        let (all, _) = exported(&at, &Options::default()).await;
        assert_eq!(all.lines().count(), 4);
        for line in all.lines() {
            let row: data::Row = serde_json::from_str(line).unwrap();
            assert!(
                row.category.is_some() && row.department.is_some() && row.priority.is_some() && row.flags.is_some()
            );
            assert!(data::Targets::of(&row, &at.desk.house().taxonomy).is_ok());
        }
        for text in [&rows, &all] {
            for personal in ["13800138000", "13900139000", "13700137000", "李经理", "\"c3\"", "C2026"] {
                assert!(!text.contains(personal), "{personal}");
            }
        }
        let (with_unchanged, report) = exported(&at, &Options { include_unchanged: true, ..Options::default() }).await;
        assert_eq!(report.rows, 5);
        assert!(with_unchanged.contains("\"source\":\"ticket: closed unchanged\""));
    });
}

#[test]
fn the_same_period_gives_the_same_rows_for_ever() {
    on_every_store(async |at| {
        busy(&at).await;
        at.pass(1);
        let before = Options { until: Some(at.desk.now()), ..Options::default() };
        let (first, _) = exported(&at, &before).await;
        assert_eq!(exported(&at, &before).await.0, first, "byte by byte");
        // People go on correcting.
        let late = complain(&at, "c7", "外卖洒了一半，骑手扔下就走").await;
        correct(&at, &late, "delivery.wrong").await;
        let known = at.desk.tickets(&Default::default(), 10, None).await.unwrap().items;
        let bounced = known.iter().find(|row| row.department.as_deref() == Some("service")).unwrap();
        act(&at, &bounced.id, &agent(), misrouted("quality")).await;
        assert_eq!(exported(&at, &before).await.0, first, "what came later does not count");
        let after = Options { since: before.until, ..Options::default() };
        let (second, report) = exported(&at, &after).await;
        assert_eq!(report.rows, 2, "{second}");
        assert!(second.contains("\"department\":\"quality\"") && first.contains("\"department\":\"service\""));
        let none = Options { since: Some(at.desk.now() + jiff::SignedDuration::from_secs(1)), ..Options::default() };
        assert_eq!(exported(&at, &none).await, (String::new(), Report::default()));
    });
}

#[test]
fn rows_of_more_tickets_than_a_portion_come_in_order() {
    on_every_store(async |at| {
        let texts: Vec<String> = (0..203).map(|n| format!("第{n}号订单的快递三天没动静")).collect();
        let requests = texts.iter().map(|text| {
            let json = serde_json::json!({"text": text, "channel": "app"}).to_string();
            Request { submission: submission(&json), key: None }
        });
        let accepted = at.desk.accept(&requests.collect::<Vec<_>>()).await.unwrap();
        let supervisor = supervisor();
        for (n, accepted) in accepted.into_iter().enumerate() {
            // Before the engine has read them, a label can be said too.
            let to = Some(if n % 2 == 0 { "delivery.lost" } else { "delivery.late" }.to_owned());
            let ticket = accepted.unwrap().ticket;
            act(&at, &ticket, &supervisor, Action::CorrectLabel { head: Head::Category, from: None, to }).await;
        }
        let (rows, report) = exported(&at, &Options::default()).await;
        assert_eq!((report.rows, report.skipped.total()), (203, 0));
        let written: Vec<data::Row> = rows.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let expected: Vec<&String> = texts.iter().rev().collect();
        assert_eq!(written.iter().map(|row| &row.text).collect::<Vec<_>>(), expected);
        assert!(written.iter().all(|row| row.department.is_none() && row.group.is_none()));
        assert_eq!(at.desk.dispatch_report(None, None).await.unwrap().all.tickets, 203);
    });
}

#[test]
fn dispatching_is_measured() {
    on_every_store(async |at| {
        let start = at.desk.now();
        let text = |n: usize| format!("第{n}个包裹物流信息停了三天没动静，什么时候送到");
        let mut ids = Vec::new();
        for n in 0..5 {
            let id = complain(&at, &format!("c{n}"), &text(n)).await;
            let category = read(&at, &id).await.row.category;
            if category.as_deref() != Some("delivery.late") {
                correct(&at, &id, "delivery.late").await;
            }
            dispatch(&at, &id, "logistics").await;
            ids.push(id);
        }
        let solve = async |id: &str| {
            act(&at, id, &agent(), Action::Start {}).await;
            act(&at, id, &agent(), Action::Investigate { findings: "中转站积压".into() }).await;
            act(&at, id, &agent(), Action::Propose { plan: "今天补发".into(), compensation_fen: 0 }).await;
            if read(&at, id).await.ticket.approval.is_some() {
                act(&at, id, &supervisor(), Action::Approve {}).await;
            } else {
                act(&at, id, &agent(), Action::Resolve {}).await;
            }
        };
        solve(&ids[0]).await;
        act(&at, &ids[1], &agent(), bounce()).await;
        act(&at, &ids[1], &supervisor(), assign("service")).await;
        solve(&ids[1]).await;
        act(&at, &ids[2], &agent(), misrouted("service")).await;
        act(&at, &ids[2], &agent(), misrouted("logistics")).await;
        assert!(read(&at, &ids[2]).await.ticket.held.is_some());
        correct(&at, &ids[3], "delivery.lost").await;
        let report = at.desk.dispatch_report(Some(start), None).await.unwrap();
        let all = &report.all;
        assert_eq!(all.tickets, 5);
        assert_eq!(all.by_system, Accuracy { right: 1, wrong: 2, undecided: 2, accuracy: Some(1.0 / 3.0) });
        assert_eq!(all.by_people, Accuracy { right: 0, wrong: 0, undecided: 0, accuracy: None });
        assert_eq!(serde_json::to_value(&all.matrix).unwrap(), serde_json::json!({"logistics": {"service": 2}}));
        assert_eq!(serde_json::to_value(&all.bounces).unwrap(), serde_json::json!({"logistics": 1}));
        assert_eq!((all.to_and_fro, all.stopped), (1, 1));
        let [one] = &report.to_and_fro[..] else { panic!("{:?}", report.to_and_fro) };
        assert_eq!(one.number, read(&at, &ids[2]).await.row.number);
        assert_eq!((&one.departments, one.moves), (&["logistics".to_owned(), "service".to_owned()], 2));
        let tickets: Vec<_> =
            report.categories.iter().map(|(category, one)| (category.as_str(), one.tickets, one.to_and_fro)).collect();
        assert_eq!(tickets, [("delivery.late", 4, 1), ("delivery.lost", 1, 0)]);
        let rest = at.desk.dispatch_report(None, Some(start)).await.unwrap();
        assert_eq!((rest.all.tickets, rest.categories.len()), (0, 0));
    });
}

fn fenzhen(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fenzhen"))
        .args(arguments)
        .env_remove("FENZHEN_DATA")
        .env_remove("FENZHEN_DATABASE")
        .output()
        .unwrap()
}

/// Exit code, stdout and stderr, without the folder of the test.
fn told(output: &Output, folder: &str) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let told = format!("exit {}\n--- stdout\n{out}--- stderr\n{err}", output.status.code().unwrap());
    told.replace(folder, "FOLDER")
}

#[test]
fn the_command_writes_a_file_that_passes_the_check() {
    on_every_store(async |at| {
        busy(&at).await;
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().to_str().unwrap();
        let file = format!("{folder}/rows.jsonl");
        let base = ["data", "export", "--from-tickets", "--database", &at.url];
        let written = fenzhen(&[&base[..], &["-o", &file]].concat());
        let mut all = told(&written, folder);
        let (rows, _) = exported(&at, &Options::default()).await;
        assert_eq!(std::fs::read_to_string(&file).unwrap(), rows);
        let check = fenzhen(&["data", "check", &file, "--strict"]);
        assert_eq!(check.status.code(), Some(0), "{}", told(&check, folder));
        let days = ["--since", "2026-11-26", "--until", "2026-11-27", "--quiet"];
        let piped = fenzhen(&[&base[..], &days].concat());
        assert_eq!((piped.status.code(), String::from_utf8(piped.stdout).unwrap()), (Some(0), rows));
        assert!(piped.stderr.is_empty());
        for wrong in [&["-o", &file][..], &["--since", "26.11.2026"]] {
            all += &format!("\n{}", told(&fenzhen(&[&base[..], wrong].concat()), folder));
        }
        let nowhere = format!("{folder}/nowhere");
        all += &format!("\n{}", told(&fenzhen(&["data", "export", "--from-tickets", "--data", &nowhere]), folder));
        assert!(!std::path::Path::new(&nowhere).exists(), "no desk is made where somebody mistyped");
        insta::assert_snapshot!("the_command", all);
        // Whoever takes data out stands in the log.
        audit::check(at.desk.store()).await.unwrap();
        let log = at.desk.audit_log(&fenzhen::desk::access::Principal::local(), 10, None).await.unwrap();
        assert_eq!(log.iter().filter(|link| link.entry.contains("data_exported")).count(), 2);
    });
}
