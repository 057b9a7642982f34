//! Speed of the first two stages: cleaning with masks, and cutting into words. `cargo bench --bench text`.
//!
//! One message an iteration; the counter gives characters a second.

use divan::{Bencher, black_box, counter::CharsCount};
use fenzhen::{segment::Segmenter, text::Text};

fn main() {
    // Tables and dictionaries are loaded once a process; the bench is about what comes after.
    Segmenter::new().read("预热").expect("two words are a text");
    divan::main();
}

/// A short complaint, one with personal data, one that needs every kind of folding, a long one.
const MESSAGES: [(&str, &str); 3] = [
    ("short", "快递三天没动静，客服一直不回复，我要求退款，再不处理就打12315投诉。"),
    (
        "personal",
        "我是张女士，电话13800138000，住朝阳区建国路88号院3号楼2单元501室，订单号4200123456789，卡号6222021234567890128，邮箱abc@example.com，钱一直没退。",
    ),
    (
        "folding",
        "訂單編號：ＡＢ１２３４５\r\n\r\n東西壞了！！！！！！😡😡😡客服態度惡劣[怒][怒]，要求退款～～～～　謝謝T_T",
    ),
];

fn message(name: &str) -> String {
    match MESSAGES.iter().find(|(n, _)| *n == name) {
        Some((_, text)) => (*text).to_owned(),
        None => MESSAGES.iter().cycle().map(|(_, text)| *text).take(200).collect(),
    }
}

#[divan::bench(args = ["short", "personal", "folding", "long"])]
fn clean_and_mask(bencher: Bencher, name: &str) {
    let text = message(name);
    bencher.counter(CharsCount::of_str(&text)).bench(|| Text::new(black_box(&text)));
}

#[divan::bench(args = ["short", "personal", "folding", "long"])]
fn cut(bencher: Bencher, name: &str) {
    let segmenter = Segmenter::new();
    let text = Text::new(&message(name)).expect("the messages have words");
    bencher.counter(CharsCount::of_str(text.as_str())).bench(|| segmenter.cut(black_box(text.as_str())));
}

#[divan::bench(args = ["short", "personal", "folding", "long"])]
fn read(bencher: Bencher, name: &str) {
    let segmenter = Segmenter::new();
    let text = message(name);
    bencher.counter(CharsCount::of_str(&text)).bench(|| segmenter.read(black_box(&text)));
}
