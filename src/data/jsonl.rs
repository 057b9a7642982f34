//! One line of JSONL as an object.

use super::{encoding, lines::Line};
use encoding_rs::Encoding;
use serde_json::{Map, Value};

/// Reads the object of a line.
///
/// # Errors
/// What is wrong, with the column; never the content.
pub fn object(line: &Line, encoding: &'static Encoding) -> Result<Map<String, Value>, String> {
    if line.cut {
        return Err("the line is too long".into());
    }
    let text = encoding::decode(encoding, &line.bytes)
        .map_err(|_| format!("there are bytes that are not {}", encoding.name()))?;
    match serde_json::from_str(&text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err("a line must hold one JSON object".into()),
        Err(error) => {
            // serde_json counts lines inside the text it was given; ours is one line of many.
            let told = error.to_string();
            let reason = told.rsplit_once(" at line ").map_or(told.as_str(), |(reason, _)| reason);
            Err(format!("not JSON: {reason} (column {})", error.column()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::UTF_8;

    fn told(bytes: &[u8]) -> String {
        object(&Line { number: 7, bytes: bytes.to_vec(), cut: false }, UTF_8).unwrap_err()
    }

    #[test]
    fn a_broken_line_is_told_without_its_content() {
        for (bytes, reason) in [
            (r#"{"text": "老人打不通电话"#.as_bytes(), "not JSON"),
            (r#"{"text": "老人打不通电话" "id"}"#.as_bytes(), "not JSON"),
            (r#""老人打不通电话""#.as_bytes(), "one JSON object"),
            (r#"{"text": "\ud800"}"#.as_bytes(), "not JSON"),
            (&[b'{', 0xff, b'}'], "not UTF-8"),
            ("[".repeat(10_000).as_bytes(), "not JSON"),
        ] {
            let told = told(bytes);
            assert!(told.contains(reason) && !told.contains("老人") && !told.contains("line 1"), "{told}");
        }
    }
}
