"""Front-line feedback as numbers: codes, what rises beyond chance, and whose words stand for it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from workbench.errors import ParameterProblem
from workbench.execution import (
    check_feedback_code,
    count_feedback,
    digest_feedback,
    make_feedback_codes,
    offer_feedback_codes,
    pick_voices,
    read_feedback_codes,
    state_feedback,
)
from workbench.execution.feedback import TRENDS

TODAY = "2026-10-30"


def said(**times: tuple[int, int]) -> pd.DataFrame:
    """Return notes: of each code so many in the newest week, and so many before."""
    rows = [
        (code, pd.Timestamp(day))
        for code, (new, before) in times.items()
        for day in ["2026-10-28"] * new + ["2026-10-03"] * before
    ]
    return pd.DataFrame(rows, columns=["code", "given_at"]).astype({"given_at": "datetime64[us]"})


def met(new: int, before: int) -> pd.DataFrame:
    days = [pd.Timestamp("2026-10-28")] * new + [pd.Timestamp("2026-10-05")] * before
    return pd.DataFrame({"contacted_at": pd.Series(days, dtype="datetime64[us]")})


def trends(notes: pd.DataFrame, contacts: pd.DataFrame, **options: float) -> dict[str, str]:
    digest = digest_feedback(notes, contacts, today=TODAY, **options)  # type: ignore[arg-type]
    return dict(zip(digest["code"], digest["trend"], strict=True))


def test_what_comes_oftener_than_chance_is_rising_and_what_is_usual_is_not() -> None:
    found = trends(said(a=(14, 8), b=(3, 8), c=(9, 0), d=(0, 5)), met(100, 300))
    assert found == {"a": "rising", "b": "usual", "c": "new", "d": "quiet"}
    digest = digest_feedback(said(a=(14, 8), b=(3, 8), c=(9, 0), d=(0, 5)), met(100, 300), today=TODAY)
    assert digest["code"].tolist() == ["c", "a", "b", "d"]
    row = digest.set_index("code").loc["a"]
    # The limit is the tail of the beta-binomial distribution at the share of the false alarms.
    alpha = 0.05 / 4
    exact = stats.betabinom(100, 8.5, 292.5)
    assert exact.sf(row["limit"]) <= alpha < exact.sf(row["limit"] - 1)
    assert (row["n"], row["n_new"], row["expected"]) == (22, 14, pytest.approx(8 / 300 * 100))
    assert digest["share"].sum() == pytest.approx(1)


def test_false_alarms_keep_to_what_is_allowed() -> None:
    rng = np.random.default_rng(5)
    alarms = 0
    for _ in range(80):
        counts = {
            c: (int(rng.binomial(100, p)), int(rng.binomial(400, p))) for c, p in (("a", 0.05), ("b", 0.02))
        }
        alarms += bool({"rising", "new"} & set(trends(said(**counts), met(100, 400)).values()))
    # 5 of a hundred are allowed: 11 or more of 80 would come once in a thousand times.
    assert alarms <= stats.binom.ppf(0.999, 80, 0.05)


def test_the_first_days_have_nothing_to_be_compared_with() -> None:
    assert trends(said(a=(5, 0)), met(50, 0)) == {"a": "first_days"}


def test_more_notes_than_contacts_are_held_against_each_other() -> None:
    # Without contacts a week with twice the notes of each code has nothing that is rising.
    assert set(trends(said(a=(10, 20), b=(10, 20)), met(0, 300)).values()) == {"usual"}
    assert trends(said(a=(25, 6), b=(10, 60)), met(0, 300))["a"] == "rising"


def test_what_lies_ahead_is_left_out_and_nothing_is_a_table_too() -> None:
    notes = said(a=(2, 2))
    assert digest_feedback(notes, met(1, 1), today="2026-10-05")["n"].tolist() == [2]
    assert digest_feedback(notes.iloc[:0], met(0, 0), today=TODAY).empty
    with pytest.raises(ParameterProblem, match="given_at"):
        digest_feedback(notes[["code"]], met(1, 1), today=TODAY)
    with pytest.raises(ParameterProblem, match="at least one day"):
        digest_feedback(notes, met(1, 1), today=TODAY, days=0)


def test_counts_by_segment_add_up() -> None:
    notes = said(a=(3, 1), b=(1, 1)).assign(segment=["X", "X", "Y", "Y", "X", "Y"])
    table = count_feedback(notes, ["segment", "code"])
    assert table["n"].sum() == len(notes)
    assert table.iloc[0].tolist() == ["X", "a", 2]


def test_the_typical_text_is_picked_and_then_another_kind() -> None:
    texts = ["链接打不开", "短信里的链接打不开", "点链接打不开", "客户嫌流程太慢", ""]
    notes = pd.DataFrame({"note_id": range(5), "code": "a", "text": texts, "given_at": pd.Timestamp(TODAY)})
    assert pick_voices(notes)["text"].tolist() == ["链接打不开", "客户嫌流程太慢"]
    assert pick_voices(notes.iloc[4:]).empty


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_each_trend_has_its_sentence(lang: str) -> None:
    row = {"n_new": 4, "n_before": 2, "limit": 3.0}
    told = [state_feedback({**row, "trend": trend}, "<code>", lang) for trend in TRENDS]
    assert len(set(told)) == len(TRENDS)
    assert all("<code>" in sentence and "{" not in sentence for sentence in told)


def test_codes_are_offered_in_groups_and_checked() -> None:
    packaged = read_feedback_codes()
    # Two taps: no more groups or codes of one than a telephone's screen shows.
    groups = offer_feedback_codes()
    assert len(groups) <= 8
    assert all(2 <= len(group["codes"]) <= 4 for group in groups)
    rows = [entry.plain() for entry in packaged.values()]
    assert make_feedback_codes(rows) == packaged
    retired = make_feedback_codes([*rows[1:], {**rows[0], "retired": True}])
    offered = [code["code"] for group in offer_feedback_codes(retired) for code in group["codes"]]
    assert rows[0]["code"] not in offered
    with pytest.raises(ParameterProblem, match="retired"):
        check_feedback_code(rows[0]["code"], retired)
    with pytest.raises(ParameterProblem, match="no code"):
        check_feedback_code("<script>")


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"code": "Two words"}, "small letters"),
        ({"group": ""}, "small letters"),
        ({"zh_CN": ""}, "names in English"),
        ({"group_en": "Another name"}, "two names"),
        ({"code": "offer_unclear"}, "stands twice"),
    ],
)
def test_codes_that_cant_be_are_refused(change: dict[str, str], match: str) -> None:
    rows = [entry.plain() for entry in read_feedback_codes().values()]
    with pytest.raises(ParameterProblem, match=match):
        make_feedback_codes([*rows, {**rows[0], "code": "offer_extra", **change}])
    with pytest.raises(ParameterProblem, match="at least one"):
        make_feedback_codes([{**rows[0], "retired": True}])
