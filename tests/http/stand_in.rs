//! An engine for tests of the queue: answers at the pace that the test wants, and notes what it was given.

use fenzhen::{
    Complaint, Decision, ENGINE, Error, Result,
    decision::{Action, Explanation, Verdict, Versions},
    pipeline::Timings,
    policy::Policy,
    serve::Decide,
    taxonomy::{Name, Taxonomy},
};
use std::{
    sync::{Arc, Condvar, Mutex},
    time::{Duration, Instant},
};

/// Echoes ids. Closed, it holds every worker that comes until it is opened.
pub struct StandIn {
    taxonomy: Taxonomy,
    policy: Policy,
    closed: Mutex<bool>,
    opened: Condvar,
    portions: Mutex<Vec<Vec<String>>>,
}

impl StandIn {
    pub fn new() -> Arc<Self> {
        let name = || Name { zh: "空".into(), en: "empty".into() };
        let taxonomy = Taxonomy {
            id: "empty".into(),
            version: "1".into(),
            name: name(),
            groups: vec![],
            categories: vec![],
            secondary: false,
            departments: vec![],
            priorities: vec![],
            emotions: vec![],
            intensity_levels: 0,
            flags: vec![],
            sentiment: false,
        };
        Arc::new(StandIn {
            policy: Policy::default_for(&taxonomy),
            taxonomy,
            closed: Mutex::new(false),
            opened: Condvar::new(),
            portions: Mutex::default(),
        })
    }

    pub fn close(&self) {
        *self.closed.lock().unwrap() = true;
    }

    pub fn open(&self) {
        *self.closed.lock().unwrap() = false;
        self.opened.notify_all();
    }

    /// The texts that came together, portion by portion.
    pub fn portions(&self) -> Vec<Vec<String>> {
        self.portions.lock().unwrap().clone()
    }

    /// Waits until `count` portions have been begun.
    pub async fn begun(&self, count: usize) {
        until(|| self.portions.lock().unwrap().len() >= count).await;
    }
}

/// Waits until something holds; fails after ten seconds.
pub async fn until(holds: impl Fn() -> bool) {
    let since = Instant::now();
    while !holds() {
        assert!(since.elapsed() < Duration::from_secs(10), "this never came about");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

impl Decide for StandIn {
    fn decide_all(&self, complaints: &[Complaint]) -> (Vec<Result<Decision>>, Timings) {
        self.portions.lock().unwrap().push(complaints.iter().map(|c| c.text.clone()).collect());
        let mut closed = self.closed.lock().unwrap();
        while *closed {
            closed = self.opened.wait(closed).unwrap();
        }
        drop(closed);
        let results = complaints.iter().map(|complaint| match complaint.text.as_str() {
            "panic" => panic!("stumbled over {}", complaint.id.as_deref().unwrap_or_default()),
            "fault" => Err(Error::Internal("a stand-in's fault".into())),
            _ => Ok(Decision {
                id: complaint.id.clone().unwrap_or_default(),
                category: None,
                secondary: vec![],
                department: None,
                priority: None,
                emotion: None,
                sentiment: None,
                flags: vec![],
                decision: Verdict { action: Action::Review, reason: "a stand-in".into() },
                out_of_scope: None,
                foreign: false,
                masked_text: complaint.text.clone(),
                explanation: None,
                receipt: None,
                versions: Versions {
                    engine: ENGINE.into(),
                    bundle: "none@0".into(),
                    taxonomy: "empty@1".into(),
                    policy: "none@0".into(),
                },
            }),
        });
        let millisecond = Duration::from_millis(1);
        (results.collect(), Timings { tokenise: millisecond, infer: 2 * millisecond, total: 3 * millisecond })
    }

    fn explain(&self, complaint: &Complaint) -> Result<Explanation> {
        match complaint.text.as_str() {
            "inexplicable" => panic!("stumbled over {}", complaint.id.as_deref().unwrap_or_default()),
            "riddle" => Err(Error::Internal("a stand-in's riddle".into())),
            _ => Ok(Explanation {
                heads: vec![],
                similar: vec![],
                candidates: complaint.text.chars().count(),
                model_calls: 1,
            }),
        }
    }

    fn taxonomy(&self) -> &Taxonomy {
        &self.taxonomy
    }

    fn policy(&self) -> &Policy {
        &self.policy
    }
}
