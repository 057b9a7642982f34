//! The desk over HTTP: a complaint from the intake to its customer's word, and who may see what.

use crate::server::{Reply, post};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
};
use fenzhen::{
    Desk, Pipeline,
    desk::{
        House,
        access::{DeskRole, Permission, key::KeyRecord},
        attachments::Objects,
        keys,
        seal::{KeyRing, generate},
        store::Store,
        ticket::Scope,
        work::Workers,
    },
    serve::{Settings, State, app},
};
use std::{
    path::Path,
    sync::{Arc, LazyLock},
};
use tower::ServiceExt;

static PIPELINE: LazyLock<Arc<Pipeline>> =
    LazyLock::new(|| Arc::new(Pipeline::open(Path::new("models/retail"), None).unwrap()));

pub struct At {
    pub app: Router,
    pub store: Store,
    _workers: Workers,
    pub folder: tempfile::TempDir,
}

impl At {
    pub async fn open() -> Self {
        At::open_with(Settings::default()).await
    }

    pub async fn open_with(settings: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&Store::url_in(folder.path()).unwrap()).await.unwrap();
        let pipeline = PIPELINE.clone();
        let house = House::open(None, &pipeline.taxonomy, &pipeline.policy).unwrap();
        let ring = KeyRing::parse(&generate("2026-11-26".parse().unwrap()), "tests").unwrap();
        let store = store.with_objects(Objects::in_folder(&folder.path().join("attachments")).unwrap());
        let at = store.clone();
        let state = State::start_with_desk(pipeline, settings, |engine| Ok(Desk::new(at, house, engine, ring)));
        let state = state.unwrap();
        let workers = Workers::start(&state.front().unwrap().desk);
        At { app: app(state), store, _workers: workers, folder }
    }

    pub async fn send(&self, request: Request<Body>) -> Reply {
        let (parts, body) = self.app.clone().oneshot(request).await.unwrap().into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Reply { status: parts.status, headers: parts.headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    pub async fn get(&self, path: &str, key: Option<&str>) -> Reply {
        let request = Request::get(path).header("host", "localhost");
        let request = match key {
            Some(key) => request.header("authorization", format!("Bearer {key}")),
            None => request,
        };
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub async fn key(&self, role: DeskRole, scopes: Option<&[Permission]>) -> String {
        self.key_for(role, scopes, Scope::All).await
    }

    pub async fn key_for(&self, role: DeskRole, scopes: Option<&[Permission]>, departments: Scope) -> String {
        let scopes = scopes.map(|scopes| scopes.iter().copied().collect());
        let now = jiff::Timestamp::now();
        let (key, record) = KeyRecord::issue(role.id(), role, scopes, departments, None, now).unwrap();
        keys::keep(self.store.writer(), &record).await.unwrap();
        key.reveal().to_owned()
    }
}

/// A request of somebody who has signed in.
fn signed_in(mut request: Request<Body>, cookie: &str, csrf: Option<&str>) -> Request<Body> {
    request.headers_mut().insert("cookie", cookie.parse().unwrap());
    if let Some(csrf) = csrf {
        request.headers_mut().insert("x-csrf-token", csrf.parse().unwrap());
    }
    request
}

const LATE: &str = r#"{"text": "快递三天没动静，客服电话13800138000一直打不通", "channel": "app", "external_id": "a-1",
    "customer": {"id": "c9"}, "contact": "13900139000", "region": "上海"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn from_the_intake_to_the_customers_word() {
    let at = At::open().await;
    let taken = at.send(post("/v1/complaints?wait=20000", LATE)).await;
    assert_eq!(taken.status, 201, "{}", taken.body);
    let taken = taken.json();
    assert!(taken["decision"]["category"]["label"].is_string(), "{taken}");
    let again = at.send(post("/v1/complaints", LATE)).await;
    assert_eq!(again.status, 200);
    assert_eq!(again.json()["id"], taken["id"]);

    let number = taken["number"].as_str().unwrap();
    let ticket = at.get(&format!("/v1/tickets/{number}"), None).await;
    let tag = ticket.header("etag").to_owned();
    let view = ticket.json();
    assert_eq!(view["complaint"], taken["id"]);
    assert!(view["route"]["reason"]["zh"].is_string() && view["clocks"][0]["reasons"][0].is_string(), "{view}");
    let id = view["id"].as_str().unwrap();
    let known = Request::get(format!("/v1/tickets/{id}")).header("if-none-match", &tag).body(Body::empty()).unwrap();
    assert_eq!(at.send(known).await.status, 304);

    let comment = r#"{"action": {"kind": "comment", "text": "已联系仓库，电话13800138000", "visibility": "internal"}}"#;
    let act = |tag: &str| {
        let mut request = post(&format!("/v1/tickets/{id}/actions"), comment);
        request.headers_mut().insert("if-match", tag.parse().unwrap());
        request
    };
    assert_eq!(at.send(act(&tag)).await.status, 200);
    let late = at.send(act(&tag)).await;
    assert_eq!((late.status.as_u16(), late.json()["code"].as_str()), (412, Some("version_conflict")));
    let timeline = at.get(&format!("/v1/tickets/{id}/timeline"), None).await.body;
    assert!(timeline.contains("已联系仓库，电话[PHONE]") && !timeline.contains("13800138000"), "{timeline}");

    let customer = at.get("/v1/customers/c9", None).await.json();
    assert_eq!((customer["complaints"].as_u64(), customer["open"].as_u64()), (Some(1), Some(1)), "{customer}");
    assert_eq!(customer["channels"], serde_json::json!([{"id": "app", "count": 1}]));
    assert_eq!(customer["tickets"][0]["number"], number);
    assert_eq!(at.get("/v1/customers/nobody", None).await.json()["code"], "no_such_customer");

    let progress = taken["progress"].as_str().unwrap();
    let seen = at.get(progress, None).await.json();
    assert_eq!(seen["number"], number);
    assert!(!seen.to_string().contains("仓库"), "what staff write to each other stays in the house");
    let reply = r#"{"action": {"kind": "reply", "text": "今天能送到吗"}}"#;
    let told = at.send(post(&format!("{progress}/actions"), reply)).await.json();
    assert!(told["timeline"].to_string().contains("今天能送到吗"), "{told}");
    let forbidden = at.send(post(&format!("{progress}/actions"), r#"{"action": {"kind": "start"}}"#)).await;
    assert_eq!(forbidden.status, 403);
    assert_eq!(at.get("/v1/progress/nonsense", None).await.status, 404);

    let found = at.get("/v1/complaints?q=%E5%BF%AB%E9%80%92&region=%E4%B8%8A%E6%B5%B7", None).await.json();
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    let none = at.get("/v1/complaints?q=%E7%89%9B%E5%A5%B6", None).await.json();
    assert_eq!(none["items"].as_array().unwrap().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_say_who_may_see_what() {
    let at = At::open().await;
    let taken = at.send(post("/v1/complaints", LATE)).await.json();
    let id = taken["id"].as_str().unwrap();
    // While there is no administrator, whoever sits at the machine is one; a page from elsewhere is not.
    assert_eq!(at.get("/v1/tickets", None).await.status, 200);
    let foreign = Request::get("/v1/tickets").header("host", "evil.example").body(Body::empty()).unwrap();
    assert_eq!(at.send(foreign).await.status, 401);

    let admin = at.key(DeskRole::Admin, None).await;
    let handler = at.key(DeskRole::Handler, None).await;
    let intake = at.key(DeskRole::Integration, Some(&[Permission::ComplaintsCreate])).await;
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let refused = at.get("/v1/tickets", None).await;
    assert_eq!((refused.status.as_u16(), refused.header("www-authenticate")), (401, "Bearer"));
    assert_eq!(at.get("/v1/tickets", Some("fz_nonsense")).await.status, 401);
    assert_eq!(at.get("/v1/tickets", Some(&handler)).await.status, 200);
    assert_eq!(at.get("/v1/tickets", Some(&intake)).await.status, 403);
    assert_eq!(at.get("/v1/audit", Some(&handler)).await.status, 403);

    let original = format!("/v1/complaints/{id}/original");
    assert_eq!(at.get(&original, Some(&handler)).await.json()["code"], "invalid_request");
    let read = at.get(&format!("{original}?purpose=callback"), Some(&handler)).await.json();
    assert!(read["text"].as_str().unwrap().contains("13800138000"));
    assert_eq!(read["contact"], "13900139000");
    let log = at.get("/v1/audit", Some(&admin)).await.json();
    let entry = &log["items"][0]["entry"];
    assert_eq!((entry["action"].as_str(), entry["subjects"][0].as_str()), (Some("original_read"), Some(id)));
    assert_eq!(entry["purpose"], "callback");
    fenzhen::desk::audit::check(&at.store).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn people_sign_in_with_a_cookie_and_change_nothing_without_its_token() {
    let at = At::open().await;
    let admin = at.key(DeskRole::Admin, None).await;
    let new = r#"{"account": {"id": "li.na", "name": "李娜", "role": "supervisor", "departments": null},
        "password": "长江后浪推前浪 2026"}"#;
    let mut create = post("/v1/accounts", new);
    create.headers_mut().insert("authorization", format!("Bearer {admin}").parse().unwrap());
    assert_eq!(at.send(create).await.status, 201);
    let wrong = at.send(post("/v1/sessions", r#"{"name": "li.na", "password": "长江"}"#)).await;
    assert_eq!((wrong.status.as_u16(), wrong.json()["code"].as_str()), (401, Some("unauthenticated")));
    let signed = at.send(post("/v1/sessions", r#"{"name": "li.na", "password": "长江后浪推前浪 2026"}"#)).await;
    assert_eq!(signed.status, 201, "{}", signed.body);
    let cookie = signed.header("set-cookie").split(';').next().unwrap().to_owned();
    assert!(signed.header("set-cookie").contains("HttpOnly"));
    let csrf = signed.json()["csrf"].as_str().unwrap().to_owned();
    let with = |request, csrf| signed_in(request, &cookie, csrf);
    let list = || Request::get("/v1/tickets").body(Body::empty()).unwrap();
    assert_eq!(at.send(with(list(), None)).await.status, 200);
    let complain = || post("/v1/complaints", r#"{"text": "鞋子开胶了"}"#);
    assert_eq!(at.send(with(complain(), None)).await.json()["code"], "csrf");
    assert_eq!(at.send(with(complain(), Some(&csrf))).await.status, 201);
    assert_eq!(at.send(with(Request::get("/v1/accounts").body(Body::empty()).unwrap(), None)).await.status, 403);
    // One's own password with the old one, which ends the session; another's as an administrator.
    let put = |path: &str, body: &str| {
        Request::put(path).header("content-type", "application/json").body(Body::from(body.to_owned())).unwrap()
    };
    let own = |old: &str| {
        let body = format!(r#"{{"old": "{old}", "new": "不尽长江滚滚来 2026"}}"#);
        with(put("/v1/sessions/password", &body), Some(&csrf))
    };
    assert_eq!(at.send(own("不是这个密码")).await.json()["code"], "unauthenticated");
    assert_eq!(at.send(own("长江后浪推前浪 2026")).await.status, 204);
    assert_eq!(at.send(with(list(), None)).await.status, 401);
    let by_admin = |path: &str, password: &str| {
        let mut request = put(path, &format!(r#"{{"password": "{password}"}}"#));
        request.headers_mut().insert("authorization", format!("Bearer {admin}").parse().unwrap());
        request
    };
    assert_eq!(at.send(by_admin("/v1/accounts/nobody/password", "无边落木萧萧下 2026")).await.status, 404);
    assert_eq!(at.send(by_admin("/v1/accounts/li.na/password", "short")).await.json()["code"], "invalid_request");
    assert_eq!(at.send(by_admin("/v1/accounts/li.na/password", "无边落木萧萧下 2026")).await.status, 204);
    let signed = at.send(post("/v1/sessions", r#"{"name": "li.na", "password": "无边落木萧萧下 2026"}"#)).await;
    assert_eq!(signed.status, 201, "{}", signed.body);
    let cookie = signed.header("set-cookie").split(';').next().unwrap().to_owned();
    let csrf = signed.json()["csrf"].as_str().unwrap().to_owned();
    let with = |request, csrf| signed_in(request, &cookie, csrf);
    assert_eq!(at.send(with(list(), None)).await.status, 200);
    let leave = || Request::delete("/v1/sessions").body(Body::empty()).unwrap();
    assert_eq!(at.send(with(leave(), Some(&csrf))).await.status, 204);
    assert_eq!(at.send(with(list(), None)).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_about_one_product_get_one_answer() {
    let at = At::open().await;
    for n in 0..5 {
        let text = ["牛奶变质了", "喝了一口发现酸了", "包装鼓起来了", "保质期内就坏了", "孩子喝了拉肚子"][n];
        let body = format!(r#"{{"text": "{text}", "product": "纯牛奶", "customer": {{"id": "m{n}"}}}}"#);
        assert_eq!(at.send(post("/v1/complaints?wait=20000", body)).await.status, 201);
    }
    let mut incidents = serde_json::Value::Null;
    for _ in 0..100 {
        incidents = at.get("/v1/incidents?closed=false", None).await.json();
        if incidents["items"][0]["members"] == 5 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let id = incidents["items"][0]["id"].as_str().unwrap_or_else(|| panic!("{incidents}")).to_owned();
    let seen = at.get(&format!("/v1/incidents/{id}"), None).await.json();
    assert_eq!(seen["tickets"].as_array().unwrap().len(), 5);
    // That it was opened was told, and can be looked up.
    let told = at.get("/v1/notices?kind=incident.opened", None).await.json();
    assert_eq!(told["items"][0]["notice"]["data"]["incident"], id.as_str(), "{told}");
    assert_eq!(at.get("/v1/notices?kind=moon.landed", None).await.json()["code"], "invalid_request");
    assert_eq!(at.get("/v1/notices?ticket=C20261126-999999-9", None).await.json()["items"], serde_json::json!([]));
    // What is everybody's is not closed by one department.
    let finance = at.key_for(DeskRole::Supervisor, None, Scope::Departments(["finance".to_owned()].into())).await;
    let mut one = post(&format!("/v1/incidents/{id}/close"), "");
    one.headers_mut().insert("authorization", format!("Bearer {finance}").parse().unwrap());
    assert_eq!(at.send(one).await.json()["code"], "forbidden");
    let answer = post(&format!("/v1/incidents/{id}/reply"), r#"{"text": "该批次已召回，全额退款"}"#);
    let told = at.send(answer).await.json();
    assert_eq!(told["sent"].as_array().map(Vec::len), Some(5), "{told}");
    let closed = at.send(post(&format!("/v1/incidents/{id}/close"), "")).await;
    assert_eq!(closed.json()["closed_by"], "local");
    assert_eq!(at.get("/v1/incidents/none", None).await.json()["code"], "no_such_incident");
}
