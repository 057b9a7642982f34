//! What questions and metrics are called by people, in Chinese and English.

use super::Question;
use crate::{
    classify::Head,
    taxonomy::{Language, Name, Taxonomy},
};

impl Question {
    /// The heading of a table or chart.
    pub fn title(self, language: Language) -> &'static str {
        let (zh, en) = match self {
            Question::FirstLevel => ("一级类别", "First level"),
            Question::Category => ("二级类别", "Category"),
            Question::Secondary => ("次要类别", "Further categories"),
            Question::Department => ("部门", "Department"),
            Question::Priority => ("优先级（模型）", "Priority, head alone"),
            Question::JointPriority => ("优先级（综合）", "Priority, joint decision"),
            Question::Emotion => ("情绪", "Emotion"),
            Question::Intensity => ("情绪强度", "Intensity"),
            Question::Flags => ("标记", "Flags"),
            Question::Sentiment => ("情感倾向", "Sentiment"),
        };
        if language == Language::Zh { zh } else { en }
    }

    /// The display names of its labels, in the order of [`Question::labels`].
    pub fn names(self, taxonomy: &Taxonomy) -> Vec<Name> {
        match (self, self.head()) {
            (Question::FirstLevel, _) => taxonomy.groups.iter().map(|group| group.name.clone()).collect(),
            (_, Head::Category | Head::Secondary) => {
                taxonomy.categories.iter().map(|category| category.label.name.clone()).collect()
            }
            (_, Head::Department) => taxonomy.departments.iter().map(|department| department.name.clone()).collect(),
            (_, Head::Priority) => taxonomy.priorities.iter().map(|level| level.label.name.clone()).collect(),
            (_, Head::Emotion) => taxonomy.emotions.iter().map(|emotion| emotion.label.name.clone()).collect(),
            (_, Head::Flags) => taxonomy.flags.iter().map(|flag| flag.name.clone()).collect(),
            (_, Head::Intensity) => (0..taxonomy.intensity_levels)
                .map(|level| Name { zh: level.to_string(), en: level.to_string() })
                .collect(),
            (_, Head::Sentiment) => Vec::new(),
        }
    }
}

/// The Chinese for a metric of [`report::summary`](super::report::summary); what has none keeps its name.
pub(super) fn metric_in_chinese(name: &str) -> &str {
    match name {
        "accuracy" => "正确率",
        "macro F1" => "宏平均 F1",
        "micro F1" => "微平均 F1",
        "weighted F1" => "加权 F1",
        "recall of most urgent" => "最紧急一级的召回率",
        "quadratic kappa" => "二次加权 kappa",
        "mean error" => "平均绝对误差",
        "top 3" => "前三名命中率",
        "ECE" => "校准误差 ECE",
        "ECE by chance" => "校准误差 ECE（概率全对时）",
        "ECE, adaptive" => "校准误差 ECE（等量分箱）",
        "NLL" => "负对数似然 NLL",
        "Brier" => "Brier 分数",
        "AURC" => "风险覆盖曲线下面积 AURC",
        "average precision" => "平均精度",
        "all labels right" => "全部标签都对的比例",
        "sign accuracy" => "正负号正确率",
        "correlation" => "相关系数",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_label_has_a_name_in_its_place() {
        let taxonomy = Taxonomy::retail();
        for question in Question::ALL {
            assert_eq!(question.names(&taxonomy).len(), question.labels(&taxonomy).len(), "{question:?}");
            assert_ne!(question.title(Language::Zh), question.title(Language::En));
        }
        let late = taxonomy.category_index("delivery.late").unwrap();
        assert_eq!(Question::Category.names(&taxonomy)[late].zh, "延迟送达");
    }
}
