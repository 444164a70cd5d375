"""Read the cells of an outcomes file: everything arrives as text."""

from __future__ import annotations

import pandas as pd

from workbench.execution.dispositions import Codes, disposition_words

# What files call the columns, beside their own names.
HEADERS = {
    "客户号": "customer_id",
    "客户编号": "customer_id",
    "线索号": "lead_id",
    "线索编号": "lead_id",
    "结果编号": "result_id",
    "结果流水号": "result_id",
    "名单号": "list_id",
    "名单": "list_id",
    "策略": "strategy_id",
    "策略编号": "strategy_id",
    "是否响应": "responded",
    "响应": "responded",
    "金额": "amount",
    "币种": "currency",
    "货币": "currency",
    "联系时间": "contacted_at",
    "接触时间": "contacted_at",
    "登记时间": "recorded_at",
    "是否接触": "contacted",
    "联系结果": "disposition",
    "处置结果": "disposition",
    "备注": "note",
    "渠道": "channel",
    "坐席": "agent",
}
CURRENCIES = ("CNY", "RMB", "CNH", "¥", "￥", "元", "人民币")
"""How files write the currency that amounts are in."""
_YES = ("1", "1.0", "y", "yes", "true", "t", "是", "响应", "成功")
_NO = ("0", "0.0", "n", "no", "false", "f", "否", "未响应", "失败")
_WORDS = {**dict.fromkeys(_YES, True), **dict.fromkeys(_NO, False)}
_DAY = r"^(\d{4})-?(\d{1,2})-?(\d{1,2})((?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?(?:Z|[+-]\d{2}:?\d{2})?)$"


def read_text(raw: pd.DataFrame) -> pd.DataFrame:
    """Return the file's cells as stripped text under their canonical names; blank is missing.

    Examples
    --------
    >>> read_text(pd.DataFrame({"客户号": [" 0012 ", ""]}))["customer_id"].tolist()
    ['0012', nan]
    """
    named = raw.rename(columns=lambda name: str(name).strip().lstrip("\ufeff"))
    named = named.rename(columns=lambda name: HEADERS.get(name, name.lower()))
    named = named.loc[:, ~named.columns.duplicated()]
    text = pd.DataFrame(index=pd.RangeIndex(len(raw)))
    for name in named.columns:
        cells = named[name].reset_index(drop=True)
        words = cells.astype("str").str.strip()
        text[str(name)] = words.mask(cells.isna() | words.eq(""))
    return text


def read_flags(cells: pd.Series) -> pd.Series:
    """Return yes and no as booleans; what is neither is missing.

    Examples
    --------
    >>> read_flags(pd.Series(["Yes", "否", "maybe"])).tolist()
    [True, False, <NA>]
    """
    return cells.str.lower().map(_WORDS).astype("boolean")


def read_dispositions_of(cells: pd.Series, codes: Codes | None = None) -> pd.Series:
    """Return disposition codes, of the project's or the packaged ones; another word is missing.

    Examples
    --------
    >>> read_dispositions_of(pd.Series(["No answer", "已接通", "??"])).tolist()
    ['no_answer', 'reached', nan]
    """
    return cells.str.lower().map(disposition_words(codes)).astype("str")


def read_amounts(cells: pd.Series) -> pd.Series:
    """Return amounts of money; what is no amount, or negative, is missing.

    Examples
    --------
    >>> read_amounts(pd.Series(["12,345.60", "¥800", "-5", "many"])).tolist()
    [12345.6, 800.0, nan, nan]
    """
    plain = cells.str.replace(r"[,，\s¥￥元]", "", regex=True)
    amounts = pd.to_numeric(plain.where(plain.str.fullmatch(r"\d+(\.\d+)?", na=False)), errors="coerce")
    return amounts.astype("float64")


def read_moments(cells: pd.Series) -> pd.Series:
    """Return moments in UTC without a zone; what is no full date is missing.

    Dates are year first, with dashes, slashes, 年月日 or nothing between; a time of day and
    a zone may follow.

    Examples
    --------
    >>> moments = read_moments(pd.Series(["2026/10/3", "2026-10-03T09:30:00+08:00", "3 Oct"]))
    >>> [str(moment) for moment in moments]
    ['2026-10-03 00:00:00', '2026-10-03 01:30:00', 'NaT']
    """
    plain = cells.str.replace(r"[/年月]", "-", regex=True).str.replace("日", "", regex=False)
    parts = plain.str.extract(_DAY)
    day = parts[0] + "-" + parts[1].str.zfill(2) + "-" + parts[2].str.zfill(2)
    time = parts[3].fillna("").str.replace(r"^[ T](\d):", r" 0\1:", regex=True)
    moments = pd.to_datetime(day + time, format="ISO8601", errors="coerce", utc=True)
    return moments.dt.tz_localize(None).astype("datetime64[us]")
