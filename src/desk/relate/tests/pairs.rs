//! What a new complaint is to an earlier one, as a person would say.

use super::*;
use Relation::{Duplicate, FollowUp, Related};

/// `who` says what they have in common: `customer`, `contact`, `order`, `product`; `other`: another customer's id;
/// `order2`, `product2`: another one; `closed9`, `age9`: so many days ago. Else the earlier one is five hours old and open.
#[rustfmt::skip]
const PAIRS: [(&str, &str, &str, Option<Relation>); 86] = [
    // The same customer, the same words or nearly so.
    ("customer", "快递三天没动静，客服一直不接电话", "快递三天没动静，客服一直不接电话", Some(Duplicate)),
    ("customer", "快递三天没动静，客服一直不接电话", "快递三天没动静!!客服一直不接电话。。。", Some(Duplicate)),
    ("contact", "买的牛奶过期了，要求退款", "买的牛奶过期了，要求退款！", Some(Duplicate)),
    ("order", "收到的衣服尺码不对，我要换货", "收到的衣服尺码不对，我要换货", Some(Duplicate)),
    ("customer", "上周三在你们网店买的电饭煲，收到以后插电没有任何反应，换了三个插座都一样，要求退货退款并承担运费", "上周三在你们网店买的电饭煲，收到以后插电没有任何反应，换了三个插座都一样，要求退货退款并承担运费，谢谢", Some(Duplicate)),
    ("customer", "上周三在你们网店买的电饭煲，收到以后插电没有任何反应，换了三个插座都一样，要求退货退款", "在你们网店买的电饭煲，收到以后插电没有任何反应，换了三个插座都一样，要求退货退款并承担运费", Some(Duplicate)),
    ("customer", "外卖送错了，我点的是牛肉面，送来的是炒饭，骑手电话打不通", "外卖送错了，我点的是牛肉面，送来的却是炒饭，骑手电话打不通", Some(Duplicate)),
    ("customer", "您好，我买的洗衣机漏水，麻烦安排师傅上门维修", "你好，我买的洗衣机漏水，麻烦安排师傅上门维修", Some(Duplicate)),
    ("customer order", "收到的鸡蛋碎了六个，请补发", "收到的鸡蛋碎了六个，请补发", Some(Duplicate)),
    ("customer product", "耳机左边没有声音，申请换新", "耳机左边没有声音，申请换新！！！", Some(Duplicate)),
    ("contact", "会员费自动续费扣了我238元，我没有同意过，要求退回", "会员费自动续费扣了我238元,我没有同意过,要求退回", Some(Duplicate)),
    ("customer", "门店收银员态度恶劣，当众骂人", "门店收银员态度恶劣，当众骂人，必须道歉", Some(Duplicate)),
    ("customer", "第三次投诉了，冰箱还没修好，没人管", "第三次投诉了，冰箱还没修好，没人管", Some(Duplicate)),
    ("customer", "快点处理", "快点处理", Some(Duplicate)),
    ("customer", "ＡＰＰ登录不上，一直提示网络错误", "app登录不上,一直提示网络错误", Some(Duplicate)),
    ("order", "订单一直显示待发货，已经五天了", "订单一直显示待发货,已经五天了", Some(Duplicate)),

    // The same words, and yet not said twice.
    ("customer age10", "订单一直不发货，请尽快发货", "订单一直不发货，请尽快发货", Some(FollowUp)),
    ("customer closed1", "收到的水果烂了一半，要求退款", "收到的水果烂了一半，要求退款", Some(FollowUp)),
    ("customer order2", "快递显示签收但我没收到，请核实", "快递显示签收但我没收到，请核实", Some(Related)),
    ("customer product2", "收到就是坏的，要求退货", "收到就是坏的，要求退货", Some(Related)),
    ("customer", "订单202611250001还没有发货", "订单202611267788还没有发货", Some(Related)),
    ("customer", "快递三天没动静，客服一直不接电话", "快递三天没动静，客服一直不接电话，第二次投诉了", Some(FollowUp)),
    ("customer", "电视花屏，要求换货", "电视花屏，要求换货，上次反映过了怎么还没处理", Some(FollowUp)),

    // Another customer's words are never duplicates.
    ("other", "快点处理", "快点处理", None),
    ("other", "退款！", "退款！", None),
    ("other", "质量太差了", "质量太差了", None),
    ("other product", "快递太慢了", "快递太慢了", None),
    ("other", "差评，再也不买了", "差评，再也不买了", None),
    ("other product", "买的纯牛奶打开一股酸臭味，明显变质了，要求全部退款并给出说法", "买的纯牛奶打开一股酸臭味，明显变质了，要求全部退款并给出说法", Some(Related)),
    ("other", "你们平台直播间虚假宣传，说好的买一送一根本没有，要求退一赔三", "你们平台直播间虚假宣传，说好的买一送一根本没有，要求退一赔三！", Some(Related)),
    ("other product2", "买的东西打开一股酸臭味，明显变质了，要求全部退款并给出说法", "买的东西打开一股酸臭味，明显变质了，要求全部退款并给出说法", None),
    ("other contact", "空调不制冷，请派人来修", "空调不制冷，请派人来修", None),
    ("other order", "空调不制冷，请派人来修", "空调不制冷，请派人来修", Some(Related)),
    ("", "尽快退款", "尽快退款", None),
    ("", "物流信息一周没有更新，联系客服也没有人回复我，请尽快核实", "物流信息一周没有更新，联系客服也没有人回复我，请尽快核实", Some(Related)),
    ("other", "上次反映的事还没处理", "上次反映的事还没处理", None),
    ("other product", "手机充电发烫，屏幕有亮点", "手机充不进电，客服不理人", None),

    // The customer comes back to it.
    ("customer", "冰箱不制冷，师傅一直没来", "上次反映的事怎么还没处理？", Some(FollowUp)),
    ("customer", "冰箱不制冷，师傅一直没来", "催一下", Some(FollowUp)),
    ("customer", "冰箱不制冷，师傅一直没来", "快点处理", Some(FollowUp)),
    ("contact", "充值两百元没有到账", "我昨天投诉的充值问题有结果了吗", Some(FollowUp)),
    ("customer", "快递丢了，要求赔偿", "请问处理进度怎么样了", Some(FollowUp)),
    ("customer", "快递丢了，要求赔偿", "第三次打电话了，你们到底管不管", Some(FollowUp)),
    ("customer", "快递丢了，要求赔偿", "之前登记过的，你们说48小时内回复我", Some(FollowUp)),
    ("customer", "快递丢了，要求赔偿", "补充一下，快递面单照片已上传", Some(FollowUp)),
    ("customer", "酒店卫生太差，床单有血迹", "到现在也没人联系我，说好的两小时回电呢", Some(FollowUp)),
    ("customer", "外卖里吃出头发", "都两天了仍未解决", Some(FollowUp)),
    ("customer", "外卖里吃出头发", "你们答应的赔偿呢", Some(FollowUp)),
    ("customer", "买的鞋穿两天就开胶", "再次投诉，态度敷衍", Some(FollowUp)),
    ("customer", "买的鞋穿两天就开胶", "怎么还没给我退款", Some(FollowUp)),
    ("customer closed3", "宽带断网三天", "上次说的修好了，今天又断了", Some(FollowUp)),
    ("customer closed14", "宽带断网三天", "我又来了，之前投诉的问题根本没解决", Some(FollowUp)),
    ("customer order", "收到的鸡蛋碎了六个", "包装盒也是湿的，里面全是蛋液", Some(FollowUp)),
    ("order", "收到的鸡蛋碎了六个", "赔付什么时候到账", Some(FollowUp)),
    ("contact order", "安装师傅迟到两小时", "安装完地板刮花了", Some(FollowUp)),
    ("customer product", "扫地机器人不回充", "客服让我重置也没用，还是坏的", Some(FollowUp)),
    ("customer", "热水器点不着火，师傅来修过一次", "热水器修过一次还是点不着火", Some(FollowUp)),
    ("customer", "客服小王态度很差，直接挂我电话", "我要投诉的就是那个客服小王，态度很差", Some(FollowUp)),
    ("order closed10", "沙发发错颜色", "换回来的沙发颜色还是错的", Some(FollowUp)),

    // It names the number.
    ("", "充值没到账", "单号C20261126-000001-2什么时候处理", Some(FollowUp)),
    ("customer closed60", "充值没到账", "投诉C20261126-000001-2的结果我不认可", Some(FollowUp)),
    ("customer order2", "充值没到账", "和C20261126-000001-2是同一件事", Some(FollowUp)),
    ("other", "充值没到账", "我和c20261126 000001 2的情况一样", Some(Related)),
    ("customer", "充值没到账", "单号C20261126-000001-2怎么没人管，充值没到账", Some(FollowUp)),

    // The same customer, another matter.
    ("customer", "电视花屏，要求换货", "鞋子开胶，要求换货", Some(Related)),
    ("customer", "你好，我的快递还没有到，请尽快处理，谢谢", "你好，我的发票还没有开，请尽快处理，谢谢", Some(Related)),
    // A person would see one matter here; by its characters it is as far as the two above.
    ("customer", "会员积分突然清零，要求恢复积分", "我的会员积分什么时候能恢复，清零没有通知", Some(Related)),
    ("customer", "空调漏水", "发票抬头开错了，麻烦重开", Some(Related)),
    ("customer", "外卖晚到一小时", "咨询一下会员怎么取消自动续费", Some(Related)),
    ("customer product2", "电饭煲煮不熟饭", "上次说的水壶漏水怎么还没处理", Some(Related)),
    ("customer order2", "鞋子开胶", "衣服掉色严重", Some(Related)),
    ("customer closed40", "宽带断网三天", "怎么还没处理", Some(Related)),
    ("customer closed40 product", "扫地机器人不回充", "扫地机器人边刷断了", Some(Related)),
    ("customer age60 closed50", "停车场乱收费", "奶茶里有虫", Some(Related)),
    ("contact", "停车场乱收费", "奶茶里有虫", Some(Related)),
    ("customer", "牛奶结块变质", "第二次购买，这次酸奶的味道不错，就是送得慢", Some(Related)),

    // Nothing to do with each other.
    ("", "停车场乱收费", "奶茶里有虫", None),
    ("other", "停车场乱收费", "停车场乱收费还没人管", None),
    ("customer age120 closed110", "停车场乱收费", "奶茶里有虫", None),
    ("other product", "洗衣机脱水噪音大", "洗衣机门打不开了", None),
    ("", "上次反映的事还没处理", "催一下", None),
    ("contact2", "发货太慢", "发货太慢", None),
    ("other", "客服不回复消息，申请的售后一直显示处理中", "客服不回复，退货的运费谁来承担", None),
    ("product", "耳机没声音", "上次反映的耳机问题还没处理", None),
    ("", "！！！", "！！！", None),
    ("other product", "。。。", "。。。", None),
];

fn told(who: &str, old_text: &str, new_text: &str) -> Option<Link> {
    let has = |word: &str| who.split(' ').any(|w| w == word);
    let days = |word: &str| who.split(' ').find_map(|w| w.strip_prefix(word)?.parse::<i64>().ok()).map(|d| d * 24);
    let field = |name: &str, other: &str, value: &'static str, another: &'static str| match (has(name), has(other)) {
        (true, _) => (Some(value), Some(value)),
        (_, true) => (Some(value), Some(another)),
        _ => (None, None),
    };
    let (customer, contact) = (field("customer", "other", "c1", "c2"), field("contact", "contact2", "k1", "k2"));
    let (order, product) = (field("order", "order2", "o1", "o2"), field("product", "product2", "手机", "电饭煲"));
    let closed = days("closed").map(hours_ago);
    let age = days("age").or(days("closed").map(|h| h + 24)).unwrap_or(5);
    let old = Case {
        customer: customer.0,
        contact: contact.0,
        order: order.0,
        product: product.0,
        ..Case::new(number(1), old_text, hours_ago(age))
    };
    let new = Case {
        customer: customer.1,
        contact: contact.1,
        order: order.1,
        product: product.1,
        ..Case::new(number(2), new_text, now())
    };
    let links = relate(&new, &[Earlier { case: old, closed }], &POLICY);
    assert!(links.len() <= 1);
    links.into_iter().next()
}

#[test]
fn pairs_are_what_a_person_says_they_are() {
    let wrong: Vec<String> = PAIRS
        .iter()
        .filter_map(|&(who, old, new, want)| {
            let link = told(who, old, new);
            let found = link.as_ref().map(|link| link.relation);
            (found != want).then(|| format!("{who}: {old} | {new}: {found:?}, not {want:?}: {link:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_link_says_why_in_both_languages() {
    for (who, old, new, _) in PAIRS {
        if let Some(link) = told(who, old, new) {
            assert!(!link.reasons.is_empty(), "{who}: {old} | {new}");
            assert!(link.reasons.iter().all(|reason| !reason.zh.is_empty() && !reason.en.is_empty()));
            assert!((0.0..=1.0).contains(&link.score), "{}", link.score);
        }
    }
}
