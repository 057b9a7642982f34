use super::*;
use crate::{
    Complaint, Decision, Pipeline,
    bundle::{Manifest, file},
    classify::Which,
    decision::{Action, Band},
};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use std::{path::Path, sync::LazyLock};

static PIPELINE: LazyLock<Pipeline> = LazyLock::new(|| Pipeline::open("models/retail".as_ref(), None).unwrap());

fn decide(text: &str) -> Decision {
    PIPELINE.decide(&Complaint::of(text)).unwrap()
}

/// None of these stands in the files that the bundle learnt from.
const FOREIGN: [&str; 9] = [
    "国足世预赛名单公布：三名新人首次入选，主帅称将以练兵为主",
    "央行宣布下调存款准备金率零点五个百分点，释放长期资金约一万亿元",
    "开业钜惠！全场家具五折起，前一百名进店送电饭煲，地址建材城三楼",
    "Could you please tell me the exchange rate for euros today?",
    "The quick brown fox jumps over the lazy dog near the river bank",
    "来週の金曜日に京都で学会があるので、新幹線の切符を予約しました",
    "import os; print([f for f in os.listdir('.') if f.endswith('.rs')])",
    "匚彳丨囗夂鬯麴龠黹黽齑 qzxj 8847 wlkm",
    "秋天来了，一群大雁往南飞，一会儿排成个人字，一会儿排成个一字",
];

const COMPLAINTS: [&str; 10] = [
    "快递三天没动静，客服一直不接电话，第三次投诉了",
    "新买的洗衣机用了两次就不转了，打售后电话说要等一周才能上门",
    "收到的裙子和图片颜色完全不一样，面料也差，要求退货退款",
    "外卖里吃出一只苍蝇，恶心死了，你们必须给个说法",
    "付款成功了订单却显示未支付，钱已经从银行卡里扣了两次",
    "说好七天无理由退货，现在又说拆封了不给退，太欺负人了",
    "客服态度特别差，问两句就不耐烦，还直接挂我电话",
    "买的两箱牛奶只收到一箱，物流却显示已经签收",
    "刚下单第二天就降价三百块，申请价保被拒绝",
    "充电宝充着电突然冒烟，差点着火，太危险了",
];

#[test]
fn what_is_no_complaint_goes_to_a_person_with_the_reason() {
    for text in FOREIGN {
        let decision = decide(text);
        let score = decision.out_of_scope.unwrap();
        assert!(score > 0.98, "{score} for {text}");
        assert_eq!(decision.decision.action, Action::Review, "{text}");
        assert!(decision.decision.reason.contains("不像"), "{}", decision.decision.reason);
        assert_eq!(decision.department.unwrap().band, Band::Review, "{text}");
    }
}

#[test]
fn ordinary_complaints_are_left_alone() {
    for text in COMPLAINTS {
        let decision = decide(text);
        let score = decision.out_of_scope.unwrap();
        assert!(score <= 0.98, "{score} for {text}");
        assert!(!decision.decision.reason.contains("不像"), "{text}: {}", decision.decision.reason);
    }
}

/// None of these stands in the files that the bundle learnt from.
const SAFETY: [&str; 8] = [
    "手机充电的时候发烫冒烟，差点把床单烧着",
    "电饭煲用到一半炸了，锅盖飞出来砸到孩子的头",
    "孩子吃了你家的奶粉上吐下泻，现在在医院挂水",
    "热水器漏电，我洗澡的时候被电了一下，手都麻了",
    "燃气灶半夜漏气，家里老人差点中毒",
    "刹车突然失灵，差点撞上前面的大货车",
    "玩具上的小磁铁掉下来被孩子吞了，刚做完手术",
    "蓝牙耳机在耳朵里爆了一声，现在右耳听不清",
];

#[test]
fn a_complaint_about_safety_is_left_alone_and_a_foreign_one_would_keep_its_priority() {
    let mut strict = Pipeline::open("models/retail".as_ref(), None).unwrap();
    // Under this policy every text is foreign.
    let text = std::fs::read_to_string("src/policy/retail.toml").unwrap();
    let text = text.replace("\n[decide]\n", "\n[decide]\nout_of_scope = 0.0\n");
    strict.policy = crate::policy::Policy::parse(&text, Path::new("strict.toml"), &strict.taxonomy).unwrap();
    let mut urgent = 0;
    for text in SAFETY {
        let usual = decide(text);
        assert!(usual.out_of_scope.unwrap() <= 0.98, "{} for {text}", usual.out_of_scope.unwrap());
        let refused = strict.decide(&Complaint::of(text)).unwrap();
        assert_eq!(refused.decision.action, Action::Review);
        assert_eq!(refused.priority, usual.priority, "{text}");
        assert_eq!(refused.category.unwrap().label, usual.category.unwrap().label);
        assert_eq!(refused.flags, usual.flags);
        if refused.priority.unwrap().level == "high" {
            urgent += 1;
            assert!(refused.decision.reason.contains("但优先级为「高」"), "{}", refused.decision.reason);
        }
    }
    assert!(urgent >= 6, "{urgent} of 8 are urgent");
}

#[test]
fn a_known_complaint_keeps_its_score() {
    // Of the shipped bundle; a new one has another. Kernels may differ in the last digits, and a rank then by a few places.
    let score = decide(COMPLAINTS[0]).out_of_scope.unwrap();
    assert!((score - 0.1655).abs() < 0.03, "{score}");
}

#[test]
fn the_same_text_looks_as_foreign_alone_as_in_company() {
    let complaints: Vec<Complaint> = COMPLAINTS.into_iter().chain(FOREIGN).map(Complaint::of).collect();
    for (complaint, together) in complaints.iter().zip(PIPELINE.decide_all(&complaints).0) {
        assert_eq!(decide(&complaint.text).out_of_scope, together.unwrap().out_of_scope);
    }
}

#[test]
fn the_linear_model_alone_and_a_bundle_that_did_not_learn_it_say_nothing() {
    let linear = Pipeline::open("models/retail".as_ref(), None).unwrap().with_models(Which::Linear).unwrap();
    assert!(!linear.tells_foreign());
    assert_eq!(linear.decide(&Complaint::of(FOREIGN[0])).unwrap().out_of_scope, None);

    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (Path::new("models/retail"), folder.path());
    let manifest = crate::bundle::verify(from).unwrap();
    for name in manifest.files.keys().filter(|name| *name != file::SCOPE) {
        std::fs::copy(from.join(name), to.join(name)).unwrap();
    }
    Manifest::write(to, &manifest.name, &manifest.taxonomy, manifest.reading).unwrap();
    let old = Pipeline::open(to, None).unwrap();
    assert!(!old.tells_foreign());
    let decision = old.decide(&Complaint::of(FOREIGN[0])).unwrap();
    assert_eq!(decision.out_of_scope, None);
    assert!(!decision.decision.reason.contains("不像"), "{}", decision.decision.reason);
    assert!(!serde_json::to_string(&decision).unwrap().contains("out_of_scope"));
}

#[test]
fn a_scope_of_another_transformer_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (Path::new("models/retail"), folder.path());
    let manifest = crate::bundle::verify(from).unwrap();
    for name in manifest.files.keys() {
        std::fs::copy(from.join(name), to.join(name)).unwrap();
    }
    let other = Scope { outside: vec![], weights: vec![1.0; 7], bias: 0.0, complaints: vec![0.0] };
    std::fs::write(to.join(file::SCOPE), serde_json::to_vec(&other).unwrap()).unwrap();
    Manifest::write(to, &manifest.name, &manifest.taxonomy, manifest.reading).unwrap();
    let error = Pipeline::open(to, None).err().expect("another width is refused");
    assert_eq!(error.code(), "invalid_bundle");
    assert!(error.to_string().contains("7 weights"), "{error}");
}

/// Vectors of four numbers around a middle.
fn around(middle: [f32; 4], count: usize, seed: u64) -> Vec<Vec<f32>> {
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| middle.iter().map(|x| x + random.random_range(-1.0..1.0)).collect()).collect()
}

fn foreign(kind: &str, middle: [f32; 4], seed: u64) -> Vec<Foreign> {
    around(middle, 30, seed).into_iter().map(|pooled| Foreign { kind: kind.into(), pooled }).collect()
}

fn two_kinds() -> Vec<Foreign> {
    [foreign("advertisement", [3.0, 2.0, 0.0, 0.0], 3), foreign("headline", [3.0, -2.0, 0.0, 0.0], 4)].concat()
}

#[test]
fn a_score_is_the_share_of_unseen_complaints_that_lean_less() {
    let (learnt, unseen) = (around([0.0; 4], 300, 1), around([0.0; 4], 200, 2));
    let scope = fit(&learnt, &two_kinds(), &unseen, &["other.empty".into()]);
    assert_eq!(scope.fault(Some(4)), None);
    // New complaints: at most about two in a hundred lie above 0.98.
    let new = around([0.0; 4], 2000, 5);
    let above = new.iter().filter(|pooled| scope.score(pooled) > 0.98).count();
    assert!(above < 100, "{above} of 2000");
    // New texts of a third kind that lies where the others lie.
    let third = foreign("English", [3.5, 0.0, 1.0, 0.0], 6);
    let told = third.iter().filter(|text| scope.score(&text.pooled) > 0.98).count();
    assert!(told > 25, "{told} of 30");
}

#[test]
fn the_same_texts_give_the_same_bits_and_survive_json() {
    let (learnt, unseen) = (around([0.0; 4], 100, 1), around([0.0; 4], 50, 2));
    let scope = fit(&learnt, &two_kinds(), &unseen, &[]);
    assert_eq!(scope, fit(&learnt, &two_kinds(), &unseen, &[]));
    let back: Scope = serde_json::from_str(&serde_json::to_string(&scope).unwrap()).unwrap();
    assert_eq!(scope, back);
}

#[test]
fn numbers_that_cannot_be_are_refused() {
    let scope = Scope { outside: vec![], weights: vec![1.0, 2.0], bias: 0.0, complaints: vec![0.0, 1.0] };
    assert_eq!(scope.fault(Some(2)), None);
    assert!(scope.fault(None).unwrap().contains("no transformer"));
    assert!(scope.fault(Some(3)).unwrap().contains("2 weights"));
    let broken = Scope { bias: f32::NAN, ..scope.clone() };
    assert!(broken.fault(Some(2)).unwrap().contains("not finite"));
    let fallen = Scope { complaints: vec![1.0, 0.0], ..scope };
    assert!(fallen.fault(Some(2)).unwrap().contains("do not rise"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn no_text_panics(text in "\\PC{0,80}|[\\u{4e00}-\\u{9fff}，。！a-z0-9 ]{1,60}") {
        if let Ok(decision) = PIPELINE.decide(&Complaint::of(&text)) {
            let score = decision.out_of_scope.unwrap();
            prop_assert!((0.0..1.0).contains(&score), "{}", score);
            prop_assert_eq!(score > 0.98, decision.decision.reason.contains("不像"));
        }
    }
}

proptest! {
    #[test]
    fn a_score_lies_in_its_range_and_rises_with_the_leaning(x in -1e6f32..1e6, y in -1e6f32..1e6) {
        let scope = Scope { outside: vec![], weights: vec![1.0], bias: 0.0, complaints: vec![-5.0, 0.0, 0.0, 3.0] };
        let (a, b) = (scope.score(&[x.min(y)]), scope.score(&[x.max(y)]));
        prop_assert!((0.0..1.0).contains(&a) && a <= b && b < 1.0);
    }
}
