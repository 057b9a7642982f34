//! The shipped bundle without its transformer. The desk is what is tested here, and the linear model alone gives every
//! decision that it needs; so even a build that is not optimised has time for the faults.

use crate::service::Service;
use serde_json::Value;
use std::{path::PathBuf, sync::LazyLock};

/// What a bundle needs to decide by the linear model.
const FILES: [&str; 4] = ["taxonomy.toml", "linear.safetensors", "calibration.json", "bands.json"];

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let shipped = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/models/retail"));
    let folder = PathBuf::from(format!("{}/linear-{}", env!("CARGO_TARGET_TMPDIR"), std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for file in FILES {
        std::fs::copy(shipped.join(file), folder.join(file)).unwrap();
    }
    let manifest = std::fs::read_to_string(shipped.join("manifest.json")).unwrap();
    let mut manifest: Value = serde_json::from_str(&manifest).unwrap();
    let parts = manifest.as_object_mut().unwrap();
    // How the transformer reads.
    parts.remove("reading");
    parts["files"].as_object_mut().unwrap().retain(|file, _| FILES.contains(&file.as_str()));
    std::fs::write(folder.join("manifest.json"), manifest.to_string()).unwrap();
    folder
});

/// The folder of it.
pub fn folder() -> &'static str {
    FOLDER.to_str().expect("the target folder has a name in UTF-8")
}

/// A server with it, and with more arguments.
pub fn serve(arguments: &[&str]) -> Service {
    Service::start(&[&["--log", "error", "--bundle", folder()], arguments].concat())
}
