"""Answers to the bank's survey: a score, and a text put together from parts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.sample_bank.structure import RETAIL, STAGES

ANSWER_SHARE = 0.07
"""Share of retail customers with an answer."""
TOPICS = ("queue", "app", "fees", "adviser", "deposit_rate", "card", "loan")
_LEVEL = np.array([8.3, 8.0, 7.3, 7.2, 5.9, 7.8])
_TALK = {
    "happy_retirees": (4, 1, 1, 4, 5, 0.5, 0.2), "affluent_planners": (1, 2, 2, 5, 2, 1, 1),
    "payroll_young": (0.5, 5, 2, 1, 1, 3, 2), "sme_owners": (2, 2, 3, 2, 0.5, 1, 5),
    "dormant_savers": (2, 2, 4, 1, 2, 1, 0.5), "new_honeymoon": (1, 5, 1, 1, 1, 3, 0.5),
}  # fmt: skip
_GOOD_EN = {
    "queue": ("I was served at the counter within minutes", "the branch was calm and quick", "no waiting at all this time"),
    "app": ("the app does everything I need", "logging in by face works every time", "transfers in the app are quick"),
    "fees": ("the fees are clear", "no hidden charges so far", "the account costs me nothing"),
    "adviser": ("my adviser called back the same day", "the adviser explained the risks plainly", "I feel looked after"),
    "deposit_rate": ("the deposit rate was better than elsewhere", "rolling over my deposit was easy", "I trust them with my savings"),
    "card": ("the card has never been refused", "the card bonus is useful", "blocking a lost card took a minute"),
    "loan": ("the loan was approved in two days", "the loan papers were few", "repaying early was simple"),
}  # fmt: skip
_BAD_EN = {
    "queue": ("I waited an hour at the counter", "only one window was open", "the branch closes before I finish work"),
    "app": ("the app logs me out all the time", "I can't find my statements in the app", "the app is slow after the update"),
    "fees": ("I was charged a fee nobody mentioned", "the yearly fee is too high", "fees went up without a letter"),
    "adviser": ("my adviser changed three times", "nobody calls back", "they only ring to sell me something"),
    "deposit_rate": ("the rate is lower than at other banks", "nobody told me my deposit had matured", "my rate was cut at renewal"),
    "card": ("my card was refused abroad", "the card bonus was taken away", "I got three messages a day about instalments"),
    "loan": ("the loan took six weeks", "they asked for the same papers twice", "the rate offered was not the rate signed"),
}  # fmt: skip
_GOOD_ZH = {
    "queue": ("柜台几分钟就办好了", "网点安静又快", "这次完全不用排队"),
    "app": ("手机银行什么都能办", "刷脸登录每次都成功", "手机转账很快"),
    "fees": ("收费清楚", "目前没有乱收费", "账户不花钱"),
    "adviser": ("客户经理当天就回电", "经理把风险讲得很明白", "感觉有人关照"),
    "deposit_rate": ("定期利率比别家好", "到期转存很方便", "钱放这里放心"),
    "card": ("刷卡从没失败过", "积分很实用", "挂失一分钟就好"),
    "loan": ("贷款两天就批了", "贷款材料不多", "提前还款很简单"),
}
_BAD_ZH = {
    "queue": ("柜台排队一个小时", "只开了一个窗口", "下班前网点就关门了"),
    "app": ("手机银行老是掉线", "找不到电子回单", "更新以后变慢了"),
    "fees": ("收了没人说过的费用", "年费太高", "涨价也不通知"),
    "adviser": ("客户经理换了三次", "没人回电话", "打电话只会推销"),
    "deposit_rate": ("利率比别家低", "存款到期没人提醒", "续存时利率降了"),
    "card": ("在国外刷卡被拒", "积分被取消了", "一天三条分期短信"),
    "loan": ("贷款拖了六个星期", "同样的材料要了两次", "签约利率和说好的不一样"),
}
_OPEN_EN = ("", "", "Honestly, ", "As a long-time customer: ", "Last week ")
_OPEN_ZH = ("", "", "说实话，", "老客户了，", "上周，")
_END_EN = ("", ".", "!", ". Thank you.", ". Please pass this on.")
_END_ZH = ("", "。", "！", "，谢谢。", "，请转告。")


def draw_surveys(
    population: pd.DataFrame, people: pd.DataFrame, last_day: np.datetime64, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw survey answers of a block.

    Parameters
    ----------
    population, people : pandas.DataFrame
        A block of `draw_population` and of `draw_people`.
    last_day : numpy.datetime64
        The bank's last day.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    pandas.DataFrame
        number, answered_on (in the last year), score (0 to 10; 6% missing), text (30%
        empty), language ("zh", "en"), topic.
    """
    segment = population["segment"].to_numpy()
    stage = population["stage"].to_numpy()
    row = np.flatnonzero((segment < len(RETAIL)) & (rng.random(len(segment)) < ANSWER_SHARE) & (stage < 6))
    k = len(row)
    level = _LEVEL[segment[row]] - 1.8 * (stage[row] == STAGES.index("decline"))
    score = np.clip(np.round(level + 1.7 * rng.standard_normal(k)), 0, 10)
    opened = population["opened_on"].to_numpy().astype("datetime64[D]")[row]
    answered = np.maximum(last_day - rng.integers(0, 365, k).astype("timedelta64[D]"), opened)
    weights = np.cumsum([_TALK[name] for name in RETAIL], axis=1)[segment[row]]
    topic = (rng.random(k)[:, None] * weights[:, -1:] >= weights).sum(axis=1)
    good = score + rng.standard_normal(k) >= 7
    latin = np.array([str(name).isascii() for name in people["name"].to_numpy()[row]], dtype=bool)
    english = (rng.random(k) < 0.22) | latin
    picks = rng.integers(0, 3, (k, 2))
    second = (topic + rng.integers(1, len(TOPICS), k)) % len(TOPICS)
    ends = rng.integers(0, 5, (k, 2))
    more = rng.random(k) < 0.35
    text = [
        _compose(bool(e), bool(g), int(t), int(u), p, x, bool(m))
        for e, g, t, u, p, x, m in zip(english, good, topic, second, picks, ends, more, strict=True)
    ]
    silent = rng.random(k) < 0.30
    return pd.DataFrame(
        {
            "number": population["number"].to_numpy()[row],
            "answered_on": answered,
            "score": np.where(rng.random(k) < 0.06, np.nan, score),
            "text": np.where(silent, "", np.array(text, dtype=object)),
            "language": np.where(english, "en", "zh"),
            "topic": np.array(TOPICS)[topic],
        }
    )


def _compose(
    english: bool, good: bool, topic: int, second: int, picks: np.ndarray, ends: np.ndarray, more: bool
) -> str:
    first, other = (_GOOD_EN, _BAD_EN) if english else (_GOOD_ZH, _BAD_ZH)
    if not good:
        first, other = other, first
    said = first[TOPICS[topic]][picks[0]]
    if more:
        joint = ", but " if english else "，不过"
        said += joint + other[TOPICS[second]][picks[1]]
    opening, end = (_OPEN_EN, _END_EN) if english else (_OPEN_ZH, _END_ZH)
    return opening[ends[0]] + said + end[ends[1]]
