//! Stored values change their key, and the old one is needed no more.

use crate::{
    stores::{KEYS, on_every_store, submission},
    tickets::person,
};
use fenzhen::desk::{
    access::{Principal, audit::Purpose},
    intake::Request,
    people::Email,
    reseal::reseal,
    seal::{KeyRing, add_key},
};

#[test]
fn after_resealing_the_old_key_is_needed_no_more() {
    on_every_store(async |at| {
        let mut ids = Vec::new();
        for text in ["快递三天没动静，电话13800138000打不通", "退款一直不到账"] {
            let body = format!(r#"{{"text": "{text}", "contact": "13900139000"}}"#);
            let request = Request { submission: submission(&body), key: None };
            ids.push(at.desk.accept(&[request]).await.unwrap().remove(0).unwrap().id);
        }
        let local = Principal::local();
        at.desk.add_webhook("https://crm.example.com/in", &[], None, &local).await.unwrap();
        let li =
            fenzhen::desk::people::Person { email: Some(Email("li.na@example.com".into())), ..person("a1", &[], 9) };
        at.desk.put_person(&li, &local).await.unwrap();
        let both = add_key(&KEYS, "tests", "2026-12-01".parse().unwrap()).unwrap();
        let ring = KeyRing::parse(&both, "tests").unwrap();
        let store = at.desk.store();
        let done = reseal(store, &ring, at.desk.now(), |_| ()).await.unwrap();
        assert_eq!((done.values, done.changed), (8, 8));
        let again = reseal(store, &ring, at.desk.now(), |_| ()).await.unwrap();
        assert_eq!((again.values, again.changed), (8, 0));
        let new: Vec<&str> = both.lines().filter(|line| !line.starts_with("2026-11-26")).collect();
        let desk = at.again_with(&new.join("\n")).await;
        assert_eq!(desk.people().await.unwrap()[0].email, Some(Email("l***@example.com".into())));
        let purpose = || Purpose::try_from("回访".to_owned()).unwrap();
        let read = desk.original(&ids[0], &local, purpose(), None).await.unwrap();
        assert!(read.text.contains("13800138000"));
        assert_eq!(read.contact.as_deref(), Some("13900139000"));
        let sealed = at.desk.original(&ids[0], &local, purpose(), None).await.err().unwrap();
        assert_eq!(sealed.code(), "sealed", "the old ring alone opens nothing any more");
    });
}
