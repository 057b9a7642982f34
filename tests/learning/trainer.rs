use candle_core::Device;
use fenzhen::{
    Complaint, Pipeline,
    bundle::{self, file},
    classify::{Head, Which},
    data::Source,
    explain::Labelled,
    segment::Segmenter,
    train::{
        self, Recipe, ScopeRecipe, Talk,
        fit::StepAt,
        remember::remember,
        scope::SetAside,
        teach::{Keep, teach_scope},
    },
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

/// A recipe over the tiny encoder and the first rows of our own data.
pub fn recipe(folder: &Path, rows: usize, more: &str) -> Recipe {
    let text = std::fs::read_to_string("datasets/retail/train.jsonl").unwrap();
    let rows: Vec<&str> = text.lines().step_by(37).take(rows).collect();
    let data = folder.join("rows.jsonl");
    std::fs::write(&data, rows.join("\n")).unwrap();
    let data = data.display();
    let path = folder.join("recipe.toml");
    let toml = format!(
        r#"
name = "tiny"
seed = 5
taxonomy = "retail-v1"
[encoder]
path = "tests/fixtures/tiny-encoder"
max_pieces = 64
[data]
calibration = 0.2
train = [{{ path = "{data}" }}]
dev = [{{ path = "{data}" }}]
{more}
"#
    );
    std::fs::write(&path, toml).unwrap();
    Recipe::open(&path).unwrap()
}

pub fn weights(folder: &Path) -> Vec<u8> {
    std::fs::read(folder.join("checkpoint/model.safetensors")).unwrap()
}

pub const SHORT: &str =
    "[rounds]\nepochs = 2\nbatch = 8\ncheckpoint_every = 2\n[regularize]\naverage = 0.9\nmask_pieces = 0.1\n";

/// Dies after some steps.
pub struct Killer {
    pub left: AtomicUsize,
}

impl Talk for Killer {
    fn step(&self, _at: StepAt) {
        if self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            panic!("killed");
        }
    }
}

#[test]
fn a_round_may_learn_from_a_part_of_the_rows() {
    let folder = tempfile::tempdir().unwrap();
    let steps = |more: &str, out: &str| {
        let recipe = recipe(folder.path(), 60, &SHORT.replace("batch = 8", more));
        train::weights(&recipe, &folder.path().join(out), &Device::Cpu, &()).unwrap().steps
    };
    let (whole, part) = (steps("batch = 8", "whole"), steps("batch = 8\nshare = 0.3", "part"));
    assert_eq!(part, 2 * (whole as f64 / 2.0 * 0.3).ceil() as usize, "two rounds of {whole} steps");
    let toml = std::fs::read_to_string(folder.path().join("recipe.toml")).unwrap();
    let path = folder.path().join("none.toml");
    std::fs::write(&path, toml.replace("share = 0.3", "share = 0.0")).unwrap();
    let refused = Recipe::open(&path).unwrap_err();
    assert!(refused.to_string().contains("rounds.share"), "{refused}");
}

#[test]
fn a_killed_training_ends_with_the_weights_of_an_unbroken_one() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let whole = train::run(&recipe(a.path(), 60, SHORT), &a.path().join("out"), &Device::Cpu, &()).unwrap();
    let broken = recipe(b.path(), 60, SHORT);
    for steps in [3, 5] {
        let killer = Killer { left: AtomicUsize::new(steps) };
        let run = catch_unwind(AssertUnwindSafe(|| train::run(&broken, &b.path().join("out"), &Device::Cpu, &killer)));
        assert!(run.is_err(), "the training was meant to die after {steps} steps");
    }
    train::run(&broken, &b.path().join("out"), &Device::Cpu, &()).unwrap();
    assert_eq!(weights(&a.path().join("out")), weights(&b.path().join("out")));
    assert_eq!(whole.name, "tiny");
}

#[test]
fn nothing_is_learnt_from_texts_that_a_recipe_leaves_out() {
    let folder = tempfile::tempdir().unwrap();
    let plain = recipe(folder.path(), 30, SHORT);
    let rows = |recipe: &Recipe| {
        let segmenter = Segmenter::new();
        let corpus = train::Corpus::read(recipe, &recipe.taxonomy().unwrap().0, &segmenter, None).unwrap();
        corpus.train.len() + corpus.calibration.len()
    };
    assert_eq!(rows(&plain), 30);
    let out = folder.path().join("out.jsonl");
    let text = std::fs::read_to_string(folder.path().join("rows.jsonl")).unwrap();
    std::fs::write(&out, text.lines().take(7).collect::<Vec<_>>().join("\n")).unwrap();
    let mut without = plain.clone();
    without.data.without = vec![Source::of(&out)];
    assert_eq!(rows(&without), 23);
}

#[test]
fn rows_that_only_teach_are_set_aside_where_there_are_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let mut recipe = recipe(folder.path(), 60, SHORT);
    recipe.data.calibration = 0.4;
    let read = |recipe: &Recipe| {
        let segmenter = Segmenter::new();
        train::Corpus::read(recipe, &recipe.taxonomy().unwrap().0, &segmenter, None).unwrap()
    };
    let all = read(&recipe).calibration.len();
    assert!(all > 10, "{all}");
    // The same rows in two files, of which one only teaches.
    let text = std::fs::read_to_string(folder.path().join("rows.jsonl")).unwrap();
    let [first, second] = ["first", "second"].map(|name| folder.path().join(name).with_extension("jsonl"));
    let lines: Vec<&str> = text.lines().collect();
    std::fs::write(&first, lines[..30].join("\n")).unwrap();
    std::fs::write(&second, lines[30..].join("\n")).unwrap();
    let teaching = Source { teaches_only: true, ..Source::of(&second) };
    recipe.data.train = vec![Source::of(&first), teaching.clone()];
    let corpus = read(&recipe);
    let (aside, spared) = (corpus.calibration.len(), corpus.spared_parts());
    assert!(aside > 0 && aside < all, "{aside}");
    assert_eq!(corpus.train.len(), 60 - aside);
    assert_eq!(aside + spared.0.len() + spared.1.len(), all);
    let teaching_too = Source { teaches_only: true, ..Source::of(&first) };
    recipe.data.train = vec![teaching_too, teaching.clone()];
    let alone = read(&recipe);
    assert_eq!((alone.calibration.len(), alone.train.len()), (all, 60 - all));
    assert_eq!(alone.spared_parts().0.len() + alone.spared_parts().1.len(), 0);
    // A file that is held out teaches nothing, whatever the share.
    recipe.data.train = vec![Source { held_out: true, ..Source::of(&first) }, teaching];
    let held_out = read(&recipe);
    assert_eq!((held_out.calibration.len(), held_out.train.len()), (30, 30));
}

#[test]
fn another_recipe_does_not_go_on_from_the_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    train::run(&recipe(folder.path(), 30, SHORT), &out, &Device::Cpu, &()).unwrap();
    let mut other = recipe(folder.path(), 30, SHORT);
    other.seed = 6;
    assert_eq!(train::run(&other, &out, &Device::Cpu, &()).unwrap_err().code(), "invalid_recipe");
}

#[test]
fn a_trained_bundle_is_whole_and_answers_the_same_alone_and_in_company() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let manifest = train::run(&recipe(folder.path(), 60, SHORT), &out, &Device::Cpu, &()).unwrap();
    for name in [file::CARD, file::METRICS, file::RECIPE, file::CALIBRATION, file::LINEAR, file::MODEL, file::TAXONOMY]
    {
        assert!(manifest.files.contains_key(name), "{name}");
    }
    let pipeline = Pipeline::open(&out, None).unwrap();
    assert_eq!(pipeline.which(), Which::Both);
    let texts = ["快递三天没动静，客服一直不接电话", "衣服有一股怪味，洗了两次还在", "谢谢师傅，安装得很仔细"];
    let complaints: Vec<Complaint> = texts.into_iter().map(Complaint::of).collect();
    let (together, _) = pipeline.decide_all(&complaints);
    for (complaint, in_company) in complaints.iter().zip(together) {
        let (alone, in_company) = (pipeline.decide(complaint).unwrap(), in_company.unwrap());
        assert_eq!(alone.category.as_ref().unwrap().label, in_company.category.as_ref().unwrap().label);
        let near = |a: f32, b: f32| (a - b).abs() < 1e-3;
        assert!(near(alone.department.unwrap().probability, in_company.department.unwrap().probability));
        assert!(near(alone.sentiment.unwrap(), in_company.sentiment.unwrap()));
    }
}

#[test]
fn a_changed_byte_and_a_half_copied_file_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    train::run(&recipe(folder.path(), 30, SHORT), &out, &Device::Cpu, &()).unwrap();
    let model = out.join(file::MODEL);
    let bytes = std::fs::read(&model).unwrap();
    std::fs::write(&model, &bytes[..bytes.len() / 2]).unwrap();
    let error = Pipeline::open(&out, None).err().expect("half a model is refused");
    assert_eq!(error.code(), "bundle_hash_mismatch");
    assert!(error.to_string().contains(file::MODEL), "{error}");
    std::fs::remove_file(&model).unwrap();
    let error = bundle::verify(&out).unwrap_err();
    assert_eq!(error.code(), "invalid_bundle");
    assert!(error.to_string().contains("model.safetensors is missing"), "{error}");
}

#[test]
fn a_model_can_memorise_eight_complaints() {
    let folder = tempfile::tempdir().unwrap();
    let much = "[rounds]\nepochs = 60\nbatch = 8\npatience = 0\ncheckpoint_every = 0\n\
        [optimizer]\nlearning_rate = 5e-3\nhead_learning_rate = 2e-2\nlayer_decay = 1.0\nweight_decay = 0.0\n\
        [regularize]\ndropout = 0.0\nattention_dropout = 0.0\nhead_dropout = 0.0\nlabel_smoothing = 0.0\n";
    let mut recipe = recipe(folder.path(), 8, much);
    recipe.data.calibration = 0.0;
    let out = folder.path().join("out");
    train::run(&recipe, &out, &Device::Cpu, &()).unwrap();
    let state: serde_json::Value =
        serde_json::from_slice(&std::fs::read(out.join("checkpoint/state.json")).unwrap()).unwrap();
    assert_eq!(state["progress"]["best"], 1.0, "{}", state["progress"]["history"]);
}

#[test]
fn a_recipe_with_an_unknown_key_or_a_wrong_path_is_refused_clearly() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("recipe.toml");
    let text = std::fs::read_to_string("training/retail.toml").unwrap();
    std::fs::write(&path, text.replace("epochs = ", "epoch = ")).unwrap();
    let error = Recipe::open(&path).unwrap_err();
    assert_eq!(error.code(), "invalid_recipe");
    assert!(error.to_string().contains("epoch"), "{error}");
    std::fs::write(&path, text.replacen("teaches_only = true", "teaches_only = true, held_out = true", 1)).unwrap();
    let error = Recipe::open(&path).unwrap_err();
    assert!(error.to_string().contains("held out"), "{error}");
    let mut recipe = recipe(folder.path(), 8, SHORT);
    recipe.encoder.as_mut().unwrap().path = "nowhere".into();
    let error = train::run(&recipe, &folder.path().join("out"), &Device::Cpu, &()).unwrap_err();
    assert_eq!(error.code(), "file");
    assert!(error.to_string().contains("nowhere"), "{error}");
}

#[test]
fn a_recipe_without_an_encoder_makes_a_bundle_of_the_linear_model() {
    let folder = tempfile::tempdir().unwrap();
    let mut recipe = recipe(folder.path(), 60, SHORT);
    recipe.encoder = None;
    let out = folder.path().join("out");
    let manifest = train::run(&recipe, &out, &Device::Cpu, &()).unwrap();
    assert!(!manifest.files.contains_key(file::MODEL));
    let pipeline = Pipeline::open(&out, None).unwrap();
    assert_eq!(pipeline.which(), Which::Linear);
    assert!(pipeline.decide(&Complaint::of("衣服掉色")).unwrap().department.is_some());
    assert_eq!(pipeline.with_models(Which::Both).err().unwrap().code(), "invalid_request");
}

#[test]
fn a_bundle_learns_to_tell_foreign_texts_while_it_is_made_or_later() {
    let folder = tempfile::tempdir().unwrap();
    let scope = "[scope]\noutside = [\"other.empty\"]\nforeign = [{ path = \"datasets/outliers/train.jsonl\" }]\n";
    let recipe = recipe(folder.path(), 120, &format!("{SHORT}{scope}"));
    let out = folder.path().join("out");
    let manifest = train::run(&recipe, &out, &Device::Cpu, &()).unwrap();
    assert!(manifest.files[file::SCOPE].bytes < 300_000);
    let card = std::fs::read_to_string(out.join(file::CARD)).unwrap();
    assert!(card.contains("## Texts from outside") && card.contains("| advertisement | 50 |"), "{card}");
    let pipeline = Pipeline::open(&out, None).unwrap();
    assert!(pipeline.tells_foreign());
    assert!(pipeline.decide(&Complaint::of("衣服掉色")).unwrap().out_of_scope.is_some());

    // Taught again by the same texts it is the same bundle, byte for byte; only asked, it stays as it is.
    let by = recipe.scope.as_ref().unwrap();
    let teach = |by: &ScopeRecipe, keep: Keep| teach_scope(&Pipeline::open(&out, None).unwrap(), &out, by, keep);
    let write = Keep { write: true, ..Keep::default() };
    assert_eq!(teach(by, Keep::default()).unwrap().manifest, None);
    let again = teach(by, write).unwrap();
    assert_eq!(again.manifest.unwrap().version, manifest.version);
    bundle::verify(&out).unwrap();
    assert_eq!((again.learnt.sources[0].rows, &again.remarks[..]), (210, &[][..]));
    assert_eq!(again.learnt.complaints[0].rows, 120);

    let mut wrong = by.clone();
    wrong.outside = vec!["other.nothing".into()];
    let error = teach(&wrong, Keep::default()).unwrap_err();
    assert!(error.code() == "invalid_recipe" && error.to_string().contains("other.nothing"), "{error}");

    // The bundle's own rows are no foreign texts, whatever a list says: they taught weights or are complaints by their label,
    // and the others of them are there already.
    let mut own = by.clone();
    own.foreign.push(Source::of(folder.path().join("rows.jsonl")));
    let with_own = teach(&own, Keep::default()).unwrap().learnt;
    let SetAside { taught, measured, complaints, repeated } = with_own.set_aside;
    assert_eq!((taught + measured + complaints + repeated, with_own.foreign), (120, again.learnt.foreign));
    assert!(taught > 60 && with_own.left_out == again.learnt.left_out, "{:?}", with_own.set_aside);

    // A file that the bundle learnt from and that is no longer there is told, and nothing is written without a word for it.
    let headlines = folder.path().join("headlines.jsonl");
    std::fs::write(&headlines, "{\"text\": \"国足世预赛名单公布，三名新人入选\"}\n").unwrap();
    let mut more = by.clone();
    more.foreign.push(Source { optional: true, ..Source::of(&headlines) });
    teach(&more, write).unwrap();
    std::fs::remove_file(&headlines).unwrap();
    let error = teach(&more, write).unwrap_err();
    assert!(error.code() == "invalid_request" && error.to_string().contains("headlines.jsonl"), "{error}");
    let less = teach(&more, Keep { write: true, without_absent: true }).unwrap();
    assert!(less.remarks[0].contains("headlines.jsonl"), "{:?}", less.remarks);
    bundle::verify(&out).unwrap();
}

/// Counts the steps.
#[derive(Default)]
struct Counter {
    steps: AtomicUsize,
}

impl Talk for Counter {
    fn step(&self, _at: StepAt) {
        self.steps.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn a_fault_among_the_foreign_texts_costs_no_training_and_another_scope_goes_on_from_the_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let counter = Counter::default();
    for scope in [
        "outside = [\"other.nothing\"]\nforeign = [{ path = \"datasets/outliers/train.jsonl\" }]",
        "foreign = [{ path = \"/no/such/file.jsonl\" }]",
        "foreign = [{ path = \"/no/such/file.jsonl\", optional = true }]",
    ] {
        let wrong = recipe(folder.path(), 60, &format!("{SHORT}[scope]\n{scope}\n"));
        train::run(&wrong, &out, &Device::Cpu, &counter).unwrap_err();
    }
    assert_eq!(counter.steps.load(Ordering::SeqCst), 0);
    train::run(&recipe(folder.path(), 60, SHORT), &out, &Device::Cpu, &counter).unwrap();
    let steps = counter.steps.load(Ordering::SeqCst);
    let scope = "[scope]\nforeign = [{ path = \"datasets/outliers/train.jsonl\" }]\n";
    let manifest =
        train::run(&recipe(folder.path(), 60, &format!("{SHORT}{scope}")), &out, &Device::Cpu, &counter).unwrap();
    assert_eq!(counter.steps.load(Ordering::SeqCst), steps);
    assert!(manifest.files.contains_key(file::SCOPE));
}

#[test]
fn a_bundle_keeps_complaints_to_show_from_its_training_or_later() {
    let folder = tempfile::tempdir().unwrap();
    let rows = folder.path().join("rows.jsonl");
    let similar = format!("[similar]\nrows = [{{ path = {rows:?} }}]\n");
    let recipe = recipe(folder.path(), 60, &format!("{SHORT}{similar}"));
    let out = folder.path().join("out");
    let manifest = train::run(&recipe, &out, &Device::Cpu, &()).unwrap();
    let card = std::fs::read_to_string(out.join(file::CARD)).unwrap();
    assert!(card.contains("## What it keeps"), "{card}");
    let kept = std::fs::read_to_string(out.join(file::SIMILAR)).unwrap();
    let first: Labelled = serde_json::from_str(kept.lines().next().unwrap()).unwrap();
    assert_eq!(first.labels.len(), 4);

    let pipeline = Pipeline::open(&out, None).unwrap();
    let explained = pipeline.explain(&Complaint::of(&first.text), &[Head::Category]).unwrap();
    assert_eq!((explained.similar[0].text.as_str(), explained.similar.len()), (first.text.as_str(), 3));
    assert!(explained.similar[0].similarity > 0.98, "{:?}", explained.similar);
    assert_eq!(explained.similar[0].labels[0].label, first.labels[&Head::Category]);

    // Kept again, it is the same bundle; only asked, it stays as it is; without them, nothing is like anything.
    let by = recipe.similar.as_ref().unwrap();
    assert_eq!(remember(&pipeline, &out, by, false).unwrap().manifest, None);
    let again = remember(&pipeline, &out, by, true).unwrap();
    assert_eq!((again.kept, again.manifest.unwrap().version), (kept.lines().count(), manifest.version));
    bundle::verify(&out).unwrap();
    let linear = pipeline.with_models(Which::Linear).unwrap();
    assert!(linear.explain(&Complaint::of(&first.text), &[Head::Category]).unwrap().similar.is_empty());

    let mut wrong = by.clone();
    wrong.rows[0].path = folder.path().join("nowhere.jsonl");
    assert!(remember(&Pipeline::open(&out, None).unwrap(), &out, &wrong, true).is_err());
    bundle::verify(&out).unwrap();
}
