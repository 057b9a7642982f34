//! Where foreign texts come from: the `[scope]` part of a recipe, or a list of its own that only measures.

use crate::{
    Error, Result,
    data::{Row, Source},
    train::SourceRecord,
};
use serde::Deserialize;
use std::path::Path;

/// The foreign texts of some files; the `source` of every row says of what kind it is.
pub struct ForeignTexts {
    /// A part a file, in the order of the list.
    pub parts: Vec<(SourceRecord, Vec<Row>)>,
    /// Optional files that were not there.
    pub absent: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    foreign: Vec<Source>,
}

impl ForeignTexts {
    /// Reads all files. A row without a kind gets the file's path for one, unless the file has a column of kinds: there a kind
    /// that is left empty (`values.source = { angry = "" }`) says that the row is not wanted.
    ///
    /// # Errors
    /// A file that is missing and not optional, and a row that cannot be read.
    pub fn read(sources: &[Source]) -> Result<Self> {
        let mut texts = ForeignTexts { parts: Vec::new(), absent: Vec::new() };
        for source in sources {
            let path = source.path.display().to_string();
            if source.optional && !source.path.exists() {
                texts.absent.push(path);
                continue;
            }
            let named = source.columns.contains_key("source");
            let mut rows = source.load()?;
            rows.retain(|row| row.source.is_some() || !named);
            for row in &mut rows {
                row.source.get_or_insert_with(|| path.clone());
            }
            let record = SourceRecord {
                part: "foreign".into(),
                sha256: source.hash()?,
                labels_sha256: source.labels_hash()?,
                rows: rows.len(),
                skipped: 0,
                path,
            };
            texts.parts.push((record, rows));
        }
        Ok(texts)
    }
}

/// The files that a list names: a TOML file with `foreign = [{ path = … }, …]`, as in the `[scope]` part of a recipe.
///
/// # Errors
/// [`Error::Recipe`] with the line of a fault.
pub fn list(path: &Path) -> Result<Vec<Source>> {
    let text = std::fs::read_to_string(path).map_err(|e| Error::file(path, e))?;
    let fault =
        |e: toml::de::Error| Error::Recipe { path: path.to_owned(), reason: e.to_string().trim_end().to_owned() };
    toml::from_str::<List>(&text).map(|list| list.foreign).map_err(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_come_from_a_column_or_from_the_file_and_an_empty_kind_is_not_wanted() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("posts.csv"), "text,mood\n今天天气真好,happy\n气死我了快递还没到,angry\n到家了,neutral\n")
            .unwrap();
        std::fs::write(at("headlines.csv"), "text\n国足名单公布\n").unwrap();
        let list_of = |more: &str| {
            let toml = format!(
                "foreign = [\n{{ path = {:?}, columns = {{ source = \"mood\" }}, values.source = {{ happy = \"post\", angry = \"\" }} }},\n\
                 {{ path = {:?} }},\n{more}]\n",
                at("posts.csv"),
                at("headlines.csv")
            );
            std::fs::write(at("list.toml"), toml).unwrap();
            list(&at("list.toml"))
        };
        let absent = "{ path = \"/no/such/file.csv\", optional = true },\n";
        let texts = ForeignTexts::read(&list_of(absent).unwrap()).unwrap();
        let found: Vec<_> = texts.parts.iter().flat_map(|(_, rows)| rows).collect();
        let found: Vec<_> = found.iter().map(|row| (row.source.as_deref().unwrap(), row.text.as_str())).collect();
        let file = at("headlines.csv").display().to_string();
        assert_eq!(found, [("post", "今天天气真好"), ("neutral", "到家了"), (file.as_str(), "国足名单公布")]);
        assert_eq!(texts.absent, ["/no/such/file.csv"]);
        assert_eq!(texts.parts[0].0.rows, 2);

        let missing = ForeignTexts::read(&list_of("{ path = \"/no/such/file.csv\" },\n").unwrap()).err().unwrap();
        assert_eq!(missing.code(), "file");
        let wrong = list_of("{ way = \"x\" },\n").unwrap_err();
        assert!(wrong.code() == "invalid_recipe" && wrong.to_string().contains("way"), "{wrong}");
    }
}
