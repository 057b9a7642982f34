use super::{
    super::{
        guard::{Allowed, Guard},
        post::{Resolve, Resolving},
        tls::{connector, public_roots},
        *,
    },
    notice,
    receiver::{Act, Receiver, status},
    run,
};
use crate::desk::notify::webhook::{Secret, Signed, TOLERANCE, verify};
use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

/// More than a busy machine needs.
const LIMITS: Timeouts = Timeouts { connect: Duration::from_secs(5), total: Duration::from_secs(10) };
/// For those who do not answer.
const SHORT: Timeouts = Timeouts { connect: Duration::from_millis(300), total: Duration::from_millis(600) };

/// Allows loopback, where the receivers are.
fn guard(allow: &[&str]) -> Guard {
    let allow = allow.iter().map(|text| Allowed::parse(text).unwrap()).collect();
    Guard { http: true, ports: (1..=u16::MAX).collect(), allow }
}

fn at() -> Timestamp {
    "2026-11-26T09:00:05Z".parse().unwrap()
}

async fn send(webhooks: &Webhooks, url: &str, secrets: Vec<Secret>) -> Outcome {
    let channel = webhooks.channel(webhooks.guard().endpoint(url).unwrap(), secrets);
    channel.send(Outgoing { notice: &notice(), rendered: None, at: at() }).await
}

/// One attempt to a receiver that does this.
async fn attempt(act: Act, limits: Timeouts) -> (Outcome, Receiver) {
    let receiver = Receiver::start(vec![act]).await;
    let webhooks = Webhooks::new(guard(&["127.0.0.1"]), limits);
    let url = format!("http://{}/hook?k=v", receiver.address);
    (send(&webhooks, &url, vec![Secret::generate().unwrap()]).await, receiver)
}

fn retry(reason: &str) -> Outcome {
    Outcome::retry(reason)
}

#[test]
fn what_a_receiver_gets_and_how_it_proves_it() {
    run(async {
        let receiver = Receiver::start(vec![status(204, "")]).await;
        let webhooks = Webhooks::new(guard(&["127.0.0.1"]), LIMITS);
        let secrets = vec![Secret::generate().unwrap(), Secret::generate().unwrap()];
        let url = format!("http://{}/hook?k=v", receiver.address);
        assert_eq!(send(&webhooks, &url, secrets.clone()).await, Outcome::Delivered);

        let requests = receiver.requests();
        let [request] = requests.as_slice() else { panic!("{requests:?}") };
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let header = |name: &str| {
            let line = head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
            line.unwrap_or_else(|| panic!("no {name} in {head}")).to_owned()
        };
        assert!(head.starts_with("POST /hook?k=v HTTP/1.1\r\n"), "{head}");
        assert_eq!(header("host"), receiver.address.to_string());
        assert_eq!(header("content-type"), "application/json");
        assert_eq!(header("webhook-id"), notice().id.to_string());
        assert_eq!(body, serde_json::to_string(&notice()).unwrap());
        let signed = Signed {
            id: header("webhook-id"),
            timestamp: header("webhook-timestamp"),
            signature: header("webhook-signature"),
        };
        for secret in secrets {
            assert_eq!(verify(&signed, body.as_bytes(), &[secret], at(), TOLERANCE), Ok(()));
        }
    });
}

#[test]
fn what_answers_mean() {
    run(async {
        let after =
            |seconds| Outcome::Retry { reason: "answered 503".into(), after: Some(Duration::from_secs(seconds)) };
        for (act, outcome) in [
            (status(200, ""), Outcome::Delivered),
            (status(410, ""), Outcome::Gone),
            (status(404, ""), retry("answered 404")),
            (status(500, ""), retry("answered 500")),
            (status(503, "retry-after: 120\r\n"), after(120)),
            (status(503, "retry-after: Thu, 26 Nov 2026 09:01:05 GMT\r\n"), after(60)),
            (status(503, "retry-after: Thu, 26 Nov 2026 08:00:00 GMT\r\n"), retry("answered 503")),
            (status(503, "retry-after: -5\r\n"), retry("answered 503")),
            (status(503, "retry-after: soon\r\n"), retry("answered 503")),
            (Act::Say("SSH-2.0-OpenSSH_9.6\r\n".into()), retry("the answer is not HTTP")),
            (Act::Say("HTTP/1.1 20".into()), retry("the connection was lost before the answer")),
            (Act::Close, retry("the connection was lost before the answer")),
        ] {
            assert_eq!(attempt(act, LIMITS).await.0, outcome);
        }
    });
}

#[test]
fn it_fails_and_then_it_works() {
    run(async {
        let receiver = Receiver::start(vec![status(500, ""), status(500, ""), status(200, "")]).await;
        let webhooks = Webhooks::new(guard(&["127.0.0.1"]), LIMITS);
        let url = format!("http://{}/", receiver.address);
        let mut now = at();
        let mut attempts = 0;
        loop {
            attempts += 1;
            let outcome = send(&webhooks, &url, Vec::new()).await;
            match crate::desk::notify::next_attempt(attempts, &outcome, now, 0.5) {
                Some(next) => now = next,
                None => break assert_eq!(outcome, Outcome::Delivered),
            }
        }
        assert_eq!(now, "2026-11-26T09:05:10Z".parse::<Timestamp>().unwrap());
        let requests = receiver.requests();
        assert_eq!(requests.len(), 3);
        assert!(requests.iter().all(|request| request.contains("webhook-id: 0198c0de-0000-7000-8000-000000000001")));
    });
}

#[test]
fn a_redirect_is_not_followed() {
    run(async {
        let elsewhere = Receiver::start(vec![status(200, "")]).await;
        for place in ["http://169.254.169.254/latest/meta-data/".into(), format!("http://{}/", elsewhere.address)] {
            let (outcome, receiver) = attempt(status(307, &format!("location: {place}\r\n")), LIMITS).await;
            assert_eq!(outcome, retry("answered 307; redirects are not followed"));
            assert_eq!(receiver.requests().len(), 1);
        }
        assert_eq!(elsewhere.requests(), [""; 0]);
    });
}

#[test]
fn the_slow_and_the_endless_end_in_time() {
    run(async {
        let half = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi";
        for (act, limits, outcome, seconds) in [
            (Act::Dawdle(""), SHORT, retry("no answer in time"), 10.0),
            // Ended by its size: by its time it would take two seconds.
            (Act::Endless, LIMITS, Outcome::Delivered, 1.9),
            (Act::EndlessHead, LIMITS, retry("the answer is not HTTP"), 10.0),
            (Act::Dawdle(half), LIMITS, Outcome::Delivered, 10.0),
        ] {
            let start = Instant::now();
            assert_eq!(attempt(act, limits).await.0, outcome);
            assert!(start.elapsed().as_secs_f64() < seconds, "{outcome:?}: {:?}", start.elapsed());
        }
    });
}

#[test]
fn nobody_there() {
    run(async {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        drop(listener);
        let webhooks = Webhooks::new(guard(&["127.0.0.1"]), LIMITS);
        assert_eq!(send(&webhooks, &url, Vec::new()).await, retry("no connection: connection refused"));
        let webhooks = Webhooks::with(guard(&[]), LIMITS, Box::new(NoDns), connector(public_roots()));
        assert_eq!(send(&webhooks, "http://x.example/", Vec::new()).await, retry("the host's name has no address"));
    });
}

#[test]
fn plain_text_where_tls_is_expected() {
    run(async {
        let receiver = Receiver::start(vec![Act::Say("hello".into())]).await;
        let webhooks = Webhooks::new(guard(&["127.0.0.1"]), SHORT);
        let outcome = send(&webhooks, &format!("https://{}/", receiver.address), Vec::new()).await;
        // The receiver waits for a request that never comes in plain text.
        assert_eq!(outcome, retry("no connection within 0.3 s"));
    });
}

/// Is down.
struct NoDns;

impl Resolve for NoDns {
    fn resolve<'a>(&'a self, _: &'a str) -> Resolving<'a> {
        Box::pin(async { Err(std::io::ErrorKind::TimedOut.into()) })
    }
}

/// Answers with one list of addresses after another.
struct Answers(Vec<Vec<&'static str>>, Arc<AtomicUsize>);

impl Resolve for Answers {
    fn resolve<'a>(&'a self, _: &'a str) -> Resolving<'a> {
        let turn = self.1.fetch_add(1, Ordering::SeqCst);
        let addresses: Vec<IpAddr> = self.0[turn].iter().map(|text| text.parse().unwrap()).collect();
        Box::pin(async move { Ok(addresses) })
    }
}

fn resolving(guard: Guard, answers: Answers) -> Webhooks {
    Webhooks::with(guard, SHORT, Box::new(answers), connector(public_roots()))
}

#[test]
fn names_that_lead_inside_are_refused_at_the_connection() {
    run(async {
        let receiver = Receiver::start(vec![status(200, ""), status(200, "")]).await;
        let url = format!("http://rebind.example:{}/", receiver.address.port());
        let refused = Outcome::refused("the host's address is not public, and the operator does not allow it");
        let asked = Arc::new(AtomicUsize::new(0));
        let inside =
            vec![vec!["127.0.0.1"], vec!["169.254.169.254", "10.0.0.1"], vec!["::1"], vec!["::ffff:127.0.0.1"]];
        let webhooks = resolving(guard(&[]), Answers(inside, asked.clone()));
        for turn in 1..=4 {
            assert_eq!(send(&webhooks, &url, Vec::new()).await, refused);
            assert_eq!(asked.load(Ordering::SeqCst), turn, "one question for each attempt");
        }
        assert_eq!(receiver.requests(), [""; 0]);

        // Of several addresses only those that are admitted are tried: were it the first, this would connect to nobody.
        let mixed = vec![vec!["10.255.255.1", "127.0.0.1"], vec![]];
        let webhooks = resolving(guard(&["127.0.0.1"]), Answers(mixed, Arc::default()));
        assert_eq!(send(&webhooks, &url, Vec::new()).await, Outcome::Delivered);
        assert_eq!(send(&webhooks, &url, Vec::new()).await, retry("the host's name has no address"));
        assert_eq!(receiver.requests().len(), 1);
    });
}

#[test]
fn localhost_by_name_is_refused() {
    run(async {
        let webhooks = Webhooks::new(guard(&[]), LIMITS);
        for host in ["localhost", "LOCALHOST"] {
            let outcome = send(&webhooks, &format!("http://{host}:9/"), Vec::new()).await;
            assert!(matches!(outcome, Outcome::Refused { .. }), "{host}: {outcome:?}");
        }
    });
}
