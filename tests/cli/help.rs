use super::{fenzhen, stdout};

#[test]
fn every_command_explains_itself_with_examples() {
    let mut all = stdout(&fenzhen(&["--help"], b""));
    for command in [
        "serve",
        "classify",
        "explain",
        "score",
        "train",
        "evaluate",
        "calibrate",
        "replay",
        "data",
        "data check",
        "data split",
        "data inspect",
        "data export",
        "bundle",
        "bundle compare",
        "policy fit",
        "policy check",
        "policy preset",
        "key",
        "key create",
        "migrate",
        "backup",
    ] {
        let arguments: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let help = fenzhen(&arguments, b"");
        assert_eq!(help.status.code(), Some(0), "{command}");
        all += &format!("\n======== {command}\n{}", stdout(&help));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn an_unknown_command_is_a_usage_error() {
    let output = fenzhen(&["clasify", "你好"], b"");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("classify"), "the nearest command is named");
}
