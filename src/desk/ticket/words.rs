//! Names of labels, sums and durations as people write them.

use super::{Evidence, Head, Rules, policy::find};
use crate::{
    desk::attachments::Format,
    taxonomy::{Language, Name},
};
use jiff::SignedDuration;

/// One text in both languages.
pub(super) fn both(zh: impl Into<String>, en: impl Into<String>) -> Name {
    Name { zh: zh.into(), en: en.into() }
}

impl Rules<'_> {
    /// What staff call a label of the taxonomy, categories with their place in the tree; an unknown one, from a history under
    /// another taxonomy, keeps its id.
    pub(in crate::desk) fn label(&self, head: Head, id: &str) -> Name {
        let taxonomy = self.taxonomy;
        let named = |labels| find(labels, id).map(|label| label.name.clone());
        let name = match head {
            Head::Category | Head::Secondary => taxonomy.category_index(id).map(|index| {
                let path = |language| taxonomy.category_path(index, language).join(" › ");
                both(path(Language::Zh), path(Language::En))
            }),
            Head::Department => named(&taxonomy.departments),
            Head::Priority => taxonomy.priority_index(id).map(|index| taxonomy.priorities[index].label.name.clone()),
            Head::Emotion => taxonomy.emotion_index(id).map(|index| taxonomy.emotions[index].label.name.clone()),
            Head::Flags => named(&taxonomy.flags),
        };
        name.unwrap_or_else(|| both(id, id))
    }

    /// What staff call a department.
    pub(super) fn department(&self, id: &str) -> Name {
        self.label(Head::Department, id)
    }

    /// What a priority is called.
    pub(super) fn priority(&self, id: &str) -> Name {
        self.label(Head::Priority, id)
    }
}

/// `88.50 元`, `88 yuan`.
pub(super) fn yuan(fen: u64) -> Name {
    let sum = match fen % 100 {
        0 => format!("{}", fen / 100),
        rest => format!("{}.{rest:02}", fen / 100),
    };
    both(format!("{sum} 元"), format!("{sum} yuan"))
}

/// `图片（JPEG，1.2 MB）`, `image (JPEG, 1.2 MB)`: what a file is, never what it is called.
pub(super) fn file(evidence: &Evidence) -> Name {
    let size = match evidence.size {
        bytes @ 0..1_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        bytes => format!("{:.1} MB", bytes as f64 / 1e6),
    };
    match Format::from_media_type(&evidence.media_type) {
        Some(format) => {
            let (kind, format) = (format.kind().name(), format.name());
            both(format!("{}（{format}，{size}）", kind.zh), format!("{} ({format}, {size})", kind.en))
        }
        None => both(format!("文件（{size}）"), format!("file ({size})")),
    }
}

/// `2 天 3 小时`, `2 d 3 h`; the two largest units, nothing below a minute.
pub(super) fn duration(duration: SignedDuration) -> Name {
    let minutes = duration.as_mins().max(0);
    let parts = [(minutes / 1440, "天", "d"), (minutes / 60 % 24, "小时", "h"), (minutes % 60, "分钟", "min")];
    let told: Vec<_> = parts.iter().skip_while(|(count, ..)| *count == 0).take(2).filter(|(n, ..)| *n > 0).collect();
    if told.is_empty() {
        return both("不到 1 分钟", "less than a minute");
    }
    let join = |unit: fn(&(i64, &'static str, &'static str)) -> &'static str| {
        told.iter().map(|part| format!("{} {}", part.0, unit(part))).collect::<Vec<_>>().join(" ")
    };
    both(join(|part| part.1), join(|part| part.2))
}

/// The beginning of a text, up to a number of characters.
pub(super) fn beginning(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::ticket::Visibility;

    #[test]
    fn durations_and_sums() {
        for (minutes, zh, en) in [
            (-5, "不到 1 分钟", "less than a minute"),
            (0, "不到 1 分钟", "less than a minute"),
            (59, "59 分钟", "59 min"),
            (60, "1 小时", "1 h"),
            (61, "1 小时 1 分钟", "1 h 1 min"),
            (1440, "1 天", "1 d"),
            (1500, "1 天 1 小时", "1 d 1 h"),
            // The minutes are below what counts.
            (1441, "1 天", "1 d"),
        ] {
            assert_eq!(duration(SignedDuration::from_mins(minutes)), both(zh, en));
        }
        assert_eq!(yuan(8850), both("88.50 元", "88.50 yuan"));
        assert_eq!(yuan(8800), both("88 元", "88 yuan"));
        let photo = |size| Evidence {
            id: "f1".into(),
            media_type: "image/jpeg".into(),
            size,
            sha256: String::new(),
            visibility: Visibility::Internal,
        };
        assert_eq!(file(&photo(1_234_567)), both("图片（JPEG，1.2 MB）", "image (JPEG, 1.2 MB)"));
        assert_eq!(file(&photo(1)), both("图片（JPEG，1 kB）", "image (JPEG, 1 kB)"));
        assert_eq!(file(&Evidence { media_type: "x".into(), ..photo(1) }), both("文件（1 kB）", "file (1 kB)"));
        assert_eq!(beginning("快递三天没动静", 4), "快递三天…");
        assert_eq!(beginning("快递三天", 4), "快递三天");
    }
}
