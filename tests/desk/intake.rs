//! What comes in is kept, once.

use crate::stores::{on_every_store, submission};
use fenzhen::{
    Desk, Result,
    desk::{
        browse::ComplaintFilter,
        intake::{Accepted, Request, Submission},
        record::Record,
        ticket::Node,
    },
};

async fn accept(desk: &Desk, submission: Submission, key: Option<&str>) -> Result<Accepted> {
    let request = Request { submission, key: key.map(str::to_owned) };
    desk.accept(&[request]).await.unwrap().pop().unwrap()
}

const LATE: &str = r#"{"text": "快递三天没动静，物流停在中转站，客服电话13800138000一直打不通，第三次投诉了", "channel": "app",
    "external_id": "a-1", "customer": {"id": "c9", "tier": "gold"}, "contact": "13900139000",
    "order": {"id": "o-7", "amount": 88.5}, "product": "p-3", "region": "上海", "wish": "今天送到，或者退款"}"#;

#[test]
fn a_complaint_gets_a_number_a_ticket_and_a_decision() {
    on_every_store(async |at| {
        let accepted = accept(&at.desk, submission(LATE), None).await.unwrap();
        assert_eq!(accepted.number.to_string(), "C20261126-000001-2");
        assert!(accepted.fresh);
        let before = Record::read(at.desk.store(), &accepted.ticket).await.unwrap().unwrap();
        assert_eq!(before.ticket.node, Node::Accept);
        assert!(!before.ticket.classified && before.row.triage, "until it is read, people can see it");
        at.desk.work_off().await.unwrap();
        let after = Record::read(at.desk.store(), &accepted.ticket).await.unwrap().unwrap();
        assert!(after.ticket.classified);
        assert_eq!(after.row.category.as_deref(), Some("delivery.late"));
        assert!(after.row.due_at.is_some());
        let found = ComplaintFilter { words: Some("快递".into()), ..Default::default() };
        let page = at.desk.complaints(&found, 10, None).await.unwrap();
        assert_eq!(page.items.len(), 1);
        let row = &page.items[0];
        assert!(row.masked_text.contains("[PHONE]") && !row.masked_text.contains("138"), "{}", row.masked_text);
        assert!(!row.original_sealed.windows(6).any(|bytes| bytes == "快递".as_bytes()), "the original is sealed");
        let by_contact = ComplaintFilter { contact: Some("139 0013 9000".into()), ..Default::default() };
        assert_eq!(at.desk.complaints(&by_contact, 10, None).await.unwrap().items.len(), 1);
    });
}

#[test]
fn the_same_again_is_the_same_complaint() {
    on_every_store(async |at| {
        let first = accept(&at.desk, submission(LATE), Some("k1")).await.unwrap();
        let again = accept(&at.desk, submission(LATE), Some("k1")).await.unwrap();
        assert_eq!(
            (again.id, again.number, again.token, again.fresh),
            (first.id.clone(), first.number, first.token, false)
        );
        let by_external_id = accept(&at.desk, submission(LATE), None).await.unwrap();
        assert_eq!((by_external_id.id, by_external_id.fresh), (first.id, false));
        let other = accept(&at.desk, submission(r#"{"text": "鞋子开胶了，穿了两天"}"#), Some("k1")).await;
        assert_eq!(other.unwrap_err().code(), "idempotency_conflict");
        let other = submission(r#"{"text": "鞋子开胶了，穿了两天", "channel": "app", "external_id": "a-1"}"#);
        assert_eq!(accept(&at.desk, other, None).await.unwrap_err().code(), "external_id_conflict");
        assert_eq!(at.desk.complaints(&ComplaintFilter::default(), 10, None).await.unwrap().items.len(), 1);
    });
}

#[test]
fn one_that_cannot_be_read_does_not_harm_the_others() {
    on_every_store(async |at| {
        let texts = ["鞋子开胶了", "。。。", "\u{0}退货\u{0}三次都没人来取"];
        let requests: Vec<Request> =
            texts.iter().map(|text| Request { submission: Submission::of(*text), key: None }).collect();
        let results = at.desk.accept(&requests).await.unwrap();
        assert!(results[0].is_ok() && results[2].is_ok());
        assert_eq!(results[1].as_ref().unwrap_err().code(), "text_without_words");
        let numbers: Vec<u32> = results.iter().flatten().map(|accepted| accepted.number.count()).collect();
        assert_eq!(numbers, [1, 2], "numbers have no gaps");
    });
}

#[test]
fn what_was_accepted_is_classified_after_a_restart() {
    on_every_store(async |at| {
        let accepted = accept(&at.desk, submission(LATE), None).await.unwrap();
        // Nobody worked it off; another process comes.
        let later = at.again().await;
        later.work_off().await.unwrap();
        let record = Record::read(later.store(), &accepted.ticket).await.unwrap().unwrap();
        assert!(record.ticket.classified);
        assert_eq!(record.history.iter().filter(|event| event.fact.kind() == "classified").count(), 1);
    });
}
