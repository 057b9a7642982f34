//! Notices reach the roles that rules name, each person once.

use crate::{
    notices::mail::{at_work, letters, mail_server, written_to},
    stores::{Fixture, on_every_store_of, submission},
    tickets::person,
};
use fenzhen::{
    desk::{
        House,
        access::Principal,
        clock::DeadlinePolicy,
        incident::IncidentPolicy,
        intake::Request,
        people::{Email, Person},
    },
    policy::Policy,
    taxonomy::Taxonomy,
};
use std::path::Path;

async fn complain(at: &Fixture, json: &str) {
    let request = Request { submission: submission(json), key: None };
    at.desk.accept(&[request]).await.unwrap().remove(0).unwrap();
    at.desk.work_off().await.unwrap();
}

#[test]
fn who_owns_a_ticket_and_holds_a_role_hears_once() {
    let server = mail_server();
    let roles = "[roles]\ndepartment_head = [\"Zhang.Wei@example.com\", \"deputy@example.com\"]\n\
                 supervisor = [\"deputy@example.com\"]\n\
                 [[to]]\naddress = \"zhang.wei@example.com\"\naudience = \"supervisor\"";
    let rules = |house: &mut House| {
        written_to(&server, house, roles);
        let deadlines = "id = \"own\"\nversion = \"1\"\n[warning]\nleft_percent = 50\n\
                         to = [\"owner\", \"department_head\", \"supervisor\"]\n\
                         [[rules]]\nresolution = \"10 calendar hours\"\n";
        house.deadlines = DeadlinePolicy::parse(deadlines, Path::new("deadlines.toml"), &house.taxonomy).unwrap();
    };
    on_every_store_of(rules, async |at| {
        let count = || ["zhang.wei", "deputy"].map(|who| letters(&server, &format!("{who}@example.com")));
        let [zhang, deputy] = count();
        let email = Some(Email("zhang.wei@example.com".into()));
        let owner = Person { email, ..person("zhang.wei", &["logistics"], 9) };
        at.desk.put_person(&owner, &Principal::local()).await.unwrap();
        at_work(&at, "zhang.wei").await;
        at.pass(6);
        at.desk.work_off().await.unwrap();
        assert_eq!(count(), [zhang + 1, deputy + 1]);
    });
}

#[test]
fn what_a_signal_says_goes_to_the_roles_that_it_names() {
    let server = mail_server();
    let rules = |house: &mut House| {
        written_to(&server, house, "[roles]\nlegal = [\"law@example.com\"]\nsupervisor = [\"boss@example.com\"]");
        let incidents = "id = \"own\"\nversion = \"1\"\n[repeat]\ncount = 2\nhours = 24\n\
                         then = { level = 1, notify = [\"legal\"] }\n\
                         [cluster]\ncount = 2\ncustomers = 2\nhours = 24\nquiet_hours = 24\n\
                         then = { level = 1, notify = [\"supervisor\"] }\n";
        let path = Path::new("incidents.toml");
        house.incidents = IncidentPolicy::parse(incidents, path, &house.taxonomy, &[]).unwrap();
    };
    on_every_store_of(rules, async |at| {
        let count = || ["law", "boss"].map(|who| letters(&server, &format!("{who}@example.com")));
        let [law, boss] = count();
        for text in ["快递三天没动静，物流信息不更新", "发票抬头开错了，要求重开"] {
            complain(&at, &format!(r#"{{"text": "{text}", "customer": {{"id": "c1"}}}}"#)).await;
        }
        assert_eq!(count(), [law + 1, boss], "who comes again is told to one role");
        for (customer, text) in [("c2", "牛奶打开就是酸的，没法喝"), ("c3", "盒子里有黑色的絮状东西")]
        {
            let json = format!(r#"{{"text": "{text}", "customer": {{"id": "{customer}"}}, "product": "纯牛奶"}}"#);
            complain(&at, &json).await;
        }
        assert_eq!(count(), [law + 1, boss + 1], "and what many complain about to the other");
    });
}

#[test]
fn roles_are_held_against_all_rules_of_the_house() {
    let taxonomy = Taxonomy::retail();
    let policy = Policy::default_for(&taxonomy);
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let open = || House::open(Some(folder.path()), &taxonomy, &policy);
    let faults = || {
        let checked = House::check(folder.path(), &taxonomy, &policy).unwrap();
        checked.into_iter().filter_map(|(_, found)| found.err()).map(|fault| fault.to_string()).collect::<Vec<_>>()
    };
    let unheard = |house: &House| house.unheard_roles().join(" ");
    let mail =
        "[smtp]\nhost = \"smtp.example.com\"\nfrom = \"desk@example.com\"\n[roles]\nemergency = [\"e@example.com\"]\n";
    assert_eq!(unheard(&open().unwrap()), "", "without a plan nobody is written to");
    write("mail.toml", mail.split("[roles]").next().unwrap());
    let nobody = open().unwrap();
    // An owner has an address of the own.
    assert!(
        unheard(&nobody).contains("department_head") && !unheard(&nobody).contains("owner"),
        "{}",
        unheard(&nobody)
    );
    write("mail.toml", mail);
    let fault = open().unwrap_err();
    assert_eq!(fault.code(), "invalid_mail_settings");
    assert!(fault.to_string().contains("`emergency`") && !fault.to_string().contains("e@example.com"), "{fault}");
    assert_eq!(faults(), [fault.to_string()]);
    House::check_file("mail.toml", &folder.path().join("mail.toml"), &taxonomy, &policy)
        .expect("alone it says nothing of the rules");
    // The role of the rules beside it.
    let deadlines = "id = \"own\"\nversion = \"1\"\n[[rules]]\nresolution = \"10 calendar hours\"\n\
                     [[escalations]]\nlevel = 1\nafter = \"2 calendar hours\"\nto = [\"emergency\"]\n";
    write("deadlines.toml", deadlines);
    assert_eq!(faults(), Vec::<String>::new());
    let house = open().unwrap();
    assert!(!unheard(&house).contains("emergency") && unheard(&house).contains("supervisor"), "{}", unheard(&house));
    // Nobody is warned or escalated to as the owner: nobody stands in for one.
    assert!(!unheard(&house).contains("owner") && !unheard(&house).contains("department_head"), "{}", unheard(&house));
    write("mail.toml", &mail.replace("[roles]", "[role]"));
    assert_eq!(open().unwrap_err().code(), "invalid_mail_settings", "an unknown key");
}
