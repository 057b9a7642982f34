use super::{
    classify::{walk, without_digits},
    fenzhen, stdout, told,
};
use serde_json::Value;

const LATE: &str = "快递三天没动静，客服一直不接电话，第三次投诉了，电话13800138000";

#[test]
fn the_card_names_the_words_and_what_is_left_without_them() {
    let output = fenzhen(&["explain", LATE], b"");
    let told = told(&output);
    assert_eq!(output.status.code(), Some(0), "{told}");
    for word in ["类别", "部门", "优先级", "情绪", "」 去掉后", "这些词全去掉", "只留这些词", "相似", "words tried"]
    {
        assert!(told.contains(word), "{word} is missing:\n{told}");
    }
    assert!(!told.contains("13800138000"), "{told}");
}

#[test]
fn one_head_in_english() {
    let output = fenzhen(&["explain", "--lang", "en", "--head", "emotion", "--quiet"], "气死我了".as_bytes());
    let card = stdout(&output);
    assert!(card.starts_with("emotion") && !card.contains("category"), "{card}");
    assert!(card.contains("without") && !card.contains('去'), "{card}");
    assert!(output.stderr.is_empty());
}

#[test]
fn the_form_of_an_explanation_stays_and_its_numbers_repeat() {
    let json = stdout(&fenzhen(&["explain", "--json", LATE], b""));
    assert_eq!(json, stdout(&fenzhen(&["explain", "--json"], LATE.as_bytes())));
    let explanation: Value = serde_json::from_str(&json).unwrap();
    let mut paths = Vec::new();
    walk("", &explanation, &mut paths);
    paths.sort();
    paths.dedup();
    insta::assert_snapshot!(without_digits(&paths.join("\n")));
}

#[test]
fn what_cannot_be_explained_is_refused() {
    assert_eq!(fenzhen(&["explain", "--head", "sentiment", "退款"], b"").status.code(), Some(2));
    let told = told(&fenzhen(&["explain", "😡！"], b""));
    assert!(told.starts_with("exit 2") && told.contains("[text_without_words]"), "{told}");
}
