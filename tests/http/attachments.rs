//! Files over HTTP: what comes in with a complaint or after it, what is refused, and who gets to open it.

use crate::{
    desk::At,
    document::foretold,
    server::{Reply, post},
};
use axum::{
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, Request},
};
use fenzhen::{
    desk::{access::DeskRole, ticket::Scope},
    serve::Settings,
};
use futures_util::stream;
use serde_json::Value;
use std::convert::Infallible;
use tower::ServiceExt;

const BOUNDARY: &str = "----7MA4YWxkTrZu0gW";
const BROKEN: &str = r#"{"text": "外箱压坏了，里面的杯子全碎了", "channel": "app", "customer": {"id": "c9"}}"#;
const GIF: &[u8] =
    b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

/// A part: its name, what it says of itself, its bytes.
struct Part<'a>(&'a str, &'a str, &'a [u8]);

fn body(parts: &[Part]) -> Vec<u8> {
    let mut body = Vec::new();
    for Part(name, of_itself, bytes) in parts {
        let file = if of_itself.is_empty() { String::new() } else { format!("; {of_itself}") };
        body.extend_from_slice(
            format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n").as_bytes(),
        );
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

fn form(path: &str, body: impl Into<Body>, more: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::post(path)
        .header("host", "localhost")
        .header("x-request-id", "test")
        .header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"));
    for (name, value) in more {
        request = request.header(*name, *value);
    }
    request.body(body.into()).unwrap()
}

fn complaint(files: &[Part]) -> Vec<u8> {
    let mut parts = vec![Part("complaint", "", BROKEN.as_bytes())];
    parts.extend(files.iter().map(|Part(name, of_itself, bytes)| Part(name, of_itself, bytes)));
    body(&parts)
}

async fn bytes(at: &At, path: &str, key: &str) -> (u16, HeaderMap, Bytes) {
    let request = Request::get(path).header("authorization", format!("Bearer {key}")).body(Body::empty()).unwrap();
    let (parts, body) = at.app.clone().oneshot(request).await.unwrap().into_parts();
    (parts.status.as_u16(), parts.headers, to_bytes(body, usize::MAX).await.unwrap())
}

/// How many files are in the store; those that are being removed get a moment.
async fn stored(at: &At, expected: usize) {
    fn count(folder: &std::path::Path) -> usize {
        let entries = std::fs::read_dir(folder).unwrap().flatten();
        entries.map(|entry| if entry.path().is_dir() { count(&entry.path()) } else { 1 }).sum()
    }
    let folder = at.folder.path().join("attachments");
    for _ in 0..100 {
        if count(&folder) == expected {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("{} files in the store, not {expected}", count(&folder));
}

fn document() -> Value {
    serde_json::to_value(fenzhen::serve::openapi()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_customers_telephone_to_whoever_may_open_it() {
    let at = At::open().await;
    let name = "filename=\"破损.exe\"\r\ncontent-type: application/x-msdownload";
    // The file first, and in pieces: the order of parts and where the network cuts do not matter.
    let sent = body(&[Part("attachment", name, GIF), Part("complaint", "", BROKEN.as_bytes())]);
    let pieces: Vec<Result<Bytes, Infallible>> =
        sent.chunks(7).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    let in_pieces = || Body::from_stream(stream::iter(pieces.clone()));
    let key = [("idempotency-key", "k1")];
    let taken = at.send(form("/v1/complaints?wait=20000", in_pieces(), &key)).await;
    assert_eq!(taken.status, 201, "{taken}");
    foretold(&document(), "post", "/v1/complaints", &taken);
    let taken = taken.json();
    assert!(taken["decision"]["category"]["label"].is_string(), "{taken}");
    let again = at.send(form("/v1/complaints", sent.clone(), &key)).await;
    assert_eq!((again.status.as_u16(), &again.json()["id"]), (200, &taken["id"]));
    let other = at.send(form("/v1/complaints", complaint(&[Part("attachment", "", b"#!AMR\n\x3c")]), &key)).await;
    assert_eq!(other.code(), "idempotency_conflict");
    stored(&at, 1).await;

    let (id, number) = (taken["id"].as_str().unwrap(), taken["number"].as_str().unwrap());
    let list = at.get(&format!("/v1/complaints/{number}/attachments"), None).await;
    foretold(&document(), "get", "/v1/complaints/{id}/attachments", &list);
    let list = list.json();
    let file = &list["items"][0];
    assert_eq!(
        (list["items"].as_array().unwrap().len(), &file["kind"], &file["media_type"]),
        (1, &"image".into(), &"image/gif".into())
    );
    assert!(!list.to_string().contains("破损"), "names may name people");

    let admin = at.key(DeskRole::Admin, None).await;
    let handler = at.key(DeskRole::Handler, None).await;
    let analyst = at.key(DeskRole::Analyst, None).await;
    let elsewhere = at.key_for(DeskRole::Handler, None, Scope::Departments(["no-such".to_owned()].into())).await;
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let path = format!("/v1/complaints/{number}/attachments/{}", file["id"].as_str().unwrap());
    let asked = format!("{path}?purpose=%E6%A0%B8%E5%AE%9E");
    assert_eq!(at.get(&path, Some(&handler)).await.code(), "invalid_request");
    assert_eq!(at.get(&asked, Some(&analyst)).await.code(), "forbidden");
    assert_eq!(at.get(&asked, Some(&elsewhere)).await.code(), "forbidden", "as all of another department's complaint");
    assert_eq!(at.get(&format!("/v1/complaints/{id}/attachments"), Some(&elsewhere)).await.code(), "forbidden");
    assert_eq!(at.get("/v1/complaints/none/attachments", Some(&handler)).await.code(), "no_such_complaint");
    let none = format!("/v1/complaints/{id}/attachments/none?purpose=x");
    assert_eq!(at.get(&none, Some(&handler)).await.code(), "no_such_attachment");

    let (status, headers, read) = bytes(&at, &asked, &handler).await;
    assert_eq!((status, &read[..]), (200, GIF));
    let header = |name: &str| headers[name].to_str().unwrap();
    assert_eq!(header("content-type"), "image/gif");
    assert_eq!(header("content-length"), GIF.len().to_string());
    let saved = header("content-disposition");
    assert!(saved.starts_with("attachment; filename=\"") && saved.ends_with("''%E7%A0%B4%E6%8D%9F.exe.gif"), "{saved}");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert!(header("content-security-policy").starts_with("sandbox"));
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("etag"), format!("\"{}\"", file["sha256"].as_str().unwrap()));

    let log = at.get("/v1/audit", Some(&admin)).await.json();
    let entry = &log["items"][0]["entry"];
    assert_eq!((&entry["action"], &entry["purpose"]), (&"attachment_read".into(), &"核实".into()));
    assert_eq!(entry["subjects"], serde_json::json!([id, file["id"]]));
    assert_eq!(log["items"].as_array().unwrap().len(), 1, "who was refused has read nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_says_which_part_and_leaves_nothing() {
    let at = At::open().await;
    let gif = || Part("attachment", "", GIF);
    let named = |name: &'static str, bytes: &'static [u8]| Part("attachment", name, bytes);
    let large = [&b"\xff\xd8\xff"[..], &vec![0; 10 << 20]].concat();
    let lying = "filename=\"照片.jpg\"\r\ncontent-type: image/jpeg";
    let whole = complaint(&[gif()]);
    let cut = whole[..whole.len() - 30].to_vec();
    let cases: Vec<(Vec<u8>, u16, &str, &str)> = vec![
        (complaint(&[gif(), named(lying, b"MZ\x90\0 no picture")]), 415, "attachment_kind", "attachment 2 is"),
        (complaint(&[named(lying, b"<svg onload='alert(1)'/>")]), 415, "attachment_kind", "attachment 1 is"),
        (complaint(&[named("filename=\"\"", b"")]), 415, "attachment_kind", "attachment 1 is"),
        (complaint(&[gif(), gif(), gif(), gif()]), 422, "too_many_attachments", "the 3 that"),
        (
            complaint(&[Part("attachment", "", &large)]),
            413,
            "attachment_too_large",
            "attachment 1 is larger than 10485760",
        ),
        (complaint(&[gif(), Part("图片", "", GIF)]), 422, "invalid_request", "another name than complaint, attachment"),
        (complaint(&[gif(), Part("complaint", "", b"{}")]), 422, "invalid_request", "complaint: is there twice"),
        (body(&[gif()]), 422, "invalid_request", "complaint: is missing"),
        (body(&[gif(), Part("complaint", "", b"{")]), 400, "not_json", ""),
        (body(&[gif(), Part("complaint", "", r#"{"text": "。。。"}"#.as_bytes())]), 422, "text_without_words", ""),
        (cut, 400, "invalid_multipart", "breaks off"),
        (b"no parts at all".to_vec(), 400, "invalid_multipart", ""),
        (Vec::new(), 400, "invalid_multipart", ""),
    ];
    for (sent, status, code, told) in cases {
        let reply = at.send(form("/v1/complaints", sent, &[])).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (status, code), "{reply}");
        assert!(reply.json()["detail"].as_str().unwrap().contains(told), "{reply}");
        assert!(!reply.body.contains("照片") && !reply.body.contains("svg"), "nothing that was sent is quoted");
        foretold(&document(), "post", "/v1/complaints", &reply);
    }
    let mut without = form("/v1/complaints", whole.clone(), &[]);
    without.headers_mut().insert("content-type", "multipart/form-data".parse().unwrap());
    assert_eq!(at.send(without).await.code(), "unsupported_media_type");
    assert_eq!(at.send(form("/v1/complaints", whole, &[("content-encoding", "gzip")])).await.status, 415);
    stored(&at, 0).await;
    assert!(at.get("/v1/complaints", None).await.json()["items"].as_array().unwrap().is_empty());
    // The JSON form has its own limit still.
    let long = format!(r#"{{"text": "{}"}}"#, "杯".repeat(400_000));
    assert_eq!(at.send(post("/v1/complaints", long)).await.code(), "body_too_large");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_held_to_its_size_and_its_number() {
    let settings = Settings { upload_body: 2_000, uploads: 1, ..Settings::default() };
    let at = At::open_with(settings).await;
    let large = complaint(&[Part("attachment", "", &[GIF, &[0; 3_000]].concat())]);
    let announced =
        at.send(form("/v1/complaints", large.clone(), &[("content-length", &large.len().to_string())])).await;
    assert_eq!(announced.code(), "attachment_too_large");
    let pieces: Vec<Result<Bytes, Infallible>> =
        large.chunks(100).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    let silent = at.send(form("/v1/complaints", Body::from_stream(stream::iter(pieces)), &[])).await;
    assert_eq!(silent.code(), "attachment_too_large", "{silent}");
    // One that never ends holds the only place.
    let slow = || {
        let endless = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
        tokio::spawn(at.app.clone().oneshot(form("/v1/complaints", endless, &[])))
    };
    let mut waiting = slow();
    let mut second = Reply { status: Default::default(), headers: Default::default(), body: String::new() };
    for _ in 0..100 {
        second = at.send(form("/v1/complaints", complaint(&[]), &[])).await;
        if second.status == 429 {
            break;
        }
        // It came while one of these held the place, and was refused itself.
        if waiting.is_finished() {
            waiting = slow();
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!((second.code().as_str(), second.header("retry-after")), ("too_many_uploads", "1"));
    waiting.abort();
    stored(&at, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_comes_later_from_staff_and_customers() {
    let at = At::open().await;
    let taken = at.send(post("/v1/complaints?wait=20000", BROKEN)).await.json();
    let (number, progress) = (taken["number"].as_str().unwrap(), taken["progress"].as_str().unwrap());
    let path = format!("/v1/tickets/{number}/attachments");
    let named = Part("attachment", "filename=\"李四 身份证.gif\"", GIF);
    let sent = body(&[named, Part("visibility", "", b"internal")]);
    let added = at.send(form(&path, sent.clone(), &[])).await;
    assert_eq!(added.status, 201, "{added}");
    foretold(&document(), "post", "/v1/tickets/{id}/attachments", &added);
    let file = added.json()["items"][0].clone();
    assert_eq!((&file["role"], &file["actor"]), (&"admin".into(), &"local".into()));
    let again = at.send(form(&path, sent, &[])).await;
    assert_eq!((again.status.as_u16(), &again.json()["items"][0]), (200, &file));
    assert_eq!(again.header("etag"), added.header("etag"), "nothing happened to the ticket");

    let timeline = at.get(&format!("/v1/tickets/{number}/timeline"), None).await.body;
    assert!(timeline.contains("上传佐证：图片（GIF，1 kB）") && !timeline.contains("李四"), "{timeline}");
    let ticket = at.get(&format!("/v1/tickets/{number}"), None).await.body;
    assert!(ticket.contains(file["sha256"].as_str().unwrap()) && !ticket.contains("李四"), "{ticket}");
    assert!(!at.get(progress, None).await.body.contains("GIF"), "what staff show each other stays in the house");

    let own = format!("{progress}/attachments");
    let voice = || Part("attachment", "", b"#!AMR\n\x3c\x91");
    let seen = at.send(form(&own, body(&[voice()]), &[])).await;
    assert_eq!(seen.status, 200, "{seen}");
    foretold(&document(), "post", "/v1/progress/{token}/attachments", &seen);
    assert!(seen.body.contains("已上传材料：录音（AMR，1 kB）"), "{seen}");

    for (path, sent, code) in [
        (path.as_str(), body(&[]), "invalid_request"),
        (path.as_str(), body(&[Part("visibility", "", b"public")]), "invalid_request"),
        (path.as_str(), body(&[voice(), Part("visibility", "", b"secret")]), "invalid_request"),
        (path.as_str(), body(&[Part("attachment", "", b"PK\x03\x04")]), "attachment_kind"),
        ("/v1/tickets/none/attachments", body(&[voice()]), "no_such_ticket"),
        (own.as_str(), body(&[voice(), Part("visibility", "", b"public")]), "invalid_request"),
        ("/v1/progress/none/attachments", body(&[voice()]), "no_such_complaint"),
    ] {
        let reply = at.send(form(path, sent, &[])).await;
        assert_eq!(reply.code(), code, "{path} {reply}");
    }
    assert_eq!(at.send(post(&path, "{}")).await.code(), "unsupported_media_type");
    let bare = format!(
        r#"{{"action": {{"kind": "attach", "evidence": {{"id": "x", "media_type": "image/gif", "size": 1, "sha256": "{}", "visibility": "public"}}}}}}"#,
        "0".repeat(64)
    );
    let refused = at.send(post(&format!("/v1/tickets/{number}/actions"), bare)).await;
    assert_eq!(refused.code(), "invalid_command", "{refused}");
    stored(&at, 2).await;

    let over = post(&format!("{progress}/actions"), r#"{"action": {"kind": "withdraw", "reason": "已解决"}}"#);
    assert_eq!(at.send(over).await.status, 200);
    // Before anything is read: of this body not a byte ever comes.
    let never = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
    let closed = at.send(form(&own, never, &[])).await;
    assert_eq!((closed.status.as_u16(), closed.code().as_str()), (409, "illegal_transition"), "{closed}");
    foretold(&document(), "post", "/v1/progress/{token}/attachments", &closed);

    let elsewhere = at.key_for(DeskRole::Handler, None, Scope::Departments(["no-such".to_owned()].into())).await;
    let bearer = format!("Bearer {elsewhere}");
    let foreign = at.send(form(&path, body(&[voice()]), &[("authorization", &bearer)])).await;
    assert_eq!(foreign.code(), "forbidden");
    let intake = at.key(DeskRole::Integration, None).await;
    let bearer = format!("Bearer {intake}");
    assert_eq!(at.send(form(&path, body(&[voice()]), &[("authorization", &bearer)])).await.code(), "forbidden");
}
