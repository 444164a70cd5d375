"""Parts that survey texts are put together from, by topic."""

from __future__ import annotations

GOOD_EN = {
    "queue": (
        "I was served at the counter within minutes",
        "the branch was calm and quick",
        "no waiting at all this time",
    ),
    "app": (
        "the app does everything I need",
        "logging in by face works every time",
        "transfers in the app are quick",
    ),
    "fees": (
        "the fees are clear",
        "no hidden charges so far",
        "the account costs me nothing",
    ),
    "adviser": (
        "my adviser called back the same day",
        "the adviser explained the risks plainly",
        "I feel looked after",
    ),
    "deposit_rate": (
        "the deposit rate was better than elsewhere",
        "rolling over my deposit was easy",
        "I trust them with my savings",
    ),
    "card": (
        "the card has never been refused",
        "the card bonus is useful",
        "blocking a lost card took a minute",
    ),
    "loan": (
        "the loan was approved in two days",
        "the loan papers were few",
        "repaying early was simple",
    ),
}
BAD_EN = {
    "queue": (
        "I waited an hour at the counter",
        "only one window was open",
        "the branch closes before I finish work",
    ),
    "app": (
        "the app logs me out all the time",
        "I can't find my statements in the app",
        "the app is slow after the update",
    ),
    "fees": (
        "I was charged a fee nobody mentioned",
        "the yearly fee is too high",
        "fees went up without a letter",
    ),
    "adviser": (
        "my adviser changed three times",
        "nobody calls back",
        "they only ring to sell me something",
    ),
    "deposit_rate": (
        "the rate is lower than at other banks",
        "nobody told me my deposit had matured",
        "my rate was cut at renewal",
    ),
    "card": (
        "my card was refused abroad",
        "the card bonus was taken away",
        "I got three messages a day about instalments",
    ),
    "loan": (
        "the loan took six weeks",
        "they asked for the same papers twice",
        "the rate offered was not the rate signed",
    ),
}
GOOD_ZH = {
    "queue": (
        "柜台几分钟就办好了",
        "网点安静又快",
        "这次完全不用排队",
    ),
    "app": (
        "手机银行什么都能办",
        "刷脸登录每次都成功",
        "手机转账很快",
    ),
    "fees": (
        "收费清楚",
        "目前没有乱收费",
        "账户不花钱",
    ),
    "adviser": (
        "客户经理当天就回电",
        "经理把风险讲得很明白",
        "感觉有人关照",
    ),
    "deposit_rate": (
        "定期利率比别家好",
        "到期转存很方便",
        "钱放这里放心",
    ),
    "card": (
        "刷卡从没失败过",
        "积分很实用",
        "挂失一分钟就好",
    ),
    "loan": (
        "贷款两天就批了",
        "贷款材料不多",
        "提前还款很简单",
    ),
}
BAD_ZH = {
    "queue": (
        "柜台排队一个小时",
        "只开了一个窗口",
        "下班前网点就关门了",
    ),
    "app": (
        "手机银行老是掉线",
        "找不到电子回单",
        "更新以后变慢了",
    ),
    "fees": (
        "收了没人说过的费用",
        "年费太高",
        "涨价也不通知",
    ),
    "adviser": (
        "客户经理换了三次",
        "没人回电话",
        "打电话只会推销",
    ),
    "deposit_rate": (
        "利率比别家低",
        "存款到期没人提醒",
        "续存时利率降了",
    ),
    "card": (
        "在国外刷卡被拒",
        "积分被取消了",
        "一天三条分期短信",
    ),
    "loan": (
        "贷款拖了六个星期",
        "同样的材料要了两次",
        "签约利率和说好的不一样",
    ),
}
OPEN_EN = ("", "", "Honestly, ", "As a long-time customer: ", "Last week ")
OPEN_ZH = ("", "", "说实话，", "老客户了，", "上周，")
END_EN = ("", ".", "!", ". Thank you.", ". Please pass this on.")
END_ZH = ("", "。", "！", "，谢谢。", "，请转告。")
