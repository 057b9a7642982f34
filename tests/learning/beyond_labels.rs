//! What a training learns beside labels: what teachers say, what stands hidden in a text, and what a bundle knew already.

use super::trainer::{Killer, SHORT, recipe, weights};
use candle_core::{Device, Tensor};
use fenzhen::{
    bundle::file,
    classify::transformer::Pooling,
    data::Source,
    train::{
        self, DistillRecipe, Recipe, Talk,
        checkpoint::{Accuracies, Round},
    },
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

#[test]
fn an_encoder_learns_to_guess_hidden_pieces_of_texts_without_labels() {
    const GUESSING: &str = "[rounds]\nepochs = 4\nbatch = 8\ncheckpoint_every = 3\n[regularize]\naverage = 0.9\n[optimizer]\n\
                            learning_rate = 2e-3\nhead_learning_rate = 2e-3\n[masked_language]\nweight = 0.5\nshare = 0.2\n\
                            texts = [{ path = \"datasets/outliers/train.jsonl\", share = 0.1 }]\n";
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());

    struct Heard(Mutex<Vec<f64>>);
    impl Talk for Heard {
        fn corpus(&self, corpus: &train::Corpus) {
            assert!(corpus.guessed.len() > 10 && corpus.guessed.iter().all(|row| row.targets.is_empty()));
        }
        fn round(&self, _number: usize, round: &Round, _best: bool) {
            self.0.lock().unwrap().push(round.guessed.expect("pieces are guessed"));
        }
    }
    let heard = Heard(Mutex::default());
    train::run(&recipe(a.path(), 60, GUESSING), &a.path().join("out"), &Device::Cpu, &heard).unwrap();
    let losses = heard.0.into_inner().unwrap();
    assert!(losses.len() == 4 && losses[3] < losses[0] - 0.3, "{losses:?}");

    // What guesses is not part of the model, and is part of the checkpoint.
    let names =
        candle_core::safetensors::load(a.path().join("out/checkpoint/model.safetensors"), &Device::Cpu).unwrap();
    assert!(!names.keys().any(|name| name.contains("masked")));
    let broken = recipe(b.path(), 60, GUESSING);
    let killer = Killer { left: AtomicUsize::new(7) };
    let run = catch_unwind(AssertUnwindSafe(|| train::run(&broken, &b.path().join("out"), &Device::Cpu, &killer)));
    assert!(run.is_err(), "the training was meant to die");
    train::run(&broken, &b.path().join("out"), &Device::Cpu, &()).unwrap();
    assert_eq!(weights(&a.path().join("out")), weights(&b.path().join("out")));

    let twice = GUESSING.replace("average = 0.9", "average = 0.9\nmask_pieces = 0.1");
    let refused = catch_unwind(AssertUnwindSafe(|| recipe(a.path(), 60, &twice)));
    assert!(refused.is_err(), "two ways to hide pieces are one too many");
}

/// Two teachers of one round, in the folders `first` and `second`. The second has another encoder, which cuts texts into other pieces and
/// is gone when the student asks.
fn teachers(folder: &Path) -> [std::path::PathBuf; 2] {
    ["first", "second"].map(|name| {
        let mut recipe = recipe(folder, 60, SHORT).of_teacher(name.len() as u64);
        let out = folder.join(name);
        let gone = tempfile::tempdir().unwrap();
        if name == "second" {
            let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny-encoder-xlmr");
            for file in [file::CONFIG, file::TOKENIZER, file::MODEL] {
                std::fs::copy(fixture.join(file), gone.path().join(file)).unwrap();
            }
            let encoder = recipe.encoder.as_mut().unwrap();
            (encoder.path, encoder.pooling) = (gone.path().to_owned(), Pooling::Mean);
            encoder.prefix = "query: ".into();
        }
        train::weights(&recipe, &out, &Device::Cpu, &()).unwrap();
        assert!(!out.join(file::MANIFEST).exists(), "no bundle was asked for");
        out
    })
}

#[test]
fn a_student_learns_from_its_teachers_what_no_label_says() {
    let folder = tempfile::tempdir().unwrap();
    let teachers = teachers(folder.path());
    // One row is a training row as well: it is left out.
    let texts = folder.path().join("texts.jsonl");
    let first = std::fs::read_to_string(folder.path().join("rows.jsonl")).unwrap();
    let first: serde_json::Value = serde_json::from_str(first.lines().next().unwrap()).unwrap();
    let unlabelled = ["鞋子穿一周就开胶了", "酒店前台爱理不理，房间也没打扫", first["text"].as_str().unwrap()];
    // Labels beside the texts are not read, whatever they are.
    let row = |text: &&str| serde_json::json!({"text": text, "category": "nobody.knows"}).to_string();
    std::fs::write(&texts, unlabelled.iter().map(row).collect::<Vec<_>>().join("\n")).unwrap();
    let mut student = recipe(folder.path(), 60, SHORT);
    student.distill = Some(DistillRecipe { teachers: teachers.to_vec(), weight: 0.6, texts: vec![Source::of(&texts)] });
    let out = folder.path().join("student");

    struct Heard(AtomicUsize);
    impl Talk for Heard {
        fn corpus(&self, corpus: &train::Corpus) {
            assert_eq!(corpus.unlabelled.len(), 2);
            assert!(corpus.unlabelled.iter().all(|row| row.targets.is_empty()));
        }
        fn teachers(&self, accuracy: &std::collections::BTreeMap<String, std::collections::BTreeMap<String, f64>>) {
            self.0.store(accuracy.len(), Ordering::SeqCst);
        }
    }
    let heard = Heard(AtomicUsize::new(0));
    train::run(&student, &out, &Device::Cpu, &heard).unwrap();
    assert_eq!(heard.0.load(Ordering::SeqCst), 1, "the teachers are measured on the one dev file");
    let metrics: serde_json::Value = serde_json::from_slice(&std::fs::read(out.join(file::METRICS)).unwrap()).unwrap();
    assert!(metrics["teachers"].as_object().unwrap().values().next().unwrap()["category"].is_number(), "{metrics}");

    let card = std::fs::read_to_string(out.join(file::CARD)).unwrap();
    assert!(card.contains("| teachers | 2,") && card.contains("The teachers together"), "{card}");

    // Other teachers are another training.
    student.distill.as_mut().unwrap().teachers.pop();
    assert_eq!(train::run(&student, &out, &Device::Cpu, &()).unwrap_err().code(), "invalid_recipe");
    student.distill.as_mut().unwrap().teachers = vec![folder.path().join("nobody")];
    let missing = train::run(&student, &folder.path().join("other"), &Device::Cpu, &()).unwrap_err();
    assert!(missing.to_string().contains("nobody"), "{missing}");
}

/// The accuracy that a bundle's metrics say of one of its models on the one dev file.
fn measured(bundle: &Path, model: &str, question: &str) -> f64 {
    let metrics: serde_json::Value =
        serde_json::from_slice(&std::fs::read(bundle.join(file::METRICS)).unwrap()).unwrap();
    let dev = metrics["dev"].as_object().unwrap().values().next().unwrap();
    dev[model]["scores"][question]["accuracy"]["value"].as_f64().unwrap()
}

#[test]
fn a_bundle_teaches_as_it_is_served_and_lends_its_heads() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("bundle");
    train::run(&recipe(folder.path(), 60, SHORT), &bundle, &Device::Cpu, &()).unwrap();

    // A student that hardly moves starts from the bundle's encoder and heads.
    let mut student = recipe(folder.path(), 60, STILL);
    student.distill = Some(DistillRecipe { teachers: vec![bundle.clone()], weight: 0.6, texts: vec![] });
    let encoder = student.encoder.as_mut().unwrap();
    (encoder.path, encoder.heads) = (bundle.clone(), true);
    let out = folder.path().join("student");
    let progress = train::weights(&student, &out, &Device::Cpu, &()).unwrap();
    let of = |accuracies: &Accuracies, head: &str| accuracies.values().next().unwrap()[head];
    for question in ["category", "department", "emotion"] {
        assert_eq!(of(&progress.teachers, question), measured(&bundle, "both", question), "{question}");
        let near = (of(&progress.history[0].accuracy, question) - measured(&bundle, "transformer", question)).abs();
        assert!(near < 0.04, "{question}: {near} from the bundle's own");
    }

    // Heads of another taxonomy are other heads.
    let path = bundle.join(file::TAXONOMY);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("version = \"", "version = \"9", 1)).unwrap();
    student.distill = None;
    let refused = train::weights(&student, &folder.path().join("other"), &Device::Cpu, &()).unwrap_err();
    assert!(refused.to_string().contains("another taxonomy"), "{refused}");
}

/// A recipe under which weights stay where they begin.
const STILL: &str = "[rounds]\nepochs = 1\nbatch = 8\n[regularize]\ndropout = 0.0\n[optimizer]\nlearning_rate = 1e-9\n\
                     head_learning_rate = 1e-9\n";

#[test]
fn a_training_may_begin_with_the_mean_of_several() {
    let folder = tempfile::tempdir().unwrap();
    let [one, other] = [1, 2].map(|seed| {
        let out = folder.path().join(format!("seed-{seed}"));
        train::weights(&recipe(folder.path(), 60, SHORT).of_teacher(seed), &out, &Device::Cpu, &()).unwrap();
        out.join("checkpoint")
    });
    let mut soup = recipe(folder.path(), 60, STILL);
    let encoder = soup.encoder.as_mut().unwrap();
    (encoder.path, encoder.averaged_with, encoder.heads) = (one.clone(), vec![other.clone()], true);
    let out = folder.path().join("soup");
    train::weights(&soup, &out, &Device::Cpu, &()).unwrap();

    let load = |folder: &Path| candle_core::safetensors::load(folder.join(file::MODEL), &Device::Cpu).unwrap();
    let values = |tensor: &Tensor| tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    let (one, two, mean) = (load(&one), load(&other), load(&out.join("checkpoint")));
    let mut apart = 0.0f32;
    for (name, mean) in &mean {
        for ((m, a), b) in values(mean).iter().zip(values(&one[name])).zip(values(&two[name])) {
            assert!((m - 0.5 * (a + b)).abs() < 1e-5, "{name}: {m} between {a} and {b}");
            apart = apart.max((a - b).abs());
        }
    }
    assert!(apart > 1e-3, "two seeds give two models");

    // Models of another shape have no mean.
    let [_, second] = teachers(folder.path());
    soup.encoder.as_mut().unwrap().averaged_with = vec![second.join("checkpoint")];
    let refused = train::weights(&soup, &folder.path().join("none"), &Device::Cpu, &()).unwrap_err();
    assert!(refused.code() == "invalid_encoder" && refused.to_string().contains("other pieces"), "{refused}");
}

#[test]
fn teachers_that_still_learn_or_have_changed_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second] = teachers(folder.path());
    let mut student = recipe(folder.path(), 60, SHORT);
    student.distill = Some(DistillRecipe { teachers: vec![first.clone(), second.clone()], weight: 0.6, texts: vec![] });
    let state = second.join("checkpoint/state.json");
    let finished = std::fs::read_to_string(&state).unwrap();
    std::fs::write(&state, finished.replace("\"finished\": true", "\"finished\": false")).unwrap();
    let out = folder.path().join("student");
    let error = train::run(&student, &out, &Device::Cpu, &()).unwrap_err();
    assert!(error.code() == "invalid_recipe" && error.to_string().contains("is not finished"), "{error}");
    std::fs::write(&state, finished).unwrap();

    let killer = Killer { left: AtomicUsize::new(5) };
    let run = catch_unwind(AssertUnwindSafe(|| train::run(&student, &out, &Device::Cpu, &killer)));
    assert!(run.is_err(), "the student was meant to die");
    let best = "checkpoint/model.safetensors";
    let before = std::fs::read(second.join(best)).unwrap();
    std::fs::copy(first.join(best), second.join(best)).unwrap();
    let error = train::run(&student, &out, &Device::Cpu, &()).unwrap_err();
    assert!(error.code() == "invalid_recipe" && error.to_string().contains("other weights"), "{error}");
    std::fs::write(second.join(best), before).unwrap();
    train::run(&student, &out, &Device::Cpu, &()).unwrap();
}

#[test]
fn a_recipe_with_teachers_and_nobody_to_teach_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    recipe(folder.path(), 30, SHORT);
    let path = folder.path().join("recipe.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let refused = |text: &str, what: &str| {
        std::fs::write(&path, text).unwrap();
        let error = Recipe::open(&path).unwrap_err();
        assert!(error.code() == "invalid_recipe" && error.to_string().contains(what), "{error}");
    };
    refused(&format!("{text}[distill]\nteachers = []\nweight = 0.5\n"), "names no folder");
    refused(&format!("{text}[distill]\nteachers = [\"a\"]\nweight = 1.5\n"), "distill.weight is 1.5");
    let alone = text.replace("[encoder]\npath = \"tests/fixtures/tiny-encoder\"\nmax_pieces = 64\n", "");
    refused(&format!("{alone}[distill]\nteachers = [\"a\"]\nweight = 0.5\n"), "no [encoder]");
}
