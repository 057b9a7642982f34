use super::{fenzhen, stdout, told};
use std::{fs, path::Path, process::Command, time::Duration};

#[test]
fn the_shipped_bundle_is_whole_and_small() {
    let output = fenzhen(&["bundle", "verify", "models/retail"], b"");
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let bytes: u64 = fs::read_dir("models/retail").unwrap().map(|e| e.unwrap().metadata().unwrap().len()).sum();
    assert!(bytes <= 40_000_000, "{bytes} bytes");
}

#[test]
fn inspect_tells_what_the_bundle_reached() {
    let output = fenzhen(&["bundle", "inspect", "models/retail"], b"");
    let text = stdout(&output);
    for word in ["retail@", "retail-v1@", "model.safetensors", "trained on", "joint_priority", "linear", "transformer"]
    {
        assert!(text.contains(word), "{word} is missing:\n{text}");
    }
}

#[test]
fn a_half_copied_bundle_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir("models/retail").unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    let linear = folder.path().join("linear.safetensors");
    let bytes = fs::read(&linear).unwrap();
    fs::write(&linear, &bytes[..bytes.len() - 7]).unwrap();
    let output = fenzhen(&["classify", "--bundle", folder.path().to_str().unwrap(), "退款"], b"");
    let told = told(&output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("linear.safetensors has hash") && told.contains("[bundle_hash_mismatch]"), "{told}");
    assert!(told.contains("hint: copy the bundle again"), "{told}");
}

#[test]
fn a_bundle_that_is_not_there_and_a_device_that_is_not_there_are_refused() {
    let nowhere = told(&fenzhen(&["classify", "--bundle", "models/nothing", "退款"], b""));
    assert!(nowhere.starts_with("exit 2") && nowhere.contains("[invalid_bundle]"), "{nowhere}");
    let device = told(&fenzhen(&["classify", "--device", "cuda:0", "退款"], b""));
    assert!(device.starts_with("exit 2") && device.contains("[device]"), "{device}");
}

fn tiny_recipe(folder: &Path) -> std::path::PathBuf {
    let text = fs::read_to_string("datasets/retail/dev.jsonl").unwrap();
    let rows: Vec<&str> = text.lines().step_by(7).collect();
    let data = folder.join("rows.jsonl");
    fs::write(&data, rows.join("\n")).unwrap();
    let path = folder.join("tiny.toml");
    let toml = format!(
        "name = 'tiny'\nseed = 3\ntaxonomy = 'retail-v1'\n[encoder]\npath = 'tests/fixtures/tiny-encoder'\nmax_pieces = 64\n\
         [data]\ncalibration = 0.2\ntrain = [{{ path = '{0}' }}]\ndev = [{{ path = '{0}' }}]\n\
         [rounds]\nepochs = 6\nbatch = 4\ncheckpoint_every = 3\npatience = 0\n",
        data.display()
    );
    fs::write(&path, toml).unwrap();
    path
}

#[test]
fn a_training_that_is_killed_goes_on_and_ends_with_the_same_bundle() {
    let folder = tempfile::tempdir().unwrap();
    let recipe = tiny_recipe(folder.path());
    let (whole, broken) = (folder.path().join("whole"), folder.path().join("broken"));
    let train = |out: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fenzhen"));
        command.current_dir(env!("CARGO_MANIFEST_DIR")).arg("train").arg(&recipe).arg("-o").arg(out).arg("--quiet");
        command
    };
    assert!(train(&whole).status().unwrap().success());
    let mut child = train(&broken).spawn().unwrap();
    // Killed once the first checkpoint is there, wherever it is by then.
    for _ in 0..2000 {
        if broken.join("checkpoint/state.json").exists() {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(train(&broken).status().unwrap().success());
    let version = |out: &Path| fs::read_to_string(out.join("manifest.json")).unwrap();
    let weights = |out: &Path| fs::read(out.join("model.safetensors")).unwrap();
    assert_eq!(weights(&whole), weights(&broken));
    assert!(version(&broken).contains("\"name\": \"tiny\""));
}

#[test]
fn a_recipe_at_fault_is_refused_with_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let recipe = tiny_recipe(folder.path());
    let text = fs::read_to_string(&recipe).unwrap();
    fs::write(&recipe, text.replace("max_pieces", "max_tokens")).unwrap();
    let out = folder.path().join("out");
    let output = fenzhen(&["train", recipe.to_str().unwrap(), "-o", out.to_str().unwrap()], b"");
    let told = told(&output);
    assert!(told.starts_with("exit 2") && told.contains("max_tokens") && told.contains("[invalid_recipe]"), "{told}");
}
