//! What happens to texts on their way: typing errors, homophones of an input method, lost punctuation, traditional characters,
//! full width, emoji, speech recognition. Training learns from texts changed so, and evaluation measures what each kind costs.

use serde::{Deserialize, Serialize};
use std::{collections::HashMap, sync::LazyLock};

/// A kind of change that leaves the meaning as it is, but for [`Perturbation::Faces`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Perturbation {
    /// A character lost, doubled or swapped with its neighbour, one in twenty.
    Typos,
    /// A character that sounds alike in the place of another, one in ten where there is one.
    Homophones,
    /// No punctuation at all.
    NoPunctuation,
    /// Traditional characters for the simplified ones that have one counterpart.
    Traditional,
    /// Full-width letters, digits and signs.
    FullWidth,
    /// Emoji of things and signs at the end of sentences.
    Emoji,
    /// Faces that suit a complaint at the end of sentences. Which one is by chance, and a face says how somebody feels: so this shows
    /// what answers make of faces, and is no test of what should stay.
    Faces,
    /// As a call is written down: no punctuation, fillers, homophones.
    Speech,
}

impl Perturbation {
    pub const ALL: [Perturbation; 8] = [
        Perturbation::Typos,
        Perturbation::Homophones,
        Perturbation::NoPunctuation,
        Perturbation::Traditional,
        Perturbation::FullWidth,
        Perturbation::Emoji,
        Perturbation::Faces,
        Perturbation::Speech,
    ];

    /// The name used in recipes and reports.
    pub fn name(self) -> &'static str {
        match self {
            Perturbation::Typos => "typos",
            Perturbation::Homophones => "homophones",
            Perturbation::NoPunctuation => "no-punctuation",
            Perturbation::Traditional => "traditional",
            Perturbation::FullWidth => "full-width",
            Perturbation::Emoji => "emoji",
            Perturbation::Faces => "faces",
            Perturbation::Speech => "speech",
        }
    }

    /// Changes a text; the same seed changes it the same way.
    ///
    /// ```
    /// use fenzhen::data::Perturbation;
    /// assert_eq!(Perturbation::NoPunctuation.apply("太慢了！三天没动静。", 1), "太慢了三天没动静");
    /// assert_eq!(Perturbation::Traditional.apply("快递丢了", 1), "快遞丟了");
    /// ```
    pub fn apply(self, text: &str, seed: u64) -> String {
        let mut dice = Dice::new(seed);
        match self {
            Perturbation::Typos => typos(text, &mut dice),
            Perturbation::Homophones => homophones(text, &mut dice, 0.1),
            Perturbation::NoPunctuation => text.chars().filter(|c| !is_mark(*c)).collect(),
            Perturbation::Traditional => text.chars().map(|c| TRADITIONAL.get(&c).copied().unwrap_or(c)).collect(),
            Perturbation::FullWidth => text.chars().map(wide).collect(),
            Perturbation::Emoji => decorated(text, &THINGS, &mut dice),
            Perturbation::Faces => decorated(text, &FACES, &mut dice),
            Perturbation::Speech => speech(text, &mut dice),
        }
    }
}

/// A small generator (xorshift64*, Marsaglia 2003): fast, seeded, the same everywhere.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        // Nearby seeds must not begin alike.
        let mixed = (seed ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        Dice((mixed ^ (mixed >> 31)) | 1)
    }

    /// A number in [0, 1).
    pub fn share(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// One of several.
    pub fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[((self.share() * of.len() as f64) as usize).min(of.len() - 1)]
    }
}

/// Characters that an input method offers for each other.
const ALIKE: &str = "在再载 的得地 做作坐 以已一 他她它 那哪拿 吗嘛骂 话化画 货获或 退腿 款宽 发法罚 坏怀 修休 质制治 量亮辆 商伤上 家加佳 快块 递第弟 \
时是事 价架假 钱前 买卖 单但担 定订 客刻课 服付负 差查插 诉述 没每美 号好 处除 理里离 问文闻 电店点 机及级 司思 保包报 收手受 品拼 换还 \
件见建 爆抱 装状 送松 到道倒 员圆元 太态 度肚 慢满 错措 找照 投头 不步部 水睡 味位 臭愁 骗片 气起期 说所 有又右 了乐 很狠 用永 开看 \
车彻 房方放 餐参 菜才 洗喜 衣医 鞋些 码吗 色瑟 样洋 图途 实食 物误务 流留 站占 催崔 急级 拖脱 推腿 钟中终 天添 今金 明名 后候 厚后 \
交叫 系细 统通 登等 录路 密秘 户护 忘望 验严 证正 券劝 优有 惠会 涨张 降将 贵归 便变 宜一 划画 痕很 裂列 断段 漏楼 烫汤 伤商 痛通 \
虫从 毛冒 发头 霉没 馊艘 酸算 苦哭 淡蛋 硬应 烂蓝 黑嘿 脏赃 吵炒 闹脑 脸连 经精 师是 司丝 骑奇 手首 业夜 主住 顾故 解接 决绝 答达 复付";

const FROM: &str = "这个们来说时会对发没还过后样么开动点进关机产电质问题买东实网络货单订价钱贵卖赔误损坏丢递车门饭馆厅员务态气烂脏乱碍烦恼骗伪满坚决换费账号码验证优购压轻伤热烫凉长宽颜顺丰风险严转达联系维护见观现览认识听诉讼权";
const TO: &str = "這個們來說時會對發沒還過後樣麼開動點進關機產電質問題買東實網絡貨單訂價錢貴賣賠誤損壞丟遞車門飯館廳員務態氣爛髒亂礙煩惱騙偽滿堅決換費賬號碼驗證優購壓輕傷熱燙涼長寬顏順豐風險嚴轉達聯繫維護見觀現覽認識聽訴訟權";

static HOMOPHONES: LazyLock<HashMap<char, Vec<char>>> = LazyLock::new(|| {
    let mut map: HashMap<char, Vec<char>> = HashMap::new();
    for group in ALIKE.split_whitespace() {
        for c in group.chars() {
            map.entry(c).or_default().extend(group.chars().filter(|other| *other != c));
        }
    }
    map
});
static TRADITIONAL: LazyLock<HashMap<char, char>> = LazyLock::new(|| FROM.chars().zip(TO.chars()).collect());

fn is_mark(c: char) -> bool {
    c.is_ascii_punctuation() || "，。！？；：、（）《》“”‘’…—～·【】".contains(c)
}

fn wide(c: char) -> char {
    match c {
        ' ' => '\u{3000}',
        '!'..='~' => char::from_u32(c as u32 + 0xfee0).unwrap_or(c),
        _ => c,
    }
}

fn typos(text: &str, dice: &mut Dice) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let edits = (chars.len() / 20).max(1);
    for _ in 0..edits {
        if chars.len() < 4 {
            break;
        }
        let at = ((dice.share() * (chars.len() - 1) as f64) as usize).min(chars.len() - 2);
        match (dice.share() * 3.0) as u8 {
            0 => {
                chars.remove(at);
            }
            1 => chars.insert(at, chars[at]),
            _ => chars.swap(at, at + 1),
        }
    }
    chars.into_iter().collect()
}

fn homophones(text: &str, dice: &mut Dice, rate: f64) -> String {
    let sounds = |c: char, dice: &mut Dice| match HOMOPHONES.get(&c) {
        Some(others) if dice.share() < rate => *dice.one(others),
        _ => c,
    };
    text.chars().map(|c| sounds(c, dice)).collect()
}

const THINGS: [&str; 8] = ["📦", "🚚", "📱", "🧾", "📞", "🏪", "👉", "🔧"];
const FACES: [&str; 8] = ["😡", "😤", "🙄", "😭", "😅", "👎", "🤬", "😑"];

fn decorated(text: &str, emoji: &[&str], dice: &mut Dice) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        out.push(c);
        if "。！？".contains(c) && dice.share() < 0.5 {
            out.push_str(dice.one::<&str>(emoji));
        }
    }
    out + dice.one::<&str>(emoji)
}

fn speech(text: &str, dice: &mut Dice) -> String {
    const FILLERS: [&str; 6] = ["嗯", "那个", "就是", "然后", "呃", "就是说"];
    let mut out = String::new();
    for c in homophones(text, dice, 0.04).chars() {
        if !is_mark(c) {
            out.push(c);
        } else if dice.share() < 0.25 {
            out.push_str(dice.one::<&str>(&FILLERS));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = "在你们店买的热水器，用了三天就漏水！打客服电话没人接，我要退款，订单号12345。";

    #[test]
    fn every_kind_changes_the_text_and_keeps_most_of_it() {
        for kind in Perturbation::ALL {
            let changed = kind.apply(TEXT, 5);
            assert_ne!(changed, TEXT, "{}", kind.name());
            let kept = changed.chars().filter(|c| TEXT.contains(*c)).count();
            let least = if matches!(kind, Perturbation::Traditional | Perturbation::FullWidth) { 20 } else { 30 };
            assert!(kept >= least, "{}: {changed}", kind.name());
        }
        assert!(Perturbation::FullWidth.apply(TEXT, 0).contains("１２３４５"));
    }

    #[test]
    fn faces_say_how_somebody_feels_and_things_do_not() {
        let said = |kind: Perturbation| -> Vec<String> {
            let reading = crate::segment::Segmenter::new().read(&kind.apply("三天没动静。没人管", 3)).unwrap();
            reading.words().map(str::to_owned).collect()
        };
        let faces = said(Perturbation::Faces);
        let feelings = ["愤怒", "大哭", "无语", "尴尬", "差评", "咒骂"];
        assert!(faces.iter().any(|word| feelings.contains(&word.as_str())), "{faces:?}");
        let things = said(Perturbation::Emoji);
        assert!(!things.iter().any(|word| feelings.contains(&word.as_str())), "{things:?}");
    }

    #[test]
    fn the_tables_are_well_formed() {
        assert_eq!(FROM.chars().count(), TO.chars().count());
        assert!(ALIKE.split_whitespace().all(|group| group.chars().count() >= 2));
    }

    proptest! {
        #[test]
        fn the_same_seed_changes_any_text_the_same_way(text in "\\PC{0,60}", seed in any::<u64>()) {
            for kind in Perturbation::ALL {
                prop_assert_eq!(kind.apply(&text, seed), kind.apply(&text, seed));
            }
        }
    }
}
