//! The customer's page before a real desk: from the link to the customer's word and back.

use super::{Browser, Service, turn};
use serde_json::{Value, json};

const LATE: &str = "快递三天没动静，客服一直不接电话，第三次投诉了";

/// A server with a desk, and a complaint that it took.
fn desk() -> Option<(Browser, Service, Value)> {
    desk_with(LATE)
}

fn desk_with(said: &str) -> Option<(Browser, Service, Value)> {
    let browser = Browser::open()?;
    speak(&browser, "zh-CN");
    let service = Service::start(&["--log", "warn"]);
    browser.go(&service.url());
    let taken = call(&browser, "/v1/complaints?wait=20000", &json!({"text": said, "channel": "app"}));
    Some((browser, service, taken))
}

/// Gives the browser a language of its own, which a headless one takes from its machine.
fn speak(browser: &Browser, language: &str) {
    let agent = browser.text("return navigator.userAgent");
    browser.devtools("Emulation.setUserAgentOverride", json!({"userAgent": agent, "acceptLanguage": language}));
}

/// Posts to the desk from a page of its own.
fn call(browser: &Browser, path: &str, body: &Value) -> Value {
    let answer = browser.text(&format!(
        "const request = new XMLHttpRequest();
         request.open('POST', {}, false);
         request.setRequestHeader('content-type', 'application/json');
         request.send({});
         return request.responseText;",
        json!(path),
        json!(body.to_string())
    ));
    serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{path}: {answer}"))
}

fn open(browser: &Browser, service: &Service, path: &str) {
    browser.go(&format!("{}{path}", service.url()));
    browser.wait("document.querySelectorAll('#timeline li').length");
}

fn text(browser: &Browser, selector: &str) -> String {
    browser.text(&format!("return document.querySelector({}).textContent", json!(selector)))
}

/// The actions whose forms a person sees.
fn offered(browser: &Browser) -> Value {
    browser.run("return [...document.querySelectorAll('[data-action]')].filter((a) => a.offsetHeight).map((a) => a.dataset.action)")
}

#[test]
fn a_customer_follows_a_complaint_and_replies() {
    let _turn = turn();
    let Some((browser, service, taken)) = desk() else { return };
    let page = taken["page"].as_str().unwrap().to_owned();
    open(&browser, &service, &page);
    assert_eq!(browser.text("return document.documentElement.lang"), "zh-CN");
    assert_eq!(text(&browser, "#number"), taken["number"]);
    assert!(browser.text("return document.title").contains(taken["number"].as_str().unwrap()));
    assert!(["待处理", "处理中"].contains(&text(&browser, "#status").as_str()));
    assert_eq!(browser.run("return document.querySelector('#status').classList.contains('red')"), true);
    let promise = text(&browser, "#promise");
    assert!(promise.starts_with("预计") && promise.ends_with("前给出方案"), "{promise}");
    assert!(text(&browser, "#timeline").contains("已收到您的投诉"));
    assert_eq!(offered(&browser), json!(["reply", "attach", "withdraw"]), "only what is possible");
    assert_eq!(browser.run("return document.referrer"), "");
    browser.picture("progress");

    // What is written is a part of the page as text only.
    let reply = "今天能送到吗？<img src=x onerror=alert(1)>";
    browser.write("#reply-text", reply);
    browser.click("[data-action=reply] button");
    browser.wait("document.querySelector('#told').textContent");
    assert_eq!(text(&browser, "#told"), "已收到您的回复。");
    assert_eq!(text(&browser, "#timeline li:first-child .said"), reply);
    assert!(text(&browser, "#timeline li:first-child").contains("您"));
    assert_eq!(browser.run("return document.querySelectorAll('#timeline img').length"), 0);
    assert_eq!(browser.text("return document.querySelector('#reply-text').value"), "");
    assert_eq!(browser.text("return document.activeElement.id"), "told", "what is read out comes first");

    // What staff do is there when the customer comes back; nothing that stays in the house.
    let staff =
        |body: &Value| call(&browser, &format!("/v1/tickets/{}/actions", taken["number"].as_str().unwrap()), body);
    staff(&json!({"action": {"kind": "comment", "text": "仓库漏扫", "visibility": "internal"}}));
    staff(&json!({"action": {"kind": "respond", "text": "已联系站点，今晚送达"}}));
    browser.click("#refresh");
    browser.wait("document.querySelector('#timeline').textContent.includes('今晚送达')");
    assert!(!text(&browser, "body").contains("仓库漏扫"));
    assert_eq!(browser.console(), Vec::<String>::new());
}

#[test]
fn a_customer_adds_files_withdraws_rates_and_opens_again() {
    let _turn = turn();
    let Some((browser, service, taken)) = desk() else { return };
    open(&browser, &service, taken["page"].as_str().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let act = |kind: &str| browser.click(&format!("[data-action={kind}] summary"));
    let submit = |kind: &str| browser.click(&format!("[data-action={kind}] button"));
    act("attach");
    browser.write("#files", &file("broken.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"));
    submit("attach");
    browser.wait("document.querySelector('#told').textContent === '文件已收到。'");
    assert!(text(&browser, "#timeline li:first-child").contains("图片（PNG，1 kB）"));

    act("withdraw");
    browser.write("#withdraw-reason", "收到了");
    submit("withdraw");
    browser.wait("document.querySelector('#status').textContent === '已完成'");
    assert_eq!(browser.run("return document.querySelector('#status').classList.contains('grey')"), true);
    assert_eq!(offered(&browser), json!(["follow_up", "reopen"]));
    act("follow_up");
    browser.click("[data-action=follow_up] input[value='4']");
    submit("follow_up");
    browser.wait("document.querySelector('#told').textContent === '谢谢您的评价。'");
    act("reopen");
    browser.write("#reopen-reason", "又坏了");
    submit("reopen");
    browser.wait("document.querySelector('[data-action=withdraw]').offsetHeight");
    assert!(text(&browser, "#timeline li:first-child").contains("投诉已重新打开"));
    assert_eq!(browser.console(), Vec::<String>::new());

    // What is refused is told in the page's own words, and nothing that was written is lost.
    act("attach");
    browser.write("#files", &file("note.txt", "不是图片".as_bytes()));
    submit("attach");
    browser.wait("document.querySelector('#trouble article')");
    let told = text(&browser, "#trouble");
    assert!(told.contains("不是我们能收的图片或录音") && told.contains("attachment_kind"), "{told}");
    call(
        &browser,
        &format!("{}/actions", taken["progress"].as_str().unwrap()),
        &json!({"action": {"kind": "withdraw", "reason": "算了"}}),
    );
    browser.write("#reply-text", "还有一件事");
    submit("reply");
    browser.wait("document.querySelector('#trouble').textContent.includes('illegal_transition')");
    assert_eq!(offered(&browser), json!(["follow_up", "reopen"]), "the page is up to date");
    assert_eq!(browser.text("return document.querySelector('#reply-text').value"), "还有一件事");
}

#[test]
fn a_customer_disputes_a_result_and_confirms_the_next() {
    let _turn = turn();
    // Nothing urgent: a supervisor would have to agree.
    let Some((browser, service, taken)) = desk_with("鞋子开胶了，想换一双") else { return };
    let page = taken["page"].as_str().unwrap();
    let path = format!("/v1/tickets/{}/actions", taken["number"].as_str().unwrap());
    let staff = |action: Value| call(&browser, &path, &json!({"action": action}));
    // The engine has done some of it already; what is not possible is refused.
    let solve = || {
        staff(json!({"kind": "accept"}));
        staff(json!({"kind": "assign", "department": "aftersales"}));
        staff(json!({"kind": "start"}));
        staff(json!({"kind": "investigate", "findings": "胶水批次不良"}));
        staff(json!({"kind": "propose", "plan": "换一双"}));
        staff(json!({"kind": "resolve"}));
        let told = staff(json!({"kind": "give_feedback", "text": "已为您换新，今天发出"}));
        assert_eq!(told["status"], "resolved", "{told}");
    };
    let submit = |kind: &str| {
        browser.click(&format!("[data-action={kind}] summary"));
        if kind == "dispute" {
            browser.write("#dispute-reason", "换来的一双也开胶");
        }
        browser.click(&format!("[data-action={kind}] button"));
    };
    solve();
    browser.console();
    open(&browser, &service, page);
    assert_eq!(text(&browser, "#status"), "已解决");
    assert_eq!(browser.run("return document.querySelector('#status').classList.contains('green')"), true);
    assert_eq!(browser.run("return document.querySelector('#promise').hidden"), true, "there is a plan");
    assert_eq!(offered(&browser), json!(["reply", "confirm", "dispute", "follow_up", "attach", "withdraw"]));
    browser.picture("progress-solved");
    submit("dispute");
    browser.wait("document.querySelector('#told').textContent === '已收到，我们会继续处理。'");
    assert!(text(&browser, "#timeline li:first-child").contains("换来的一双也开胶"));
    assert_eq!(text(&browser, "#status"), "处理中");
    assert_eq!(browser.console(), Vec::<String>::new());
    solve();
    browser.click("#refresh");
    browser.wait("document.querySelector('[data-action=confirm]').offsetHeight");
    submit("confirm");
    browser.wait("document.querySelector('#told').textContent === '谢谢，已确认。'");
    assert!(text(&browser, "#timeline li:first-child").contains("已确认满意"));
    assert_eq!(browser.run("return document.querySelector('[data-action=confirm]').offsetHeight"), 0);
}

#[test]
fn it_speaks_english_fits_a_phone_and_knows_wrong_links() {
    let _turn = turn();
    let Some((browser, service, taken)) = desk() else { return };
    let page = taken["page"].as_str().unwrap();
    open(&browser, &service, page);
    assert_eq!(browser.text("return document.documentElement.lang"), "zh-CN");
    open(&browser, &service, &format!("{page}?lang=en"));
    assert_eq!(browser.text("return document.documentElement.lang"), "en");
    assert_eq!(text(&browser, "#can"), "What you can do now");
    assert!(text(&browser, "#timeline").contains("We received your complaint"));
    assert!(text(&browser, "#promise").starts_with("A plan is expected by"));
    // The browser's own language, where nothing else is asked for.
    speak(&browser, "en-US");
    open(&browser, &service, page);
    assert_eq!(browser.text("return document.documentElement.lang"), "en");
    browser.resize(390, 844);
    assert_eq!(browser.run("return document.documentElement.scrollWidth <= window.innerWidth"), true);
    browser.picture("progress-phone");
    browser.write("#reply-text", "A");
    browser.click("#language");
    assert_eq!(text(&browser, "#can"), "您现在可以");
    assert_eq!(browser.text("return document.querySelector('#reply-text').value"), "A", "what was typed stays");
    // By keyboard alone: a form is opened, filled and sent.
    browser.write("[data-action=withdraw] summary", "\u{e007}");
    browser.write("#withdraw-reason", "不用了\u{e004}\u{e007}");
    browser.wait("document.querySelector('#status').textContent === '已完成'");
    assert_eq!(browser.console(), Vec::<String>::new());
    browser.go(&format!("{}{page}x", service.url()));
    assert_eq!(text(&browser, "h1"), "找不到这件投诉");
    browser.picture("progress-missing");
    drop(service);
}
