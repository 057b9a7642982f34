//! Keys that meet, keys that do not, and keys that stay.

use super::*;

const LONG: &str = "上周三在你们网店买的电饭煲，收到以后插电没有任何反应，换了三个插座都一样，要求退货退款并承担运费";

fn meet(a: &str, b: &str) -> bool {
    let (a, b) = (Fingerprint::of(a).unwrap(), Fingerprint::of(b).unwrap());
    a.keys().iter().any(|key| b.keys().contains(key))
}

#[test]
fn nearly_equal_texts_meet_and_others_do_not() {
    for near in [
        "上周三在你们网店买的电饭煲 收到以后插电没有任何反应 换了三个插座都一样 要求退货退款并承担运费！！",
        "上周五在你们网店买的电饭煲，收到以后插电没有任何反应，换了三个插座都一样，要求退货退款并承担运费",
        "你好，上周三在你们网店买的电饭煲，收到以后插电没有任何反应，换了三个插座都一样，要求退货退款，谢谢",
    ] {
        assert!(meet(LONG, near), "{near}");
    }
    for other in [
        "买的纯牛奶打开一股酸臭味，明显变质了，要求全部退款并给出说法",
        "外卖送错了，我点的是牛肉面，送来的是炒饭，骑手电话打不通",
    ] {
        assert!(!meet(LONG, other), "{other}");
    }
}

#[test]
fn short_texts_have_none() {
    for short in ["快点处理", "退款！！！！！！！！！！！！！！！！", "", "哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈"]
    {
        assert_eq!(Fingerprint::of(short), None, "{short}");
    }
}

/// Stored keys are compared with those of later versions. A Python program of ten lines came to the same.
#[test]
fn keys_stay_as_they_are() {
    assert_eq!(Fingerprint::VERSION, 1);
    assert_eq!(
        Fingerprint::of(LONG).unwrap().keys(),
        [
            -2696700919606334034,
            -3611844958907687988,
            -6536260836050496489,
            2878714911127057805,
            -122689585885110678,
            3773275670560531987,
            4601629358020534361,
            -8728770847718791858
        ]
    );
}
