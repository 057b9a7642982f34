use super::*;

/// Ten lines, then `rest`: the first line of `rest` is line 11.
const BASE: &str = "id = \"p\"\nversion = \"1\"\n\n[closing]\nafter_confirmation_days = 3\n[reopening]\ndays = 15\n\n[bouncing]\nping_pong_moves = 2\n";

fn parse(text: &str) -> Result<TicketPolicy> {
    TicketPolicy::parse(text, Path::new("t.toml"), &Taxonomy::retail())
}

fn fault(rest: &str) -> String {
    parse(&format!("{BASE}{rest}")).unwrap_err().to_string()
}

#[test]
fn the_built_in_policies_fit() {
    let taxonomy = Taxonomy::retail();
    let retail = TicketPolicy::default_for(&taxonomy);
    assert_eq!((retail.id.as_str(), retail.reopen_days), ("retail", 15));
    assert_eq!(retail.approval.compensation_above_fen, Some(20_000));
    let flat = "id = \"t\"\nversion = \"1\"\nname = { zh = \"测\", en = \"T\" }\nsentiment = true\n";
    let flat = Taxonomy::parse(flat, Path::new("t.toml")).unwrap();
    assert_eq!(TicketPolicy::default_for(&flat).id, "plain");
}

#[test]
fn what_is_left_out_asks_for_nothing() {
    let policy = parse(BASE).unwrap();
    assert_eq!(policy.approval, ApprovalRule::default());
    assert_eq!(policy.close_without_reply_days, None);
}

#[test]
fn faults_are_told_with_their_line() {
    for (rest, told) in [
        ("[approval]\nfour_eye = true\n", "t.toml: line 12: unknown field `four_eye`"),
        ("[approval]\npriorities = [\"urgent\"]\n", "t.toml: line 12: the taxonomy has no priority `urgent`"),
        ("[approval]\ncompensation_above_yuan = -1\n", "t.toml: line 12: invalid value"),
        (
            "[public_departments]\ndepot = { zh = \"仓\", en = \"W\" }\n",
            "t.toml: line 12: the taxonomy has no department `depot`",
        ),
        (
            "[public_departments]\nlegal = { zh = \" \", en = \"W\" }\n",
            "t.toml: line 12: the public name of `legal` is empty",
        ),
        ("[deadlines]\n", "t.toml: line 11: unknown field `deadlines`"),
    ] {
        assert!(fault(rest).starts_with(told), "{}", fault(rest));
    }
    for (from, to, told) in [
        ("ping_pong_moves = 2", "ping_pong_moves = 1", "line 10: `ping_pong_moves` is 2 or more"),
        ("days = 15", "days = 4000", "line 7: 4000 days; they are from 0 to 3660"),
        ("id = \"p\"", "id = \" \"", "line 1: the id is empty"),
        ("[closing]\n", "[closing]\nwithout_reply_days = 0\n", "line 5: 0 days; they are from 1 to 3660"),
        ("[reopening]\ndays = 15\n", "", "missing field `reopening`"),
    ] {
        let error = parse(&BASE.replace(from, to)).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
}

#[test]
fn customers_read_public_names() {
    let taxonomy = Taxonomy::retail();
    let policy = TicketPolicy::default_for(&taxonomy);
    for (department, zh) in [("logistics", "物流部"), ("legal", "客户关系部"), ("", "客服"), ("gone", "客服")]
    {
        assert_eq!(policy.public_name(&taxonomy, department).zh, zh);
    }
}

#[test]
fn days_beyond_the_end_of_time_end_there() {
    assert_eq!(days_after(Timestamp::MAX, 1), Timestamp::MAX);
    let at: Timestamp = "2026-11-26T09:00+08:00".parse().unwrap();
    assert_eq!(days_after(at, 3), "2026-11-29T09:00+08:00".parse::<Timestamp>().unwrap());
}
