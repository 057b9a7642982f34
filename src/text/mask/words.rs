//! The words in front of a number, which say what the number is.

/// What the text announces right before a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Announced {
    Nothing,
    /// A number of an order, a parcel, an invoice, a batch: never personal data.
    Business,
    /// A sum of money.
    Money,
    Phone,
    Identity,
    Passport,
    BankCard,
}

/// Words that announce numbers, each with what it announces. The longest that fits wins.
const WORDS: &[(&str, Announced)] = &[
    ("订单", Announced::Business),
    ("单号", Announced::Business),
    ("订单编号", Announced::Business),
    ("编号", Announced::Business),
    ("编码", Announced::Business),
    ("运单", Announced::Business),
    ("运单号码", Announced::Business),
    ("快递号", Announced::Business),
    ("物流号", Announced::Business),
    ("流水", Announced::Business),
    ("流水号", Announced::Business),
    ("流水号码", Announced::Business),
    ("交易号", Announced::Business),
    ("凭证号", Announced::Business),
    ("商户号", Announced::Business),
    ("序列号", Announced::Business),
    ("批号", Announced::Business),
    ("批次", Announced::Business),
    ("批次号", Announced::Business),
    ("条码", Announced::Business),
    ("条形码", Announced::Business),
    ("防伪码", Announced::Business),
    ("验证码", Announced::Business),
    ("取件码", Announced::Business),
    ("兑换码", Announced::Business),
    ("追溯码", Announced::Business),
    ("代码", Announced::Business),
    ("税号", Announced::Business),
    ("发票号", Announced::Business),
    ("发票号码", Announced::Business),
    ("票号", Announced::Business),
    ("保单号", Announced::Business),
    ("合同号", Announced::Business),
    ("退款号", Announced::Business),
    ("货号", Announced::Business),
    ("款号", Announced::Business),
    ("型号", Announced::Business),
    ("店铺号", Announced::Business),
    ("设备号", Announced::Business),
    ("会员号", Announced::Business),
    ("案件号", Announced::Business),
    ("投诉号", Announced::Business),
    ("受理号", Announced::Business),
    ("工号", Announced::Business),
    ("串号", Announced::Business),
    ("序号", Announced::Business),
    ("no", Announced::Business),
    ("no.", Announced::Business),
    ("sn", Announced::Business),
    ("s/n", Announced::Business),
    ("imei", Announced::Business),
    ("id", Announced::Business),
    ("￥", Announced::Money),
    ("¥", Announced::Money),
    ("$", Announced::Money),
    ("rmb", Announced::Money),
    ("人民币", Announced::Money),
    ("金额", Announced::Money),
    ("电话", Announced::Phone),
    ("电话号", Announced::Phone),
    ("电话号码", Announced::Phone),
    ("手机", Announced::Phone),
    ("手机号", Announced::Phone),
    ("手机号码", Announced::Phone),
    ("座机", Announced::Phone),
    ("座机号", Announced::Phone),
    ("固话", Announced::Phone),
    ("固定电话", Announced::Phone),
    ("联系方式", Announced::Phone),
    ("联系我", Announced::Phone),
    ("致电", Announced::Phone),
    ("来电", Announced::Phone),
    ("拨打", Announced::Phone),
    ("回电", Announced::Phone),
    ("tel", Announced::Phone),
    ("phone", Announced::Phone),
    ("mobile", Announced::Phone),
    ("身份证", Announced::Identity),
    ("身份证号", Announced::Identity),
    ("身份证号码", Announced::Identity),
    ("证件号", Announced::Identity),
    ("证件号码", Announced::Identity),
    ("护照", Announced::Passport),
    ("护照号", Announced::Passport),
    ("护照号码", Announced::Passport),
    ("通行证", Announced::Passport),
    ("通行证号", Announced::Passport),
    ("通行证号码", Announced::Passport),
    ("卡号", Announced::BankCard),
    ("银行卡", Announced::BankCard),
    ("储蓄卡", Announced::BankCard),
    ("信用卡", Announced::BankCard),
    ("银行账号", Announced::BankCard),
    ("银行账户", Announced::BankCard),
];

/// The most characters that are looked at before a number.
const WINDOW: usize = 12;

/// What stands between an announcing word and its number: 订单号是：… , 电话(微信同号)….
fn is_filler(c: char) -> bool {
    matches!(c, ' ' | ':' | '#' | '"' | '\'' | '“' | '(' | '【' | '[' | '=' | '是' | '为' | '叫' | '填' | '的')
}

/// What the words at the end of `before` announce.
pub fn announced(before: &str) -> Announced {
    let tail_start = before.char_indices().rev().take(WINDOW).last().map_or(before.len(), |(at, _)| at);
    let tail = before[tail_start..].trim_end_matches(is_filler).to_ascii_lowercase();
    let fits = |word: &str| {
        tail.strip_suffix(word).is_some_and(|rest| {
            // "no" is a word of its own, not the end of another.
            !word.starts_with(|c: char| c.is_ascii_alphabetic()) || !rest.ends_with(|c: char| c.is_ascii_alphanumeric())
        })
    };
    WORDS
        .iter()
        .filter(|(word, _)| fits(word))
        .max_by_key(|(word, _)| word.len())
        .map_or(Announced::Nothing, |&(_, what)| what)
}

/// Whether `between`, the text between two numbers, only lists them: 订单号A、B和C.
pub fn only_lists(between: &str) -> bool {
    matches!(between.trim(), "、" | "和" | "与" | "及" | "/" | "以及" | "," | "跟")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_in_front_decides() {
        assert_eq!(announced("我的订单号是:"), Announced::Business);
        assert_eq!(announced("快递单号 "), Announced::Business);
        assert_eq!(announced("请打我手机"), Announced::Phone);
        assert_eq!(announced("身份证号码为"), Announced::Identity);
        assert_eq!(announced("一共付了¥"), Announced::Money);
        assert_eq!(announced("SN:"), Announced::Business);
        assert_eq!(announced("订单一直没发,"), Announced::Nothing);
    }
}
