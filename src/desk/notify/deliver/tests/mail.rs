use super::{
    super::{Mail, *},
    mail_server::{MailServer, Manners},
    notice, run,
};
use crate::{Error, desk::notify::Rendered};
use base64::{Engine, prelude::BASE64_STANDARD};
use proptest::prelude::*;

fn settings(server: &MailServer) -> MailSettings {
    let text = format!(
        "host = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\nfrom = \"desk@shop.example\"\nfrom_name = \"客服中心\"\ntimeout_seconds = 20\n",
        server.address.port()
    );
    toml::from_str(&text).unwrap()
}

fn rendered() -> Rendered {
    Rendered {
        subject: "您的投诉已受理，编号 7".into(),
        body: "您好。\n.\n..\nQUIT\n查询进度：https://x.example/t\n".into(),
    }
}

async fn send(channel: &Mail, rendered: &Rendered) -> Outcome {
    let at = "2026-11-26T09:00:05Z".parse().unwrap();
    channel.send(Outgoing { notice: &notice(), rendered: Some(rendered), at }).await
}

fn to(address: &str) -> Mailbox {
    address.parse().unwrap()
}

/// A header, unfolded and as it was sent.
fn header(message: &str, name: &str) -> String {
    let head = message.split("\n\n").next().unwrap().replace("\n ", " ");
    let found = head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")).map(str::to_owned));
    found.unwrap_or_else(|| panic!("no {name} in {head}"))
}

/// A body in base64, as text.
fn body(message: &str) -> String {
    assert_eq!(header(message, "Content-Transfer-Encoding"), "base64");
    let encoded = message.split_once("\n\n").unwrap().1.replace('\n', "");
    String::from_utf8(BASE64_STANDARD.decode(encoded).unwrap()).unwrap()
}

#[test]
fn what_a_reader_gets() {
    run(async {
        let server = MailServer::start(Manners::default()).await;
        let channel = Mailer::new(&settings(&server)).unwrap().channel(to("li@example.cn"));
        for _ in 0..2 {
            assert_eq!(send(&channel, &rendered()).await, Outcome::Delivered);
        }
        let seen = server.seen();
        assert!(seen.commands.contains(&"MAIL FROM:<desk@shop.example>".to_owned()), "{:?}", seen.commands);
        assert!(seen.commands.contains(&"RCPT TO:<li@example.cn>".to_owned()));
        let [message, again] = seen.messages.as_slice() else { panic!("two messages") };
        assert_eq!(message, again, "an attempt repeated is the same message");
        assert_eq!(header(message, "Message-ID"), "<0198c0de-0000-7000-8000-000000000001@shop.example>");
        assert_eq!(header(message, "Date"), "Thu, 26 Nov 2026 09:00:05 +0000");
        assert_eq!(header(message, "To"), "li@example.cn");
        assert_eq!(header(message, "Auto-Submitted"), "auto-generated");
        assert_eq!(header(message, "Content-Type"), "text/plain; charset=utf-8");
        let encoded = |text: &str| format!("=?utf-8?b?{}?=", BASE64_STANDARD.encode(text));
        assert!(header(message, "Subject").starts_with(&encoded("您的投诉已受理，")[..20]), "{message}");
        assert!(header(message, "From").ends_with(" <desk@shop.example>"));
        assert_eq!(body(message).replace("\r\n", "\n"), rendered().body, "dots and all");
    });
}

#[test]
fn what_answers_mean() {
    run(async {
        let refused = |reason: &str| Outcome::Refused { reason: reason.into() };
        let manners = Manners::default();
        for (manners, outcome) in [
            (
                Manners { recipient: Some("550 5.1.1 <li@example.cn>: no such user"), ..manners },
                refused("the mail server answered 550"),
            ),
            (Manners { recipient: Some("451 later"), ..manners }, Outcome::retry("the mail server answered 451")),
            (Manners { data: Some("554 spam"), ..manners }, refused("the mail server answered 554")),
            (
                Manners { recipient: Some("530 5.7.0 authentication required"), ..manners },
                Outcome::retry("the mail server answered 530: it does not accept the login"),
            ),
            (
                Manners { greeting: Some("421 too many connections"), ..manners },
                Outcome::retry("the mail server answered 421"),
            ),
            (Manners { greeting: Some("hello"), ..manners }, Outcome::retry("the mail server's answer is not SMTP")),
        ] {
            let server = MailServer::start(manners).await;
            let channel = Mailer::new(&settings(&server)).unwrap().channel(to("li@example.cn"));
            assert_eq!(send(&channel, &rendered()).await, outcome);
        }
    });
}

#[test]
fn nobody_there_and_nobody_who_speaks() {
    run(async {
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = MailServer::start(Manners::default()).await;
        let mut settings = settings(&server);
        settings.timeout_seconds = 1;
        settings.port = Some(silent.local_addr().unwrap().port());
        let channel = Mailer::new(&settings).unwrap().channel(to("li@example.cn"));
        assert_eq!(send(&channel, &rendered()).await, Outcome::retry("the mail server did not answer in time"));
        drop(silent);
        let outcome = send(&channel, &rendered()).await;
        assert_eq!(outcome, Outcome::retry("no connection to the mail server, or it was lost"));
        let none = channel.send(Outgoing { notice: &notice(), rendered: None, at: Timestamp::UNIX_EPOCH }).await;
        assert_eq!(none, Outcome::refused("there is no text for a person to read"));
    });
}

#[test]
fn settings_that_are_none() {
    let good = "host = \"mail.example\"\nfrom = \"desk@shop.example\"\n";
    assert!(Mailer::new(&toml::from_str(good).unwrap()).is_ok());
    for (more, told) in [
        ("user = \"u\"\n", "`user` and `password` go together"),
        ("user = \"u\"\npassword = \"hunter2\"\nsecurity = \"none\"\n", "a login without TLS can be read on the way"),
        ("timeout_seconds = 0\n", "`timeout_seconds` is 1 to 35"),
    ] {
        let error = Mailer::new(&toml::from_str(&format!("{good}{more}")).unwrap()).map(|_| ()).unwrap_err();
        assert!(matches!(error, Error::MailSettings { .. }) && error.to_string().contains(told), "{error}");
    }
    for (from, to) in [("mail.example", ""), ("mail.example", "mail example"), ("desk@shop.example", "desk")] {
        assert!(Mailer::new(&toml::from_str(&good.replace(from, to)).unwrap()).is_err(), "{to}");
    }
    assert!(toml::from_str::<MailSettings>(&format!("{good}tls = true\n")).is_err());
    let login: MailSettings = toml::from_str(&format!("{good}user = \"u\"\npassword = \"hunter2\"\n")).unwrap();
    assert!(Mailer::new(&login).is_ok());
    assert_eq!(format!("{login:?}"), "MailSettings(mail.example by Tls, with a login)");
}

#[test]
fn addresses_are_checked_and_never_shown() {
    for text in [
        "",
        "li",
        "@example.cn",
        "li@",
        "li@example.cn\r\nBcc: x@y.z",
        "li @example.cn",
        "li@exam\tple.cn",
        "Li <li@example.cn>",
        "a@b.cn,c@d.cn",
        &format!("{}@b.cn", "a".repeat(250)),
    ] {
        let error = text.parse::<Mailbox>().unwrap_err();
        assert!(matches!(error, Error::MailAddress { .. }), "{text}");
        assert!(text.is_empty() || !error.to_string().contains(text), "{error}");
    }
    assert_eq!(format!("{:?}", to("li@example.cn")), "Mailbox(…)");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever subject, name and body hold: the headers are ours alone, and the body arrives as it was.
    #[test]
    fn nothing_reaches_the_headers(
        subject in "(\\PC|[\\x00-\\x20]|\r\nBcc: x@y\\.z|\n\n|[\u{85}\u{2028}甲]){0,40}",
        body_text in "(\\PC|\n\\.\n|\r\n\\.\r\nMAIL FROM:<a@b>){0,40}",
    ) {
        let (lines, named) = (subject.clone(), subject.clone());
        run(async move {
            let server = MailServer::start(Manners::default()).await;
            let settings = MailSettings { from_name: Some(named), ..settings(&server) };
            let channel = Mailer::new(&settings).unwrap().channel(to("li@example.cn"));
            assert_eq!(send(&channel, &Rendered { subject: lines, body: body_text }).await, Outcome::Delivered);
            let seen = server.seen();
            assert_eq!(seen.messages.len(), 1);
            let names = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Type", "Content-Transfer-Encoding", "MIME-Version"];
            for line in seen.messages[0].split("\n\n").next().unwrap().lines().filter(|line| !line.starts_with(' ')) {
                assert!(names.contains(&line.split(':').next().unwrap()), "{line}");
            }
            assert_eq!(seen.commands.iter().filter(|line| line.starts_with("MAIL")).count(), 1);
        });
    }
}
