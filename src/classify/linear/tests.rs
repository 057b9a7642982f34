//! The linear model as a whole: it learns, forgets nothing on disk, and gives the same every time.

use super::*;
use crate::{
    data::{Row, Source},
    segment::Segmenter,
};

const ROWS: [(&str, &str, &str, &str); 12] = [
    ("快递五天没动静，一直停在中转站", "delivery.late", "medium", "anxiety"),
    ("说好次日达，等了一个礼拜还没到", "delivery.late", "medium", "anger"),
    ("物流信息三天不更新，到底什么时候送到", "delivery.late", "medium", "anxiety"),
    ("退款申请半个月了钱还没退回来", "aftersales.refund", "medium", "anger"),
    ("商家拒绝退款，说过了七天不给退", "aftersales.refund", "medium", "anger"),
    ("退货早就签收了，退款一分没见到", "aftersales.refund", "medium", "disappointment"),
    ("菜里吃出一截钢丝，孩子嘴都划破了", "product.safety", "high", "anger"),
    ("充电器冒烟起火，差点把房子烧了", "product.safety", "high", "anger"),
    ("牛奶喝完全家拉肚子进了医院", "product.safety", "high", "anxiety"),
    ("客服态度很好，问题一下就解决了，谢谢", "other.praise", "low", "content"),
    ("东西不错，发货也快，五星好评", "other.praise", "low", "content"),
    ("师傅上门很准时，非常满意", "other.praise", "low", "content"),
];

fn read(text: &str) -> Reading {
    Segmenter::new().read(text).unwrap()
}

fn corpus() -> (Vec<Reading>, Vec<Targets>, Taxonomy) {
    let taxonomy = Taxonomy::retail();
    let targets = ROWS.map(|(text, category, priority, emotion)| {
        let row = Row {
            text: text.into(),
            category: Some(category.into()),
            priority: Some(priority.into()),
            emotion: Some(emotion.into()),
            intensity: Some(2),
            secondary: Some(vec![]),
            flags: Some(if priority == "high" { vec!["safety".into()] } else { vec![] }),
            ..Default::default()
        };
        Targets::of(&row, &taxonomy).unwrap()
    });
    (ROWS.map(|(text, ..)| read(text)).into(), targets.into(), taxonomy)
}

fn small() -> LinearRecipe {
    LinearRecipe { min_rows: 1, strength: 50.0, ..Default::default() }
}

fn logits(model: &LinearModel, readings: &[Reading]) -> Vec<Logits> {
    model.logits(&readings.iter().collect::<Vec<_>>()).unwrap()
}

#[test]
fn a_small_set_is_learnt_by_heart() {
    let (readings, targets, taxonomy) = corpus();
    let model = LinearModel::fit(&readings, &targets, &taxonomy, &small()).unwrap();
    for (prediction, target) in logits(&model, &readings).iter().map(|z| z.to_probabilities()).zip(&targets) {
        for head in [Head::Category, Head::Priority, Head::Emotion] {
            assert_eq!(prediction.best(head).map(|b| b.0), target.label(head), "{}", head.name());
        }
        let safety = taxonomy.flag_index("safety").unwrap();
        let urgent = target.label(Head::Priority) == Some(0);
        assert_eq!(prediction[Head::Flags][safety] > 0.5, urgent);
        let praised = target.label(Head::Emotion) == taxonomy.emotion_index("content");
        assert_eq!(prediction[Head::Sentiment][0] > 0.0, praised);
    }
    let new = model.answer(&read("等了一周，物流还是没动静"), &mut Scratch::default(), &mut Vec::new());
    assert_eq!(new.best(Head::Category).map(|b| b.0), taxonomy.category_index("delivery.late"));
}

#[test]
fn a_head_without_labels_is_left_out() {
    let (readings, targets, taxonomy) = corpus();
    let model = LinearModel::fit(&readings, &targets, &taxonomy, &small()).unwrap();
    assert!(model.heads().iter().all(|(head, _)| *head != Head::Department));
    assert!(logits(&model, &readings)[0][Head::Department].is_empty());
    assert_eq!(logits(&model, &readings)[0][Head::Category].len(), taxonomy.categories.len());
}

#[test]
fn the_same_seed_gives_the_same_file_and_the_file_the_same_logits() {
    let (readings, targets, taxonomy) = corpus();
    let folder = tempfile::tempdir().unwrap();
    let [first, second] = ["a", "b"].map(|name| folder.path().join(name));
    let model = LinearModel::fit(&readings, &targets, &taxonomy, &small()).unwrap();
    model.save(&first).unwrap();
    let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    one_thread.install(|| LinearModel::fit(&readings, &targets, &taxonomy, &small())).unwrap().save(&second).unwrap();
    assert_eq!(std::fs::read(&first).unwrap(), std::fs::read(&second).unwrap());
    let opened = LinearModel::open(&first).unwrap();
    assert_eq!(opened, model);
    assert_eq!(logits(&opened, &readings), logits(&model, &readings));
}

#[test]
fn alone_and_among_others_a_complaint_gets_the_same_logits() {
    let (readings, targets, taxonomy) = corpus();
    let model = LinearModel::fit(&readings, &targets, &taxonomy, &small()).unwrap();
    let many: Vec<&Reading> = readings.iter().cycle().take(500).collect();
    for (reading, together) in many.iter().zip(model.logits(&many).unwrap()).take(40) {
        assert_eq!(model.logits(&[reading]).unwrap()[0], together);
    }
}

#[test]
fn fewer_features_are_kept_when_the_recipe_says_so() {
    let (readings, targets, taxonomy) = corpus();
    let recipe = LinearRecipe { keep_features: 150, ..small() };
    let model = LinearModel::fit(&readings, &targets, &taxonomy, &recipe).unwrap();
    assert_eq!(model.features(), 150);
    let right = logits(&model, &readings)
        .iter()
        .zip(&targets)
        .filter(|(z, t)| z.best(Head::Category).map(|b| b.0) == t.label(Head::Category))
        .count();
    assert!(right >= 11, "{right} of 12");
}

#[test]
fn rows_of_weight_zero_teach_nothing() {
    let (readings, targets, taxonomy) = corpus();
    let weights: Vec<f32> = ROWS.iter().map(|row| f32::from(u8::from(row.1 != "other.praise"))).collect();
    let (model, fits) = LinearModel::fit_weighted(&readings, &targets, &weights, &taxonomy, &small()).unwrap();
    let praise = taxonomy.category_index("other.praise");
    assert!(logits(&model, &readings).iter().all(|z| z.best(Head::Category).map(|b| b.0) != praise));
    assert!(fits.iter().all(|fit| fit.gap < 2e-3 && fit.rows == 9), "{fits:?}");
}

#[test]
fn a_text_of_unknown_features_gets_the_bias() {
    let (readings, targets, taxonomy) = corpus();
    let model = LinearModel::fit(&readings, &targets, &taxonomy, &small()).unwrap();
    let strange = logits(&model, &[read("Ωμέγα"), read("жалоба")]);
    assert_eq!(strange[0], strange[1]);
    assert!(strange[0][Head::Category].iter().all(|z| z.is_finite()));
}

#[test]
fn nonsense_is_refused_with_a_reason() {
    let (readings, targets, taxonomy) = corpus();
    let told =
        |recipe: LinearRecipe| LinearModel::fit(&readings, &targets, &taxonomy, &recipe).unwrap_err().to_string();
    assert!(told(LinearRecipe { char_grams: 0, word_grams: 0, ..small() }).contains("no features"));
    assert!(told(LinearRecipe { strength: 0.0, ..small() }).contains("strength"));
    assert!(told(LinearRecipe { smoothing: 1.0, ..small() }).contains("smoothing"));
    let none = LinearModel::fit(&readings, &vec![Targets::default(); 12], &taxonomy, &small());
    assert_eq!(none.unwrap_err().code(), "invalid_data");
    let uneven = LinearModel::fit(&readings, &targets[1..], &taxonomy, &small());
    assert_eq!(uneven.unwrap_err().code(), "invalid_data");
}

#[test]
fn a_model_of_another_taxonomy_does_not_fit() {
    let (readings, targets, mut taxonomy) = corpus();
    let model = LinearModel::fit(&readings, &targets, &taxonomy, &small()).unwrap();
    assert_eq!(model.misfit(&taxonomy), None);
    taxonomy.emotions.pop();
    assert_eq!(model.misfit(&taxonomy).unwrap(), "the linear model has 7 labels for emotion, the taxonomy 6");
}

#[test]
fn a_broken_file_is_named_and_never_panics() {
    let (readings, targets, taxonomy) = corpus();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("linear.safetensors");
    LinearModel::fit(&readings, &targets, &taxonomy, &small()).unwrap().save(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let refused = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        LinearModel::open(&path).unwrap_err()
    };
    for length in [0, 7, 8, 100, bytes.len() / 2, bytes.len() - 1] {
        assert_eq!(refused(&bytes[..length]).code(), "invalid_bundle", "cut to {length}");
    }
    let text = |from: &str, to: &str| {
        let place = bytes.windows(from.len()).position(|w| w == from.as_bytes()).unwrap();
        [&bytes[..place], to.as_bytes(), &bytes[place + from.len()..]].concat()
    };
    assert!(refused(&text("layout\\\":1", "layout\\\":9")).to_string().contains("layout 9"));
    assert!(refused(&text("[\\\"priority\\\",3]", "[\\\"priority\\\",4]")).to_string().contains("weights"));
    assert_eq!(LinearModel::open(&folder.path().join("missing")).unwrap_err().code(), "file");
}

/// Far above the commonest label (5 %), with a tenth of the rows that the shipped model has.
#[test]
fn a_part_of_the_shipped_rows_teaches_the_categories_of_unseen_ones() {
    let taxonomy = Taxonomy::retail();
    let segmenter = Segmenter::new();
    let load = |name: &str, take: usize| -> (Vec<Reading>, Vec<Targets>) {
        let path = format!("{}/datasets/retail/{name}.jsonl", env!("CARGO_MANIFEST_DIR"));
        let rows = Source::of(path).load().unwrap();
        let pair = |row: &Row| {
            (segmenter.read(&row.text).unwrap(), {
                let category = Row { category: row.category.clone(), ..Default::default() };
                Targets::of(&category, &taxonomy).unwrap()
            })
        };
        rows.iter().take(take).map(pair).unzip()
    };
    let (readings, targets) = load("train", 1000);
    let recipe = LinearRecipe { char_grams: 2, word_grams: 1, ..Default::default() };
    let model = LinearModel::fit(&readings, &targets, &taxonomy, &recipe).unwrap();
    let (readings, targets) = load("dev", 300);
    let right = logits(&model, &readings)
        .iter()
        .zip(&targets)
        .filter(|(z, t)| z.best(Head::Category).map(|b| b.0) == t.label(Head::Category))
        .count();
    assert!(right >= 120, "{right} of 300");
}

#[test]
fn contributions_of_words_add_up_to_the_logit() {
    let (readings, targets, taxonomy) = corpus();
    let recipe = LinearRecipe { char_grams: 0, word_grams: 1, ..small() };
    let model = LinearModel::fit(&readings, &targets, &taxonomy, &recipe).unwrap();
    let fire = taxonomy.category_index("product.safety").unwrap();
    let reading = read("充电器冒烟起火，客服一直没动静，冒烟了也不管");
    let words = model.contributions(&reading, &[(Head::Category, fire)]).pop().unwrap();
    // With words alone every feature belongs to one word, so nothing is told twice.
    let logits = logits(&model, std::slice::from_ref(&reading)).remove(0);
    let (first, width) = model.heads[0];
    assert_eq!(first, Head::Category);
    let raised: Vec<f32> =
        logits[Head::Category].iter().zip(&model.weights.bias[..width]).map(|(z, bias)| z - bias).collect();
    let probabilities = &logits.to_probabilities()[Head::Category];
    let expected: f32 = raised.iter().zip(probabilities).map(|(z, p)| z * p).sum();
    assert!((words.iter().sum::<f32>() - (raised[fire] - expected)).abs() < 1e-4);
    let of = |part: &str| reading.words().zip(&words).find(|(w, _)| w.contains(part)).expect("the word is there").1;
    assert!(*of("烟") > 0.0 && *of("烟") > *of("动静"), "{words:?}");
}

#[test]
fn characters_count_for_the_words_they_touch() {
    let (readings, targets, taxonomy) = corpus();
    let model = LinearModel::fit(&readings, &targets, &taxonomy, &small()).unwrap();
    let late = taxonomy.category_index("delivery.late").unwrap();
    let reading = read("ＸＸ  快递１２３天没动静");
    let words = model.contributions(&reading, &[(Head::Category, late), (Head::Intensity, 0)]);
    assert_eq!(words.iter().map(Vec::len).collect::<Vec<_>>(), [reading.words.len(); 2]);
    let strongest = (0..words[0].len()).max_by(|&a, &b| words[0][a].total_cmp(&words[0][b])).unwrap();
    assert!(["快递", "没", "动静", "没动静", "天"].contains(&reading.words().nth(strongest).unwrap()), "{words:?}");
}
