//! The built-in page in a real headless Chromium, before a real server with the shipped bundle.

mod driver;
mod progress;
#[path = "../service/mod.rs"]
mod service;

use driver::Browser;
use service::Service;
use std::sync::{Mutex, MutexGuard, PoisonError};

const STUCK: &str = "买的手机壳半个月了，物流一直停在杭州中转站没动过。打了三次客服都说在催，这已经是我第三次投诉，再不处理我就打12315！";

/// One browser at a time: several are too much for a small machine.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn page() -> Option<(Browser, Service)> {
    let browser = Browser::open()?;
    let service = Service::start(&["--log", "warn", "--no-desk"]);
    browser.go(&service.url());
    browser.wait("document.querySelectorAll('.example').length");
    Some((browser, service))
}

/// The words that are marked are the evidence that is listed, each for each.
fn marks_are_the_evidence(browser: &Browser) {
    let wrong = browser.run(
        "return [...document.querySelectorAll('.said mark')].filter((mark) => {
            const reasons = mark.dataset.reason.split(' ').map((n) => document.querySelector(`.reasons [data-reason='${n}'] q`));
            return !reasons.every((reason) => reason) || !reasons[0].textContent.includes(mark.textContent);
        }).map((mark) => mark.textContent)",
    );
    assert_eq!(wrong, serde_json::json!([]), "marked, but not the evidence");
}

#[test]
fn a_person_pastes_a_complaint_and_sees_the_decision() {
    let _turn = turn();
    let Some((browser, service)) = page() else { return };
    assert_eq!(browser.text("return document.documentElement.lang"), "zh-CN");
    assert_eq!(browser.text("return document.activeElement.id"), "text", "ready to type");
    browser.picture("empty");
    browser.write("#text", STUCK);
    browser.click("#go");
    browser.wait("document.querySelector('.card')");
    assert_eq!(browser.text("return document.querySelector('.said').textContent"), STUCK);
    assert!(!browser.text("return document.querySelector('.verdict strong').textContent").is_empty());
    assert!(browser.run("return document.querySelectorAll('.category .path span').length").as_u64().unwrap() >= 2);
    assert!(browser.text("return document.querySelector('.category .bar b').textContent").ends_with('%'));
    assert!(browser.run("return document.querySelectorAll('.said mark').length").as_u64().unwrap() >= 1);
    marks_are_the_evidence(&browser);
    // What is shown is what the API says.
    let decision: serde_json::Value =
        serde_json::from_str(&browser.text("return document.querySelector('.json pre').textContent")).unwrap();
    let names = browser.run("return [...document.querySelectorAll('.category .path span')].map((s) => s.textContent)");
    assert_eq!(names, decision["category"]["name"]);
    assert!(
        browser
            .text("return document.querySelector('.level').textContent")
            .contains(decision["priority"]["name"].as_str().unwrap())
    );
    browser.picture("decision");
    assert_eq!(browser.console(), Vec::<String>::new());
    drop(service);
    browser.click("#go");
    browser.wait("document.querySelector('.trouble')");
    assert!(browser.text("return document.querySelector('.trouble').textContent").contains("连不上服务器"));
}

#[test]
fn mistakes_are_told_kindly_in_both_languages() {
    let _turn = turn();
    let Some((browser, _service)) = page() else { return };
    browser.click("#go");
    browser.wait("document.querySelector('.trouble')");
    assert!(browser.text("return document.querySelector('.trouble').textContent").contains("还没有文字"));
    assert_eq!(browser.text("return document.activeElement.id"), "text");
    browser.write("#text", "！！！");
    browser.click("#go");
    browser.wait("document.querySelector('.trouble footer')");
    let told = browser.text("return document.querySelector('.trouble').textContent");
    assert!(told.contains("读不出意思") && told.contains("text_without_words"), "{told}");
    browser.picture("trouble");
    browser.click("#language");
    assert_eq!(browser.text("return document.documentElement.lang"), "en");
    let told = browser.text("return document.querySelector('.trouble').textContent");
    assert!(told.contains("A few words are needed"), "{told}");
    browser.click(".example");
    browser.wait("document.querySelector('.card')");
    assert_eq!(browser.text("return document.querySelector('.category h3').firstChild.textContent"), "Issue");
    browser.picture("english");
    // The choice is kept.
    browser.run("location.reload()");
    browser.wait("document.documentElement.lang === 'en' && document.querySelector('.example')");
}

#[test]
fn evidence_is_marked_rightly_after_emoji_and_markup_stays_text() {
    let _turn = turn();
    let Some((browser, _service)) = page() else { return };
    let text = "😡👨‍👩‍👧<img src=x onerror=alert(1)>\n这是第三次投诉了😡，插座冒烟，孩子手被烫伤，再不管我就去12315！";
    browser.run(&format!("document.getElementById('text').value = {}", serde_json::json!(text)));
    // By keyboard alone.
    browser.write("#text", "\u{e009}\u{e007}");
    browser.wait("document.querySelector('.card')");
    assert_eq!(browser.text("return document.querySelector('.said').textContent"), text);
    assert!(browser.run("return document.querySelectorAll('.said mark').length").as_u64().unwrap() >= 1);
    marks_are_the_evidence(&browser);
    assert_eq!(browser.run("return document.querySelectorAll('#outcome img').length"), 0);
    assert_eq!(browser.console(), Vec::<String>::new());
}

#[test]
fn it_fits_a_phone_and_the_dark() {
    let _turn = turn();
    let Some((browser, _service)) = page() else { return };
    browser.resize(390, 844);
    browser.click(".example:nth-child(4)");
    browser.wait("document.querySelector('.card')");
    assert_eq!(browser.run("return document.documentElement.scrollWidth <= window.innerWidth"), true);
    browser.click(".masked summary");
    let masked = browser.text("return document.querySelector('.masked pre').textContent");
    assert!(!masked.contains("13800138000"), "{masked}");
    browser.picture("phone");
    browser.resize(1280, 1000);
    browser.devtools(
        "Emulation.setEmulatedMedia",
        serde_json::json!({"features": [{"name": "prefers-color-scheme", "value": "dark"}]}),
    );
    assert_ne!(browser.text("return getComputedStyle(document.body).backgroundColor"), "rgb(245, 243, 238)");
    browser.picture("dark");
}

#[test]
fn the_description_of_the_api_can_be_tried() {
    let _turn = turn();
    let Some((browser, service)) = page() else { return };
    browser.go(&format!("{}/docs", service.url()));
    browser.wait("document.querySelectorAll('.op').length > 10");
    let paths =
        browser.run("return [...document.querySelectorAll('.op > summary .verb + code')].map((c) => c.textContent)");
    for path in ["/v1/classify", "/v1/classify/batch", "/v1/taxonomy", "/readyz", "/metrics"] {
        assert!(paths.as_array().unwrap().iter().any(|p| p == path), "{path} is not in {paths}");
    }
    browser.click("#classify summary");
    browser.click("#classify .call button");
    browser.wait("document.querySelector('#classify .call pre').textContent.startsWith('200')");
    browser.picture("docs");
    assert_eq!(browser.console(), Vec::<String>::new());
}
