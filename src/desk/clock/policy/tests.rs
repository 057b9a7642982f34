use super::*;

const BASE: &str = "id = \"p\"\nversion = \"1\"\n[[rules]]\nresolution = \"3 working days\"\n";

/// Four lines, then `rest`: the first line of `rest` is line 5.
fn parse(rest: &str) -> Result<DeadlinePolicy> {
    DeadlinePolicy::parse(&format!("{BASE}{rest}"), Path::new("p.toml"), &Taxonomy::retail())
}

fn span(policy: &DeadlinePolicy, subject: Subject) -> String {
    policy.target(Clock::Resolution, &subject).map_or("none".into(), |target| target.span.to_string())
}

#[test]
fn the_presets_fit_the_retail_taxonomy() {
    for preset in Preset::ALL {
        let policy = preset.policy(&Taxonomy::retail()).unwrap();
        assert_eq!(policy.id, preset.id());
        for clock in Clock::ALL {
            let levels: Vec<u8> = policy.levels(clock, &Subject::default()).iter().map(|level| level.level).collect();
            assert!(levels.is_sorted() && levels.first() == Some(&1), "{}: {levels:?}", policy.id);
        }
    }
    assert_eq!(DeadlinePolicy::default_for(&Taxonomy::retail()).id, "retail");
}

#[test]
fn any_other_taxonomy_gets_the_plain_policy() {
    let text = "id = \"t\"\nversion = \"1\"\nname = { zh = \"测\", en = \"T\" }\nsentiment = true\n";
    let other = Taxonomy::parse(text, Path::new("t.toml")).unwrap();
    assert_eq!(DeadlinePolicy::default_for(&other).id, "plain");
    let error = Preset::Retail.policy(&other).unwrap_err().to_string();
    assert!(error.contains("unknown priority `high`"), "{error}");
}

#[test]
fn the_ladders_are_those_of_the_documents() {
    let taxonomy = Taxonomy::retail();
    for (preset, clock, [high, medium, low]) in [
        (Preset::Guide, Clock::FirstResponse, ["1 calendar hour", "4 calendar hours", "24 calendar hours"]),
        (Preset::Online, Clock::FirstResponse, ["2 calendar hours", "4 calendar hours", "8 calendar hours"]),
        (Preset::Ecommerce, Clock::Plan, ["30 calendar minutes", "2 calendar hours", "24 calendar hours"]),
        (Preset::Efficient, Clock::Resolution, ["24 calendar hours", "48 calendar hours", "48 calendar hours"]),
    ] {
        let policy = preset.policy(&taxonomy).unwrap();
        for (priority, expected) in [("high", high), ("medium", medium), ("low", low)] {
            let subject = Subject { priority: Some(priority), ..Subject::default() };
            assert_eq!(policy.target(clock, &subject).unwrap().span.to_string(), expected, "{} {priority}", policy.id);
        }
    }
}

#[test]
fn the_most_specific_rule_wins_wherever_it_stands() {
    let policy = parse(
        "[[rules]]\ncategory = \"delivery.lost\"\nresolution = \"1 working day\"\n\
         [[rules]]\npriority = \"high\"\ncategory = \"delivery\"\nresolution = \"2 working hours\"\n\
         [[rules]]\ncategory = \"delivery\"\nresolution = \"5 working days\"\n\
         [[rules]]\npriority = \"high\"\nresolution = \"4 working hours\"\n\
         [[rules]]\nchannel = \"Weibo\"\nresolution = \"6 working hours\"\n\
         [[rules]]\ncategory = \"other.praise\"\nresolution = \"none\"\n",
    )
    .unwrap();
    let subject = |priority, category, channel| Subject { priority, category, channel };
    for (subject, expected) in [
        (Subject::default(), "3 working days"),
        (subject(Some("high"), None, None), "4 working hours"),
        (subject(Some("low"), Some("delivery.late"), None), "5 working days"),
        (subject(Some("high"), Some("delivery.late"), None), "2 working hours"),
        (subject(Some("high"), Some("delivery.lost"), None), "1 working day"),
        (subject(Some("high"), Some("product.quality"), Some("weibo")), "6 working hours"),
        (subject(Some("high"), Some("other.praise"), None), "none"),
        (subject(Some("unheard of"), Some("unheard of"), Some("")), "3 working days"),
    ] {
        assert_eq!(span(&policy, subject), expected, "{subject:?}");
    }
    let rule = policy.target(Clock::Resolution, &subject(Some("high"), Some("delivery.late"), None)).unwrap().rule;
    assert_eq!(rule.zh, "类别「配送问题」、优先级「高」");
    assert_eq!(policy.target(Clock::Resolution, &Subject::default()).unwrap().rule.en, "all complaints");
}

#[test]
fn a_clock_that_no_rule_names_does_not_run() {
    assert_eq!(parse("").unwrap().target(Clock::Survey, &Subject::default()), None);
}

#[test]
fn of_every_level_the_most_specific_rule_counts() {
    let policy = parse(
        "[[escalations]]\nlevel = 2\nafter = \"4 working hours\"\nto = [\"boss\"]\n\
         [[escalations]]\nlevel = 1\nafter = \"0 working hours\"\nto = [\"owner\"]\n\
         [[escalations]]\nclock = \"plan\"\nlevel = 2\nafter = \"2 working hours\"\nto = [\"expert\"]\n\
         [[escalations]]\npriority = \"high\"\nlevel = 2\nafter = \"1 working hour\"\nto = [\"director\", \"boss\"]\n",
    )
    .unwrap();
    let levels = |clock, priority| {
        let subject = Subject { priority, ..Subject::default() };
        let levels = policy.levels(clock, &subject);
        levels.iter().map(|level| format!("{} {} {}", level.level, level.after, level.to.join("+"))).collect::<Vec<_>>()
    };
    assert_eq!(levels(Clock::Survey, None), ["1 0 working hours owner", "2 4 working hours boss"]);
    assert_eq!(levels(Clock::Plan, None), ["1 0 working hours owner", "2 2 working hours expert"]);
    assert_eq!(levels(Clock::Plan, Some("high")), ["1 0 working hours owner", "2 1 working hour director+boss"]);
    assert_eq!(policy.roles().into_iter().collect::<Vec<_>>(), ["boss", "director", "expert", "owner"]);
}

#[test]
fn faults_name_their_line() {
    for (rest, told) in [
        ("[colour]\nred = 1", "line 5: unknown field `colour`"),
        ("[[rules]]\nresponse = \"1 working day\"", "line 6: unknown field `response`"),
        ("[[rules]]\nsurvey = \"3 days\"", "line 6: bad span `3 days`"),
        ("[[rules]]\nsurvey = \"0 working days\"", "line 6: nobody can be that quick"),
        (
            "[[rules]]\npriority = \"urgent\"\nplan = \"1 working day\"",
            "line 6: unknown priority `urgent`; there are high",
        ),
        (
            "[[rules]]\ncategory = \"delivery.slow\"\nplan = \"1 working day\"",
            "line 6: unknown category `delivery.slow`",
        ),
        ("[[rules]]\nchannel = \" \"\nplan = \"1 working day\"", "line 6: the channel is empty"),
        ("[[rules]]\npriority = \"high\"", "line 5: the rule names no clock"),
        (
            "[[rules]]\nresolution = \"1 working day\"",
            "line 6: an earlier rule for the same complaints has a `resolution`",
        ),
        ("[clocks.repair]\nstart = [\"received\"]", "unknown field `repair`"),
        ("[clocks.plan]\nstart = [\n\"recieved\"]", "line 7: unknown variant `recieved`"),
        ("[clocks.plan]\npauses = [\"done\"]", "line 6: unknown variant `done`"),
        ("[clocks.plan]\nstart = []", "line 5: a clock needs events"),
        ("[clocks.plan]\nstart = [\"planned\"]", "line 5: the same event cannot both"),
        ("[warning]\nleft_percent = 100", "line 6: `left_percent` is from 0 to 99"),
        ("[warning]\nto = [\"Head Of\"]", "line 6: bad role `Head Of`"),
        ("[days]\nend = \"noon\"", "line 6: unknown variant `noon`"),
        ("[[escalations]]\nlevel = 0\nafter = \"1 working day\"\nto = [\"a\"]", "line 6: levels begin at 1"),
        ("[[escalations]]\nlevel = 1\nafter = \"1 working day\"\nto = []", "line 5: the escalation goes to nobody"),
        (
            "[[escalations]]\nclock = \"repair\"\nlevel = 1\nafter = \"1 working day\"\nto = [\"a\"]",
            "line 6: unknown variant `repair`",
        ),
        (
            "[[escalations]]\nlevel = 1\nafter = \"1 working day\"\nto = [\"a\"]\n[[escalations]]\nlevel = 1\nafter = \"2 working days\"\nto = [\"b\"]",
            "line 10: level 1 stands here for the second time",
        ),
    ] {
        let error = parse(&format!("{rest}\n")).unwrap_err().to_string();
        assert!(error.starts_with("p.toml: ") && error.contains(told), "{rest}: {error}");
    }
    let empty =
        DeadlinePolicy::parse("id = \"\"\nversion = \"1\"\nrules = []\n", Path::new("p.toml"), &Taxonomy::retail());
    assert!(empty.unwrap_err().to_string().contains("line 1: the id is empty"));
    let none =
        DeadlinePolicy::parse("id = \"p\"\nversion = \"1\"\nrules = []\n", Path::new("p.toml"), &Taxonomy::retail());
    assert!(none.unwrap_err().to_string().contains("no [[rules]]"));
}
