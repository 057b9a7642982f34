//! What a check found, for a person.

use crate::{Result, desk::assign::examples::Report, taxonomy::Language};
use std::path::{Path, PathBuf};

/// One file in which nothing is wrong.
pub fn sound(file: &Path, language: Language) -> String {
    let file = file.display();
    say(language, format!("{file}：没有问题\n"), format!("{file}: nothing wrong\n"))
}

/// Every file of a folder, a line each.
pub fn files(folder: &Path, files: &[(PathBuf, Result<()>)], language: Language) -> String {
    if files.is_empty() {
        let folder = folder.display();
        let zh = format!("{folder}：没有规则文件，将使用内置规则\n");
        return say(language, zh, format!("{folder}: no file of rules; the built-in ones hold\n"));
    }
    let line = |(file, found): &(PathBuf, Result<()>)| match found {
        Ok(()) => sound(file, language),
        Err(error) => format!("{} [{}]\n", error.to_string().trim_end(), error.code()),
    };
    files.iter().map(line).collect()
}

/// The same for a program.
pub fn as_json(files: &[(PathBuf, Result<()>)]) -> serde_json::Value {
    let one = |(file, found): &(PathBuf, Result<()>)| match found {
        Ok(()) => serde_json::json!({"file": file, "sound": true}),
        Err(error) => {
            serde_json::json!({"file": file, "sound": false, "code": error.code(), "reason": error.to_string()})
        }
    };
    serde_json::json!({"files": files.iter().map(one).collect::<Vec<_>>()})
}

/// What became of the examples of routing rules.
pub fn examples(report: &Report, language: Language) -> String {
    let passed = report.examples - report.mismatches.len();
    let all = report.examples;
    let say = |zh: String, en: String| say(language, zh, en);
    let mut lines =
        vec![say(format!("{all} 个示例，{passed} 个符合"), format!("{all} examples, {passed} as expected"))];
    for mismatch in &report.mismatches {
        let (line, id, reason) = (mismatch.line, &mismatch.example, mismatch.reason.get(language));
        lines.push(say(format!("第 {line} 行「{id}」：{reason}"), format!("line {line}, {id}: {reason}")));
        for missed in &mismatch.missed {
            lines.push(format!("    {}: {}", missed.rule, missed.reason.get(language)));
        }
    }
    for unreached in &report.unreached {
        let (line, rule) = (unreached.line, &unreached.rule);
        lines.push(say(
            format!("规则「{rule}」（第 {line} 行）没有示例"),
            format!("rule {rule} (line {line}) has no example"),
        ));
    }
    lines.join("\n") + "\n" + &warnings(&report.warnings)
}

/// A table's own warnings, a line each.
pub fn warnings(warnings: &[String]) -> String {
    warnings.iter().map(|warning| format!("{warning}\n")).collect()
}

fn say(language: Language, zh: String, en: String) -> String {
    match language {
        Language::Zh => zh,
        Language::En => en,
    }
}
