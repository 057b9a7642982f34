use super::*;
use crate::{Error, desk::assign::presets::tests::vocabulary};

const DOCUMENT: &str = "
[[group]]
id = 'east'
department = 'logistics'
name = { zh = '东组', en = 'East' }

[[rule]]
id = 'lost'
reason = { zh = '丢件归东组', en = 'lost parcels: the eastern group' }
when.category = ['delivery.lost']
to.group = 'east'

[[rule]]
id = 'public'
reason = { zh = '要曝光', en = 'publicity' }
when.words = ['曝光']
to.department = 'legal'
";

fn table() -> RoutingTable {
    RoutingTable::parse(DOCUMENT, Path::new("r.toml"), &vocabulary("retail-v1")).unwrap()
}

fn rows(text: &str) -> Result<Vec<Example>> {
    read(text, Path::new("e.csv"), &table())
}

#[test]
fn a_report_says_what_acted_and_why_what_was_wanted_did_not() {
    let text = "id,category,department,text,expected,rule\n\
                a,delivery.lost,logistics,丢了,logistics/east,lost\n\
                b,delivery.late,logistics,晚了,logistics/east,\n\
                c,delivery.lost,logistics,曝光,legal,public\n\
                d,delivery.lost,logistics,丢了,logistics/east,-\n";
    let report = check(&table(), &rows(text).unwrap());
    assert!(!report.is_passed());
    assert_eq!(report.examples, 4);
    let [b, c, d] = &report.mismatches[..] else { panic!("three mismatches") };
    assert_eq!((b.example.as_str(), b.line), ("b", 3));
    assert_eq!(b.reason.zh, "应派往「物流部 › 东组」，实际派往「物流部」（没有规则另作安排，按预测派往「物流部」）");
    assert_eq!(b.missed[0].rule, "lost");
    assert_eq!(b.missed[0].reason.zh, "类别是「配送问题 › 延迟送达」，规则只管「配送问题 › 丢件」");
    assert_eq!(c.missed[0].reason.en, "all its conditions hold too, but rule \"lost\" (line 8) stands before it");
    assert!(
        c.reason.en.starts_with("expected \"Legal and public relations\" by rule \"public\", got \"Logistics › East\"")
    );
    assert!(d.reason.en.contains("by no rule"), "{}", d.reason.en);
    assert_eq!(report.unreached, [Unreached { rule: "public".into(), line: 14 }]);
}

#[test]
fn cells_become_facts() {
    let text = "\u{feff}id,department,band,flags,amount,time,region,expected\r\n\
                a,logistics,,media; refund,12.5,2026-03-02 09:30,\"上海, 浦东\",triage\r\n\
                \r\n\
                b,,,,,2026-03-02T01:30:00Z,,logistics\r\n";
    let rows = rows(text).unwrap();
    let facts = &rows[0].facts;
    assert_eq!(facts.band, crate::decision::Band::Auto);
    assert_eq!(facts.flags, ["media", "refund"]);
    assert_eq!(facts.amount, Some(12.5));
    assert_eq!(facts.region.as_deref(), Some("上海, 浦东"));
    assert_eq!(facts.received_at, rows[1].facts.received_at);
    assert_eq!(rows[1].facts.band, crate::decision::Band::Review);
    assert_eq!(rows[1].line, 4);
}

#[test]
fn bad_tables_name_the_line_and_quote_no_text() {
    for (text, line, told) in [
        ("id,expectd\n", 1, "unknown column `expectd`"),
        ("id,id,expected\n", 1, "column `id` stands there twice"),
        ("id,text\n", 1, "the column `expected` is missing"),
        ("", 1, "the column `id` is missing"),
        ("id,expected\na,triage\na,triage\n", 3, "example `a` stands here for the second time"),
        ("id,expected\n,triage\n", 2, "the id is empty"),
        ("id,expected\na,\n", 2, "`expected` is empty"),
        ("id,expected\na\n", 2, "1 cells under 2 columns"),
        ("id,expected\na,logistic\n", 2, "unknown department `logistic`"),
        ("id,expected\na,service/east\n", 2, "department `service` has no group `east`"),
        ("id,expected\na,logistics+english\n", 2, "unknown skill `english`"),
        ("id,category,expected\na,delivery,triage\n", 2, "unknown category `delivery`"),
        ("id,flags,expected\na,media;medal,triage\n", 2, "unknown flags `medal`"),
        ("id,band,expected\na,sure,triage\n", 2, "unknown band `sure`"),
        ("id,amount,expected\na,-1,triage\n", 2, "the amount is no number"),
        ("id,time,expected\na,昨天,triage\n", 2, "the time is none"),
        ("id,expected,rule\na,triage,loss\n", 2, "there is no rule `loss`"),
        ("id,text,expected\na,秘密,triage,x\n", 2, "4 cells under 3 columns"),
    ] {
        let error = rows(text).unwrap_err();
        let Error::Row { line: at, ref reason, .. } = error else { panic!("{error}") };
        assert!(at == line && reason.contains(told) && !reason.contains("秘密"), "{text:?}: line {at}: {reason}");
    }
}
