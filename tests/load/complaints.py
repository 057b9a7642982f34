"""Complaints as channels send them, made of a file of texts."""

import json
import random

CHANNELS = ["phone", "app", "web", "mini-program", "wechat", "weibo", "douyin", "email", "chat", "store"]
REGIONS = ["上海", "北京", "广东 深圳", "四川 成都", "浙江 杭州", "湖北 武汉", "陕西 西安", "黑龙江 哈尔滨"]
PRODUCTS = ["空气炸锅 AF-301", "蓝牙耳机 T5", "儿童保温杯", "草莓 2 斤装", "羽绒服 2025 冬", "扫地机器人 X2", "酸奶 12 杯"]
WISHES = ["退款", "换一个新的", "尽快送到", "道歉并说明原因", "赔偿运费"]
CUSTOMERS = 20_000


class Unreadable(Exception):
    """The file of texts has none."""


class Complaints:
    """Request n, always the same for the same seed and texts."""

    def __init__(self, texts, seed, path):
        self.told = {"texts": str(texts), "seed": seed, "path": path}
        try:
            with open(texts, encoding="utf-8") as lines:
                self.texts = [json.loads(line)["text"] for line in lines if line.strip()]
        except (OSError, ValueError, KeyError) as fault:
            raise Unreadable(f"cannot read texts from {texts}: {fault!r}") from None
        if not self.texts:
            raise Unreadable(f"there are no texts in {texts}")
        self.intake = not path.startswith("/v1/classify")
        self.seed = seed

    def key(self, n):
        return f"load-{self.seed}-{n}"

    def body(self, n):
        dice = random.Random(f"{self.seed}/{n}")
        body = {"text": dice.choice(self.texts), "channel": dice.choice(CHANNELS)}
        if dice.random() < 0.8:
            body["customer"] = {"id": f"c{dice.randrange(CUSTOMERS)}", "tier": dice.choice(["普通", "银卡", "金卡"])}
        if dice.random() < 0.6:
            body["order"] = {"id": f"2026{dice.randrange(10**10):010}", "amount": round(dice.lognormvariate(5, 1), 2)}
        if dice.random() < 0.5:
            body["product"] = dice.choice(PRODUCTS)
        if dice.random() < 0.7:
            body["region"] = dice.choice(REGIONS)
        if self.intake:
            body["external_id"] = self.key(n)
            if dice.random() < 0.7:
                body["contact"] = f"1{dice.choice('3578')}{dice.randrange(10**9):09}"
            if dice.random() < 0.3:
                body["wish"] = dice.choice(WISHES)
        return json.dumps(body, ensure_ascii=False).encode()
