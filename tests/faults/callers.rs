//! Callers who hand in complaints, and repeat them with the same key until they are answered, while something goes wrong.

use crate::client::{Client, LONGEST};
use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

const TEXTS: [&str; 8] = [
    "快递三天没动静，客服一直不接电话",
    "鞋子穿了两天就开胶，要求退货退款",
    "外卖洒了一地，商家不认账，骑手态度也差",
    "充值没到账，钱已经扣了，系统显示失败",
    "收到的牛奶已经过期，孩子喝了拉肚子",
    "说好的七天无理由，退货申请被拒绝三次",
    "送错东西了，我买的是红色，发的是蓝色",
    "门店排队一个小时，店员还骂人",
];
/// Every so manieth complaint has waited so long in its channel that its clocks have run out when it comes.
const LATE: usize = 3;

/// How many complaints a test of this folder hands in: FENZHEN_TEST_INTAKES, or this many.
pub fn count(without: usize) -> usize {
    std::env::var("FENZHEN_TEST_INTAKES").ok().and_then(|count| count.parse().ok()).unwrap_or(without)
}

/// What callers were told: by their keys, the complaints' ids and numbers.
pub type Ledger = BTreeMap<String, (String, String)>;

/// A refusal that said how long to wait.
#[derive(Debug)]
pub struct Refusal {
    pub status: u16,
    pub code: String,
    /// How long it took to refuse.
    pub took: Duration,
}

/// What became of what was handed in.
#[derive(Debug, Default)]
pub struct Handed {
    pub ledger: Ledger,
    pub refused: Vec<Refusal>,
}

/// Whether a complaint is one whose clocks have run out.
pub fn is_late(key: &str) -> bool {
    key.rsplit('-').next().and_then(|n| n.parse::<usize>().ok()).is_some_and(|n| n.is_multiple_of(LATE))
}

/// The request of a complaint.
pub fn complaint(n: usize) -> String {
    let (text, customer) = (TEXTS[n % TEXTS.len()], n % 37);
    let received = if n.is_multiple_of(LATE) { r#", "received_at": "2026-09-07T09:30:00+08:00""# } else { "" };
    format!(
        r#"{{"text": "{text}", "channel": "app", "external_id": "x-{n}", "customer": {{"id": "c-{customer}"}}{received}}}"#
    )
}

/// Hands in the complaints of a range from several callers at once, while `harm` goes on. It is told when they are done, or
/// tells them that it is: then what was begun is finished.
pub fn hand_in(addresses: &[Arc<Mutex<String>>], numbers: Range<usize>, harm: impl FnOnce(&AtomicBool)) -> Handed {
    let handed = Mutex::new(Handed::default());
    let next = AtomicUsize::new(numbers.start);
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let callers: Vec<_> = (0..4)
            .map(|caller: usize| {
                let (handed, next, over, last) = (&handed, &next, &over, numbers.end);
                scope.spawn(move || {
                    loop {
                        let n = next.fetch_add(1, Ordering::Relaxed);
                        if n >= last || over.load(Ordering::Relaxed) {
                            return;
                        }
                        let address = &addresses[(caller + n) % addresses.len()];
                        until_answered(address, n, handed);
                    }
                })
            })
            .collect();
        let over = &over;
        scope.spawn(move || {
            // Whoever fails, it is over: `harm` must not go on for ever.
            let failed = callers.into_iter().map(|caller| caller.join()).filter(Result::is_err).count();
            over.store(true, Ordering::Relaxed);
            assert_eq!(failed, 0, "callers that failed");
        });
        harm(over);
    });
    handed.into_inner().unwrap()
}

fn until_answered(address: &Mutex<String>, n: usize, handed: &Mutex<Handed>) {
    let (key, body) = (format!("key-{n}"), complaint(n));
    let give_up = Instant::now() + Duration::from_secs(120);
    loop {
        assert!(Instant::now() < give_up, "{key} was never answered");
        let address = address.lock().unwrap().clone();
        let since = Instant::now();
        let answer = Client::new(&address).post("/v1/complaints", Some(&key), &body);
        let took = since.elapsed();
        assert!(took < LONGEST, "{key} got nothing for {took:?}");
        let Some(answer) = answer else {
            std::thread::sleep(Duration::from_millis(50));
            continue;
        };
        match answer.status {
            200 | 201 => {
                let told = |name: &str| answer.json[name].as_str().unwrap().to_owned();
                handed.lock().unwrap().ledger.insert(key, (told("id"), told("number")));
                return;
            }
            429 | 503 => {
                let wait = answer.header("retry-after").and_then(|seconds| seconds.parse::<u64>().ok());
                assert!(wait.is_some_and(|seconds| seconds >= 1), "{key}: a refusal says when to come again");
                let refusal = Refusal { status: answer.status, code: answer.code().to_owned(), took };
                handed.lock().unwrap().refused.push(refusal);
                std::thread::sleep(Duration::from_millis(50));
            }
            status => panic!("{key}: {status} {}", answer.json),
        }
    }
}
