//! Labels that travel without their texts: a row a text, known by the hash of it.

use super::{lines::each_line, row::Row};
use crate::Result;
use sha2::{Digest, Sha256};
use std::{collections::HashMap, path::Path};
use unicode_normalization::UnicodeNormalization;

/// What a text is known by: the first 12 hex digits of the SHA-256 of it, after NFKC and lower-casing, with only ASCII letters,
/// digits and the characters U+4E00 to U+9FFF kept. Spaces, punctuation and width do not change it.
///
/// ```
/// use fenzhen::data::text_id;
/// assert_eq!(text_id("快递，太慢了！ＯＫ"), text_id("快递太慢了 ok"));
/// assert_eq!(text_id("快递太慢了ok").len(), 12);
/// ```
pub fn text_id(text: &str) -> String {
    let kept = |c: &char| c.is_ascii_alphanumeric() || ('\u{4e00}'..='\u{9fff}').contains(c);
    let normal: String = text.nfkc().flat_map(char::to_lowercase).filter(kept).collect();
    let digest = Sha256::digest(normal.as_bytes());
    digest[..6].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The id of a text, where it tells that text from others: of Korean or Russian nothing is kept, and all such texts have one id.
pub fn telling_id(text: &str) -> Option<String> {
    Some(text_id(text)).filter(|id| *id != text_id(""))
}

/// Reads a file of labels, by the ids of their texts.
///
/// # Errors
/// [`crate::Error::Row`] names the line of a row without an id, with a text, or with an id that was there before.
pub(super) fn labels(path: &Path) -> Result<HashMap<String, Row>> {
    let mut labels = HashMap::new();
    each_line(path, |line| {
        let mut row = Row::default();
        for (field, value) in super::jsonl::object(line, encoding_rs::UTF_8)? {
            if field == "text" {
                return Err("labels travel without their texts; this row has one".into());
            }
            row.set(&field, value)?;
        }
        let Some(id) = row.id.clone() else {
            return Err("the field id is missing: the hash of the text that the labels belong to".into());
        };
        match labels.insert(id, row) {
            None => Ok(()),
            Some(_) => Err("this id has labels already".into()),
        }
    })?;
    Ok(labels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Source;

    fn write(folder: &Path, name: &str, text: &str) -> std::path::PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn labels_find_their_texts_whatever_their_punctuation_and_order() {
        let folder = tempfile::tempdir().unwrap();
        let (late, lost) = (text_id("快递太慢了"), text_id("包裹丢了没人管"));
        let labels = format!(
            "{{\"id\":\"{lost}\",\"category\":\"delivery.lost\",\"flags\":[\"repeat\"]}}\n{{\"id\":\"{late}\",\"category\":\"delivery.late\"}}\n"
        );
        let texts = write(
            folder.path(),
            "texts.csv",
            "review,stars\n快递，太慢了！,1\n很好,5\n包裹丢了 没人管,1\n快递太慢了,1\n",
        );
        let source = Source {
            columns: [("text".to_owned(), "review".to_owned())].into(),
            labels: Some(write(folder.path(), "labels.jsonl", &labels)),
            ..Source::of(texts)
        };
        let rows = source.load().unwrap();
        let found: Vec<_> = rows.iter().map(|r| (r.text.as_str(), r.category.as_deref().unwrap())).collect();
        // The fourth text is the first once more: one label, one row.
        assert_eq!(found, [("快递，太慢了！", "delivery.late"), ("包裹丢了 没人管", "delivery.lost")]);
        assert_eq!(rows[1].flags.as_deref().unwrap(), ["repeat"]);
    }

    #[test]
    fn a_text_of_which_nothing_is_kept_has_no_id_that_tells() {
        assert_eq!(telling_id("배송이 늦어요"), None);
        assert_eq!(text_id("배송이 늦어요"), text_id("Где мой заказ?"));
        assert_eq!(telling_id("快递太慢"), Some(text_id("快递太慢")));
    }

    #[test]
    fn faulty_label_files_are_refused_with_the_line() {
        let folder = tempfile::tempdir().unwrap();
        for (text, expected) in [
            ("{\"category\":\"a\"}", "id is missing"),
            ("{\"id\":\"1\",\"text\":\"太慢\"}", "without their texts"),
            ("{\"id\":\"1\"}\n{\"id\":\"1\"}", "labels already"),
        ] {
            let error = labels(&write(folder.path(), "labels.jsonl", text)).unwrap_err();
            assert_eq!(error.code(), "invalid_row", "{error}");
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}
