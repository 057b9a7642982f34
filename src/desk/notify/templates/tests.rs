use super::*;
use crate::{desk::notify::message::*, taxonomy::Name};
use proptest::prelude::*;

const NOW: &str = "2026-11-26T10:00+08:00";

fn name(zh: &str, en: &str) -> Option<Name> {
    Some(Name { zh: zh.into(), en: en.into() })
}

fn notice(kind: Kind, audience: Audience, facts: Facts) -> Notice {
    Notice { id: uuid::Uuid::from_u128(1), kind, at: NOW.parse().unwrap(), audience, facts }
}

/// A notice that has every fact.
fn full(kind: Kind, audience: Audience) -> Notice {
    let at = |text: &str| Some(text.parse().unwrap());
    let item = |kind, number: &str| Item {
        kind,
        number: Some(number.into()),
        clock: name("首次响应", "first response"),
        due: at("2026-11-26T12:00+08:00"),
    };
    let facts = Facts {
        number: Some("20261126-000123-4".into()),
        category: name("响应缓慢", "Slow response"),
        priority: name("高", "high"),
        department: name("物流部", "Logistics"),
        agent: Some(Agent { id: "zhang.wei".into(), name: "张伟".into() }),
        from: name("客服部", "Service"),
        stage: name("调查", "investigation"),
        text: Some(Masked::new("三日内退款")),
        promised: at("2026-11-26T18:00+08:00"),
        clock: name("首次响应", "first response"),
        due: at("2026-11-27T09:30+08:00"),
        percent_left: Some(20),
        level: Some(2),
        incident: Some("inc-7".into()),
        count: Some(2),
        items: vec![
            item(Kind::DeadlineBreached, "20261126-000001-1"),
            item(Kind::DeadlineWarning, "20261126-000002-2"),
        ],
    };
    notice(kind, audience, facts)
}

fn render(templates: &Templates, notice: &Notice, language: Language) -> Option<Rendered> {
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    let link = Some("https://desk.example/t/abc");
    templates.render(notice, &Reader { language, zone: &zone, now: NOW.parse().unwrap(), link })
}

fn parse(text: &str) -> Result<Templates> {
    Templates::parse(text, Path::new("texts.toml"))
}

#[test]
fn the_promise_and_the_link_reach_the_customer() {
    let told =
        |language| render(&Templates::built_in(), &full(Kind::TicketOpened, Audience::Customer), language).unwrap();
    assert_eq!(told(Language::Zh).subject, "您的投诉已受理，编号 20261126-000123-4");
    assert_eq!(
        told(Language::Zh).body,
        "您好，您的投诉我们已经收到，编号 20261126-000123-4。\n问题类型：响应缓慢\n预计今日18:00前给出方案。\n\
         查询进度：https://desk.example/t/abc\n"
    );
    assert!(told(Language::En).body.contains("We expect to give you a solution by 18:00 today.\n"));
}

#[test]
fn a_line_whose_fact_is_missing_is_left_out() {
    let facts = Facts { number: Some("7".into()), text: Some(Masked::new(" \u{7}\n ")), ..Facts::default() };
    let told = render(&Templates::built_in(), &notice(Kind::TicketAssigned, Audience::Agent, facts), Language::Zh);
    let told = told.unwrap();
    assert_eq!(told.subject, "待处理：7", "no space at the end");
    assert_eq!(told.body, "投诉 7 已派给您或您的部门。\n打开工单：https://desk.example/t/abc\n");
}

#[test]
fn every_kind_is_told_to_somebody_in_both_languages() {
    let templates = Templates::built_in();
    for kind in Kind::ALL {
        let audiences: Vec<Audience> =
            Audience::ALL.iter().copied().filter(|to| templates.covers(*kind, *to)).collect();
        assert!(!audiences.is_empty() && !audiences.contains(&Audience::System), "{kind:?}");
        for audience in audiences {
            for language in [Language::Zh, Language::En] {
                let told = render(&templates, &full(*kind, audience), language).unwrap();
                assert!(!told.subject.is_empty() && told.body.lines().count() >= 2, "{kind:?} {audience:?}");
                assert!(!format!("{}{}", told.subject, told.body).contains(['{', '}']), "{kind:?} {audience:?}");
            }
        }
    }
    for (kind, audience, told) in [
        (Kind::TicketReplied, Audience::Customer, false),
        (Kind::DeadlineBreached, Audience::Customer, false),
        (Kind::DeadlineBreached, Audience::Supervisor, true),
        (Kind::TicketOpened, Audience::System, false),
    ] {
        assert_eq!(templates.covers(kind, audience), told);
        assert_eq!(render(&templates, &full(kind, audience), Language::Zh).is_some(), told);
    }
}

#[test]
fn a_digest_lists_the_subjects() {
    let told = render(&Templates::built_in(), &full(Kind::Digest, Audience::Supervisor), Language::Zh).unwrap();
    assert_eq!(told.subject, "【时限汇总】2 项需要处理");
    assert_eq!(
        told.body.lines().collect::<Vec<_>>()[1..3],
        ["- 【超时】20261126-000001-1 首次响应已于今日12:00到期", "- 【预警】20261126-000002-2 首次响应今日12:00到期"]
    );
}

#[test]
fn times_are_told_as_people_say_them() {
    let templates = parse("[\"ticket.closed\".customer]\nzh = { subject = \"s\", body = \"{due}\" }\nen = { subject = \"s\", body = \"{due}\" }\n").unwrap();
    for (due, zh, en) in [
        ("2026-11-26T18:00+08:00", "今日18:00", "18:00 today"),
        ("2026-11-26T16:00Z", "今日24:00", "24:00 today"),
        ("2026-11-26T00:01+08:00", "今日00:01", "00:01 today"),
        ("2026-11-27T09:30+08:00", "明日09:30", "09:30 tomorrow"),
        ("2026-11-25T09:30+08:00", "昨日09:30", "09:30 yesterday"),
        ("2026-12-03T09:30+08:00", "12月3日09:30", "09:30 on 3 Dec"),
        ("2027-01-01T00:00+08:00", "12月31日24:00", "24:00 on 31 Dec"),
        ("2027-01-04T09:00+08:00", "2027年1月4日09:00", "09:00 on 4 Jan 2027"),
    ] {
        let facts = Facts { due: Some(due.parse().unwrap()), ..Facts::default() };
        let notice = notice(Kind::TicketClosed, Audience::Customer, facts);
        for (language, expected) in [(Language::Zh, zh), (Language::En, en)] {
            assert_eq!(render(&templates, &notice, language).unwrap().body, format!("{expected}\n"));
        }
    }
}

#[test]
fn a_house_overrides_what_it_wants() {
    let own =
        parse("[\"ticket.opened\".customer.zh]\nsubject = \"{{{number}}}\"\nbody = \"\"\"\n\n您好\n\n{link}\n\"\"\"\n")
            .unwrap();
    let told = |language| render(&own, &full(Kind::TicketOpened, Audience::Customer), language).unwrap();
    assert_eq!(told(Language::Zh).subject, "{20261126-000123-4}");
    assert_eq!(told(Language::Zh).body, "您好\n\nhttps://desk.example/t/abc\n");
    assert!(told(Language::En).subject.starts_with("We have your complaint"));
    let own = parse(
        "[digest.supervisor]\nzh = { subject = \"甲\", body = \"乙\" }\nen = { subject = \"a\", body = \"b\" }\n",
    )
    .unwrap();
    let digest = |to| render(&own, &full(Kind::Digest, to), Language::Zh).unwrap().subject;
    assert_eq!(
        (digest(Audience::Supervisor).as_str(), digest(Audience::Agent).as_str()),
        ("甲", "【时限汇总】2 项需要处理")
    );
    assert_eq!(parse("").unwrap(), Templates::built_in());
}

#[test]
fn faults_are_told_with_their_line() {
    let text = |body: &str| {
        format!("# ours\n[\"ticket.opened\".customer.zh]\nsubject = \"甲\"\nbody = \"\"\"\n甲\n{body}\n\"\"\"\n")
    };
    for (text, told) in [
        (text("到 {prommised} 为止"), "line 6: unknown placeholder `{prommised}`; known: {number} {category}"),
        (text("{number"), "line 6: a brace without its partner"),
        (text("a } b"), "line 6: a brace without its partner"),
        (text("列表 {items}"), "line 6: `{items}` stands alone on its line"),
        (text("a\\u0007b"), "line 4: the body has control characters in it"),
        (text("甲").replace("\"甲\"", "\"甲\\n乙\""), "line 3: the subject is one line"),
        (text("甲").replace("\"甲\"", "\" \""), "line 3: the subject is empty"),
        (text("甲").replace("\"甲\"", "\"{items}\""), "line 3: `{items}` is for bodies"),
        (text("甲").replace("ticket.opened", "ticket.open"), "line 2: unknown kind of notice `ticket.open`"),
        (
            text("甲").replace(".customer", ".system"),
            "line 2: unknown audience `system`; known: customer, agent, department_head, supervisor, staff",
        ),
        (text("{agent}"), "line 2: `{agent}` is for the house"),
        (text("{text}").replace("ticket.opened", "ticket.resolved"), "line 2: `{text}` is the plan of the house"),
        (text("甲").replace(".zh", ".fr"), "line 2: unknown field `fr`"),
        (text("甲").replace("subject =", "title ="), "line 3: unknown field `title`"),
        (
            text("甲").replace("ticket.opened", "ticket.replied"),
            "line 2: `ticket.replied` is not built in for `customer`",
        ),
    ] {
        let error = parse(&text).unwrap_err().to_string();
        assert!(error.starts_with(&format!("texts.toml: {told}")), "{error}\n{text}");
    }
}

#[test]
fn long_texts_are_cut() {
    let facts =
        Facts { number: Some("9".repeat(500)), text: Some(Masked::new("长".repeat(3000))), ..Facts::default() };
    let told = render(&Templates::built_in(), &notice(Kind::TicketClosed, Audience::Customer, facts), Language::Zh);
    let told = told.unwrap();
    assert_eq!(told.subject.chars().count(), 120);
    assert!(told.body.contains(&format!("{}…\n", "长".repeat(2000))) && !told.body.contains(&"长".repeat(2001)));
}

#[test]
fn debug_shows_no_text() {
    let told = render(&Templates::built_in(), &full(Kind::TicketClosed, Audience::Customer), Language::Zh).unwrap();
    let shown = format!("{told:?}");
    assert!(shown.starts_with("Rendered(") && !shown.contains("退款") && !shown.contains("https"), "{shown}");
}

proptest! {
    /// Whatever a customer or a category's name holds: no line ends in the subject, no controls, no template read twice.
    #[test]
    fn nothing_gets_out_of_its_place(value in "(\\PC|[\\x00-\\x1f\\x7f-\\x9f\u{2028}\u{202e}]|\\{link\\}|\r\nBcc: ){0,60}") {
        let facts = Facts {
            number: Some(value.clone()),
            category: name(&value, &value),
            text: Some(Masked::new(value.clone())),
            ..Facts::default()
        };
        for language in [Language::Zh, Language::En] {
            let told = render(&Templates::built_in(), &notice(Kind::TicketOpened, Audience::Agent, facts.clone()), language).unwrap();
            prop_assert!(!told.subject.chars().any(char::is_control));
            prop_assert!(!told.body.chars().any(|c| c.is_control() && c != '\n'));
            let turned = told.body.contains(['\u{202e}', '\u{2028}']);
            prop_assert!(!turned);
            prop_assert_eq!(told.body.matches("https://desk.example").count(), 1);
        }
    }

    #[test]
    fn no_file_makes_it_panic(text in "\\PC{0,80}|\\[(digest|\"ticket.opened\")\\.(staff|customer)\\.zh\\]\nsubject = \"[{}a-z甲]{0,12}\"\nbody = \"[{}a-z甲]{0,12}\"\n") {
        let _ = parse(&text);
    }
}
