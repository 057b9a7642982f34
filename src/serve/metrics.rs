//! Numbers for Prometheus. Labels are codes, paths as the router knows them and labels of the taxonomy: nothing that a
//! caller can make up, and never a complaint.

use crate::{Decision, ENGINE, Result, decision::Versions, pipeline::Timings};
use axum::http::Method;
use metrics::{Key, KeyName, Label, Level, Metadata, Recorder, SharedString, Unit};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use std::time::Duration;

static METADATA: Metadata<'static> = Metadata::new("fenzhen", Level::INFO, Some(module_path!()));

/// Upper bounds for durations, in seconds.
const SECONDS: &[f64] = &[0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];
/// Upper bounds for complaints in one portion.
const SIZES: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// The numbers of one server. Its own recorder and not a global one: several servers in one process keep apart.
pub struct Metrics {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
}

impl Default for Metrics {
    fn default() -> Self {
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), SECONDS)
            .and_then(|b| b.set_buckets_for_metric(Matcher::Suffix("_complaints".into()), SIZES))
            .expect("the bounds are not empty")
            .build_recorder();
        let metrics = Metrics { handle: recorder.handle(), recorder };
        metrics.describe();
        metrics
    }
}

impl Metrics {
    fn describe(&self) {
        let counters = [
            ("fenzhen_requests_total", "HTTP requests answered"),
            ("fenzhen_problems_total", "HTTP requests answered with a problem, by its code"),
            ("fenzhen_complaints_total", "Complaints, by what became of them: decided or a problem's code"),
            ("fenzhen_decisions_total", "Decisions, by action"),
            ("fenzhen_categories_total", "Decisions, by category"),
            ("fenzhen_abandoned_total", "Complaints dropped because the caller had gone"),
        ];
        for (name, text) in counters {
            self.recorder.describe_counter(KeyName::from(name), Some(Unit::Count), SharedString::from(text));
        }
        let gauges = [
            ("fenzhen_waiting", "Complaints that wait for a worker"),
            ("fenzhen_jobs", "Durable jobs of the desk, by kind: waiting, due or not, and dead"),
            ("fenzhen_ready", "1 once the model has answered"),
            ("fenzhen_info", "Versions that answer"),
        ];
        for (name, text) in gauges {
            self.recorder.describe_gauge(KeyName::from(name), None, SharedString::from(text));
        }
        let histograms = [
            ("fenzhen_request_seconds", "From the request's head to the answer's head"),
            ("fenzhen_queue_seconds", "A complaint's wait for a worker"),
            ("fenzhen_tokenise_seconds", "Cleaning, masking, segmenting and cutting of one portion"),
            ("fenzhen_infer_seconds", "Model work of one portion"),
        ];
        for (name, text) in histograms {
            self.recorder.describe_histogram(KeyName::from(name), Some(Unit::Seconds), SharedString::from(text));
        }
        let text = "Complaints that a worker decided about together";
        self.recorder.describe_histogram(KeyName::from("fenzhen_portion_complaints"), None, SharedString::from(text));
    }

    fn count(&self, name: &'static str, labels: Vec<Label>, by: u64) {
        self.recorder.register_counter(&Key::from_parts(name, labels), &METADATA).increment(by);
    }

    fn observe(&self, name: &'static str, labels: Vec<Label>, value: f64) {
        self.recorder.register_histogram(&Key::from_parts(name, labels), &METADATA).record(value);
    }

    fn set(&self, name: &'static str, labels: Vec<Label>, value: f64) {
        self.recorder.register_gauge(&Key::from_parts(name, labels), &METADATA).set(value);
    }

    /// One HTTP request was answered; `path` is the router's pattern.
    pub fn request(&self, method: &Method, path: &str, status: u16, code: Option<&str>, took: Duration) {
        let path = path.to_owned();
        let labels = vec![
            Label::new("method", method_name(method)),
            Label::new("path", path.clone()),
            Label::new("status", status.to_string()),
        ];
        self.count("fenzhen_requests_total", labels, 1);
        self.observe("fenzhen_request_seconds", vec![Label::new("path", path)], took.as_secs_f64());
        if let Some(code) = code {
            self.count("fenzhen_problems_total", vec![Label::new("code", code.to_owned())], 1);
        }
    }

    pub(super) fn portion(&self, complaints: usize, timings: &Timings) {
        self.observe("fenzhen_portion_complaints", vec![], complaints as f64);
        self.observe("fenzhen_tokenise_seconds", vec![], timings.tokenise.as_secs_f64());
        self.observe("fenzhen_infer_seconds", vec![], timings.infer.as_secs_f64());
    }

    pub(super) fn decided(&self, queued: Duration, result: &Result<Decision>) {
        self.observe("fenzhen_queue_seconds", vec![], queued.as_secs_f64());
        let outcome = result.as_ref().map_or_else(|error| error.code(), |_| "decided");
        self.count("fenzhen_complaints_total", vec![Label::new("outcome", outcome)], 1);
        if let Ok(decision) = result {
            let action = format!("{:?}", decision.decision.action).to_lowercase();
            self.count("fenzhen_decisions_total", vec![Label::new("action", action)], 1);
            if let Some(category) = &decision.category {
                self.count("fenzhen_categories_total", vec![Label::new("category", category.label.clone())], 1);
            }
        }
    }

    pub(super) fn abandoned(&self, count: usize) {
        if count > 0 {
            self.count("fenzhen_abandoned_total", vec![], count as u64);
        }
    }

    pub(super) fn waiting(&self, count: usize) {
        self.set("fenzhen_waiting", vec![], count as f64);
    }

    pub(super) fn jobs(&self, kind: &'static str, waiting: u64, dead: u64) {
        for (state, count) in [("waiting", waiting), ("dead", dead)] {
            let labels = vec![Label::new("kind", kind), Label::new("state", state)];
            self.set("fenzhen_jobs", labels, count as f64);
        }
    }

    pub(super) fn ready(&self, versions: &Versions) {
        self.set("fenzhen_ready", vec![], 1.0);
        let labels = vec![
            Label::new("engine", ENGINE),
            Label::new("bundle", versions.bundle.clone()),
            Label::new("taxonomy", versions.taxonomy.clone()),
            Label::new("policy", versions.policy.clone()),
        ];
        self.set("fenzhen_info", labels, 1.0);
    }

    /// The text that Prometheus scrapes.
    pub fn render(&self) -> String {
        self.handle.render()
    }

    /// Folds what was observed into the histograms; call it now and then, or they grow until the next scrape.
    pub fn fold(&self) {
        self.handle.run_upkeep();
    }
}

/// A caller may invent methods; metrics and logs know only the real ones.
pub(super) fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::HEAD => "HEAD",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::PATCH => "PATCH",
        _ => "other",
    }
}
