//! Sentences with and without personal data, and what must be true of generated ones.

use crate::text::Text;
use proptest::prelude::*;

fn masked(text: &str) -> String {
    Text::new(text).expect("a sentence with words").masked()
}

fn untouched(text: &str) {
    assert_eq!(masked(text), text);
}

#[test]
fn mobile_numbers_are_masked_however_they_are_written() {
    for number in [
        "13800138000",
        "138 0013 8000",
        "138-0013-8000",
        "+8613800138000",
        "+86 138 0013 8000",
        "(+86)13800138000",
        "8613800138000",
        "0086-13800138000",
        "１３８００１３８０００",
        "138\u{200B}0013\u{200B}8000",
        "13800138000-1234",
        "1 3 8 0 0 1 3 8 0 0 0",
    ] {
        assert_eq!(masked(&format!("我的电话是{number}，请回电")), "我的电话是[PHONE]，请回电", "{number}");
        assert_eq!(masked(&format!("快递员打我{number}没打通")), "快递员打我[PHONE]没打通", "{number}");
    }
}

#[test]
fn two_numbers_in_a_row_are_both_masked() {
    assert_eq!(masked("打13800138000和13900139000都行"), "打[PHONE]和[PHONE]都行");
    assert_eq!(masked("电话13800138000,13900139000"), "电话[PHONE],[PHONE]");
    assert_eq!(masked("13800138000 13900139000 打哪个都可以"), "[PHONE] [PHONE] 打哪个都可以");
    assert_eq!(masked("13800138000/13900139000 两个号"), "[PHONE]/[PHONE] 两个号");
}

#[test]
fn spoken_numbers_are_masked() {
    assert_eq!(masked("电话是幺三八零零一三八零零零你记一下"), "电话是[PHONE]你记一下");
    assert_eq!(masked("幺三八 零零一三 八零零零"), "[PHONE]");
    untouched("一三五七九号桌，二三四五六都没来，一二三四五六七八九");
}

#[test]
fn land_lines_are_masked_and_company_hotlines_stay() {
    assert_eq!(masked("家里座机010-88886666没人打过"), "家里座机[PHONE]没人打过");
    assert_eq!(masked("请拨 0755 2654 1234 找我"), "请拨 [PHONE] 找我");
    assert_eq!(masked("办公室(0571)8765432转分机"), "办公室[PHONE]转分机");
    assert_eq!(masked("联系电话：02188886666-801"), "联系电话：[PHONE]");
    assert_eq!(masked("家里电话:62345678"), "家里电话:[PHONE]");
    untouched("打400-820-8820永远占线，4008208820也一样");
    untouched("打12315和12345都投诉过，95588也打了");
    untouched("客服电话800-810-8888打不通");
}

#[test]
fn numbers_of_orders_and_parcels_stay() {
    untouched("订单号13800138000一直不发货");
    untouched("订单编号：15912345678，求退款");
    untouched("快递单号 138 0013 8000 五天没动");
    untouched("订单号是13800138000、13900139000和13700137000，三个都没到");
    untouched("运单SF1380013800012，圆通YT13800138000123也没动");
    untouched("JD13800138000到哪了");
    untouched("单号DD-13800138000");
    untouched("订单号Q03002000000，订单编号TEL-13800138000");
    untouched("订单2024110213800138000还没发");
    untouched("我的订单6222021234567890128没收到");
    untouched("发票号码：110105194912310021 抬头写错");
    untouched("序列号SN:13912345678");
    untouched("流水号4200001234202411021234567890查一下");
    untouched("运单号：773-13800138000");
}

#[test]
fn an_order_number_does_not_hide_the_telephone_number_after_it() {
    assert_eq!(masked("订单号13912345678，电话13800138000"), "订单号13912345678，电话[PHONE]");
    assert_eq!(masked("订单号4200123456，我手机13800138000"), "订单号4200123456，我手机[PHONE]");
}

#[test]
fn amounts_and_dates_stay() {
    untouched("花了13800元，退了1380.50，还差12419.50");
    untouched("一共13800138000元，￥13900139000");
    untouched("2024-11-02 18:30下单，11月5号到现在2024年11月28日");
    untouched("20241102下单，13:00到19:00没人在，1500-3000 200块");
    untouched("型号13800138000.5版");
    untouched("比例0.13800138000");
}

#[test]
fn e_mail_addresses_are_masked() {
    assert_eq!(masked("发到zhang.san_88@example.com.cn，谢谢"), "发到[EMAIL]，谢谢");
    assert_eq!(masked("邮箱13800138000@qq.com。"), "邮箱[EMAIL]。");
    assert_eq!(masked("邮箱：ａｂｃ＠ｑｑ．ｃｏｍ"), "邮箱：[EMAIL]");
    untouched("@小助手 快来看看，a@b也不回");
}

#[test]
fn identity_numbers_need_their_check_digit() {
    assert_eq!(masked("身份证11010519491231002X实名不了"), "身份证[ID]实名不了");
    assert_eq!(masked("身份证号11010519491231002x"), "身份证号[ID]");
    assert_eq!(masked("本人110105 19491231 002X"), "本人[ID]");
    untouched("编码110105194912310021不对");
    untouched("一串110105194912310021看不懂");
    assert_eq!(masked("身份证号110105194912310021实名不了"), "身份证号[ID]实名不了");
    assert_eq!(masked("身份证号：110105491231002"), "身份证号：[ID]");
    untouched("查到110105491231002这个数");
    assert_eq!(masked("护照号E12345678登不进"), "护照号[ID]登不进");
}

#[test]
fn bank_cards_need_luhn_and_an_issuer() {
    assert_eq!(masked("钱退到6222021234567890128"), "钱退到[CARD]");
    assert_eq!(masked("卡号6222 0212 3456 7890 128，尽快"), "卡号[CARD]，尽快");
    assert_eq!(masked("卡 4111-1111-1111-1111 被盗刷"), "卡 [CARD] 被盗刷");
    untouched("退到6222021234567890127");
    untouched("淘宝那个1234567812345670号");
}

#[test]
fn plates_are_masked() {
    assert_eq!(masked("车牌京A12345的司机骂人"), "车牌[PLATE]的司机骂人");
    assert_eq!(masked("粤B·D12345把我车蹭了"), "[PLATE]把我车蹭了");
    assert_eq!(masked("网约车沪AD12345绕路，沪A12345D也绕"), "网约车[PLATE]绕路，[PLATE]也绕");
    assert_eq!(masked("苏e 88k66没来接"), "[PLATE]没来接");
    untouched("最新A12345型号，川A1234，京A1234567");
}

#[test]
fn addresses_with_a_building_are_masked() {
    assert_eq!(masked("我住在朝阳区建国路88号院3号楼2单元501室，一直没送到"), "我住在[ADDRESS]，一直没送到");
    assert_eq!(
        masked("地址：浙江省杭州市西湖区文三路478号华星时代广场A座1203，快递送错了"),
        "地址：[ADDRESS]，快递送错了"
    );
    assert_eq!(masked("送到阳光花园3栋2单元501了吗"), "送到[ADDRESS]了吗");
    assert_eq!(masked("快递放在12号楼3单元门口"), "快递放在[ADDRESS]门口");
    assert_eq!(masked("寄到人民南路四段12号"), "寄到[ADDRESS]");
    assert_eq!(masked("上海市长宁区延安西路1234弄56号302室"), "[ADDRESS]");
    assert_eq!(masked("地址改成锦华路18号"), "地址改成[ADDRESS]");
    assert_eq!(masked("在翠湖小区5幢1201等了一天"), "在[ADDRESS]等了一天");
}

#[test]
fn what_only_looks_like_an_address_stays() {
    untouched("我不知道12号能不能到");
    untouched("一路8号线转2号线过去的");
    untouched("11月12号下的单，15号才发货");
    untouched("中山路店的服务太差，南京路步行街那家好");
    untouched("3号楼没人管，电梯坏了");
    untouched("味道2号套餐还行");
    untouched("买了1号链接的2号色，3层抽纸");
    untouched("全村12号停水");
}

#[test]
fn announced_accounts_are_masked() {
    assert_eq!(masked("加微信：wx_abc-123联系"), "加微信：[ACCOUNT]联系");
    assert_eq!(masked("QQ号12345678，别打电话"), "QQ号[ACCOUNT]，别打电话");
    assert_eq!(masked("微信13800138000同号"), "微信[PHONE]同号");
    untouched("订单号QQA0000000000没到，运单WX123456789，编号VX12345678");
    assert_eq!(masked("加vx12345678聊"), "加vx[ACCOUNT]聊");
    untouched("微信支付扣了两次，QQ音乐会员也没到账");
}

#[test]
fn placeholders_of_others_survive() {
    let text = "我叫张三，电话[PHONE]，邮箱[EMAIL]，证件[ID]，卡[CARD]，车[PLATE]，住[ADDRESS]";
    let read = Text::new(text).unwrap();
    assert_eq!(read.masked(), text);
    assert!(read.masks().is_empty());
    assert!(read.as_str().contains("电话[PHONE],邮箱[EMAIL],"));
}

/// A mobile number.
fn mobile() -> impl Strategy<Value = String> {
    "1[3-9][0-9]{9}"
}

/// A valid identity number.
fn identity() -> impl Strategy<Value = String> {
    ("(11|31|44|51)[0-9]{4}", 1930u32..2020, 1u32..=12, 1u32..=28, "[0-9]{3}").prop_map(
        |(region, y, m, d, sequence)| {
            let body = format!("{region}{y}{m:02}{d:02}{sequence}");
            let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
            let sum: u32 = body.bytes().zip(weights).map(|(d, w)| u32::from(d - b'0') * w).sum();
            format!("{body}{}", char::from(b"10X98765432"[sum as usize % 11]))
        },
    )
}

/// A valid UnionPay card of 16 to 19 digits.
fn card() -> impl Strategy<Value = String> {
    "62[0-9]{13,16}".prop_map(|body| {
        let sum: u32 = body
            .bytes()
            .rev()
            .enumerate()
            .map(|(i, d)| {
                let doubled = u32::from(d - b'0') * if i % 2 == 0 { 2 } else { 1 };
                doubled / 10 + doubled % 10
            })
            .sum();
        format!("{body}{}", (10 - sum % 10) % 10)
    })
}

/// What people write before and after a number of their own.
fn lead() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "",
        "我的电话",
        "请打",
        "联系方式：",
        "退款退到，",
        "客服一直不回我\n",
        "卡号是",
        "实名用的",
        "😡",
        "收货人张三 ",
    ])
}

fn tail() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["", "，谢谢", "没人打", " 尽快处理", "。", "😡", "\n退款", "（同号）", "VX同号"])
}

proptest! {
    #[test]
    fn no_generated_number_survives(lead in lead(), tail in tail(), number in prop_oneof![mobile(), identity(), card()]) {
        let read = Text::new(&format!("{lead}{number}{tail}")).unwrap();
        prop_assert!(!read.masked().contains(&number), "{}", read.masked());
        prop_assert!(!read.as_str().contains(&number), "{}", read.as_str());
        prop_assert_eq!(read.masks().len(), 1);
        prop_assert_eq!(&read.original()[read.masks()[0].range.clone()], number.as_str());
    }

    #[test]
    fn nothing_inside_an_order_number_is_masked(
        word in prop::sample::select(vec!["订单号", "单号:", "快递单号 ", "订单编号是", "运单：", "流水号", "发票号码"]),
        number in "[A-Z]{0,3}[0-9]{10,24}",
    ) {
        let text = format!("{word}{number}，一直没到");
        prop_assert_eq!(masked(&text), text);
    }

    #[test]
    fn nothing_inside_a_longer_number_is_masked(before in "[0-9]{9,12}", number in mobile()) {
        // 20 digits and more: longer than any number that a person has.
        let text = format!("扫出来{before}{number}是什么");
        prop_assert_eq!(masked(&text), text);
    }

    #[test]
    fn tracking_numbers_stay(prefix in prop::sample::select(vec!["SF", "JD", "YT", "ZTO", "JDV", "EMS", "DPK"]), number in mobile()) {
        let text = format!("{prefix}{number}三天没动");
        prop_assert_eq!(masked(&text), text);
    }
}
