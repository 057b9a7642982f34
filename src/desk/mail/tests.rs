use super::*;

const PLAN: &str = r#"
    [smtp]
    host = "smtp.example.com"
    from = "desk@example.com"
    [[to]]
    address = "lead@example.com"
    audience = "department_head"
    department = "logistics"
    [[to]]
    address = "boss@example.com"
    audience = "supervisor"
    kinds = ["deadline.escalated"]
"#;

fn plan(text: &str) -> Result<MailPlan> {
    MailPlan::parse(text, Path::new("mail.toml"), Templates::built_in(), &Taxonomy::retail())
}

#[test]
fn everyone_hears_what_is_theirs() {
    let plan = plan(PLAN).unwrap();
    let told = |kind, department| plan.targets(kind, department, &BTreeSet::new(), None);
    assert_eq!(told(Kind::DeadlineWarning, Some("logistics")), ["mailto:lead@example.com?as=department_head"]);
    assert_eq!(told(Kind::DeadlineWarning, Some("finance")), Vec::<String>::new());
    let both = ["mailto:lead@example.com?as=department_head", "mailto:boss@example.com?as=supervisor"];
    assert_eq!(told(Kind::DeadlineEscalated, Some("logistics")), both);
    assert_eq!(told(Kind::TicketOpened, Some("logistics")), Vec::<String>::new());
}

#[test]
fn customers_hear_only_where_the_house_wants_it() {
    assert!(!plan(PLAN).unwrap().tells_customers(Kind::TicketResolved));
    let some = format!("{PLAN}\n[customers]\nkinds = [\"ticket.resolved\"]");
    assert!(plan(&some).unwrap().tells_customers(Kind::TicketResolved));
    assert!(!plan(&some).unwrap().tells_customers(Kind::TicketOpened));
    let all = plan(&format!("{PLAN}\n[customers]\nlink = \"https://d.example/p/{{token}}\"")).unwrap();
    assert!(all.tells_customers(Kind::TicketOpened));
    assert!(!all.tells_customers(Kind::DeadlineBreached), "what is late is the house's own matter");
    for bad in ["link = \"https://d.example/p\"", "link = \"javascript:{token}\"", "kinds = [\"deadline.breached\"]"] {
        let told = plan(&format!("{PLAN}\n[customers]\n{bad}")).unwrap_err();
        assert_eq!(told.code(), "invalid_mail_settings", "{bad}");
    }
}

#[test]
fn faults_name_the_line_and_quote_nothing() {
    let secret = PLAN.replace("from = ", "passwort = \"geheim\"\nfrom = ");
    let told = plan(&secret).unwrap_err().to_string();
    assert!(told.contains("mail.toml: line ") && !told.contains("geheim"), "{told}");
    assert_eq!(plan(&PLAN.replace("lead@", "lead")).unwrap_err().code(), "invalid_mail_address");
    assert_eq!(plan(&PLAN.replace("logistics", "logistik")).unwrap_err().code(), "invalid_mail_settings");
    assert_eq!(plan(&PLAN.replace("supervisor", "customer")).unwrap_err().code(), "invalid_mail_settings");
}

#[test]
fn roles_hear_what_rules_tell_them() {
    let roles = r#"
        link = "https://desk.example.com/tickets/{ticket}"
        [roles]
        supervisor = ["boss@example.com", "deputy@example.com"]
        department_head = [{ address = "head@example.com", department = "finance" }]
    "#;
    let with = |roles: &str| plan(&format!("{roles}{PLAN}"));
    let read = with(roles).unwrap();
    let told = |kind, department, roles: &[&'static str]| {
        read.targets(kind, department, &roles.iter().copied().collect(), None)
    };
    let warned = Kind::DeadlineWarning;
    assert_eq!(told(warned, Some("finance"), &["department_head"]), ["mailto:head@example.com?as=department_head"]);
    assert!(told(warned, Some("quality"), &["department_head", "legal"]).is_empty(), "of another department");
    // Who is named by a line and by a role is written to once.
    let escalated = ["mailto:boss@example.com?as=supervisor", "mailto:deputy@example.com?as=supervisor"];
    assert_eq!(told(Kind::DeadlineEscalated, Some("finance"), &["supervisor"]), escalated);
    // Nor twice as the owner of the ticket and by a role, however it is written.
    let owner = read.targets(Kind::DeadlineEscalated, None, &["supervisor"].into(), Some("Deputy@example.com"));
    assert_eq!(owner, ["mailto:boss@example.com?as=supervisor"]);
    assert!(read.has_role("owner") && read.has_role("supervisor") && !read.has_role("legal"));
    let path = Path::new("mail.toml");
    assert!(read.check_roles(&["owner", "supervisor", "department_head"].into(), path).is_ok());
    let fault = read.check_roles(&["owner", "supervisor", "legal"].into(), path).unwrap_err().to_string();
    assert!(fault.contains("`department_head`") && fault.contains("legal, supervisor"), "{fault}");
    for (from, to, code) in [
        ("supervisor =", "owner =", "invalid_mail_settings"),
        ("deputy@", "deputy", "invalid_mail_address"),
        ("\"finance\"", "\"finanz\"", "invalid_mail_settings"),
        ("department = ", "abteilung = ", "invalid_mail_settings"),
        ("{ticket}", "ticket", "invalid_mail_settings"),
        ("https:", "javascript:", "invalid_mail_settings"),
    ] {
        assert_eq!(with(&roles.replace(from, to)).unwrap_err().code(), code, "{to}");
    }
}

#[test]
fn customers_are_asked_how_it_went_only_where_the_house_says_so() {
    let all = plan(&format!("{PLAN}\n[customers]")).unwrap();
    assert!(all.tells_customers(Kind::TicketFeedback) && !all.tells_customers(Kind::TicketSurvey));
    let named = plan(&format!("{PLAN}\n[customers]\nkinds = [\"ticket.survey\"]")).unwrap();
    assert!(named.tells_customers(Kind::TicketSurvey));
}

#[test]
fn a_fault_is_told_with_its_line() {
    let unknown = "language = \"zh\"\n[smtp]\nhost = \"smtp.example.com\"\nfrom = \"desk@example.com\"\n[[an]]\n";
    let fault = plan(unknown).unwrap_err().to_string();
    assert!(fault.contains("line 5"), "{fault}");
}
