//! Questions that the stages ask a taxonomy: indices by id, names by language, first level from second.

use super::{Label, Language, Taxonomy};

impl Taxonomy {
    /// The place of a leaf among the category head's outputs.
    pub fn category_index(&self, id: &str) -> Option<usize> {
        self.categories.iter().position(|c| c.label.id == id)
    }

    /// The place of a first-level group.
    pub fn group_index(&self, id: &str) -> Option<usize> {
        position(&self.groups, id)
    }

    pub fn department_index(&self, id: &str) -> Option<usize> {
        position(&self.departments, id)
    }

    /// The place of a priority; 0 is the most urgent.
    pub fn priority_index(&self, id: &str) -> Option<usize> {
        self.priorities.iter().position(|p| p.label.id == id)
    }

    pub fn emotion_index(&self, id: &str) -> Option<usize> {
        self.emotions.iter().position(|e| e.label.id == id)
    }

    pub fn flag_index(&self, id: &str) -> Option<usize> {
        position(&self.flags, id)
    }

    /// Display names of a leaf from the top level down: one in a flat taxonomy, else two.
    pub fn category_path(&self, category: usize, language: Language) -> Vec<String> {
        let leaf = &self.categories[category];
        let group = leaf.group.map(|g| &self.groups[g].name);
        group.into_iter().chain([&leaf.label.name]).map(|name| name.get(language).to_owned()).collect()
    }

    /// Probabilities of the groups: each the sum of its leaves'. Leaves without a group count nowhere.
    ///
    /// `leaves` holds one number a category, in the order of [`Taxonomy::categories`].
    pub fn group_probabilities(&self, leaves: &[f32]) -> Vec<f32> {
        let mut sums = vec![0.0; self.groups.len()];
        for (category, probability) in self.categories.iter().zip(leaves) {
            if let Some(group) = category.group {
                sums[group] += probability;
            }
        }
        sums
    }

    /// The sentiment, from -1 to 1, of a row of which only emotion and intensity are known: the emotion's valence,
    /// halved where the feeling is faint and whole at the highest intensity. A feeling of valence 0 gives 0.
    ///
    /// `emotion` is an index into [`Taxonomy::emotions`]; `intensity` goes from 0 to one less than the number of levels.
    pub fn sentiment_of(&self, emotion: usize, intensity: f32) -> f32 {
        let valence = self.emotions[emotion].valence;
        let top = self.intensity_levels.saturating_sub(1) as f32;
        let strength = if top > 0.0 { (intensity / top).clamp(0.0, 1.0) } else { 1.0 };
        (valence * (0.5 + 0.5 * strength)).clamp(-1.0, 1.0)
    }
}

fn position(labels: &[Label], id: &str) -> Option<usize> {
    labels.iter().position(|label| label.id == id)
}
