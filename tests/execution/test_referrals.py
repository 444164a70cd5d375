"""Referrals in sums, against figures worked out by hand, and the rules they are sent by."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from workbench.errors import ParameterProblem, TableProblem
from workbench.execution import (
    age_referrals,
    make_referral_rules,
    read_referral_rules,
    share_credit,
    tabulate_referrals,
)

NOW = dt.datetime(2026, 10, 20)
START = pd.Timestamp("2026-10-01")


def referral(
    state: str, *, kind: str = "a", unit: str = "Harbour", days: tuple[float, ...] = (), amount=None
):
    """Return one that was accepted, worked and ended so many days after it was sent."""
    moments = [START + pd.Timedelta(days=day) for day in days] + [pd.NaT] * (3 - len(days))
    if state in ("refused", "withdrawn", "expired"):
        moments = [pd.NaT, pd.NaT, START + pd.Timedelta(days=3)]
    return {
        "kind": kind,
        "from_unit": unit,
        "to_unit": "Wealth",
        "state": state,
        "sent_at": START,
        "accept_by": START + pd.Timedelta(days=3),
        "accepted_at": moments[0],
        "work_by": moments[0] + pd.Timedelta(days=7),
        "worked_at": moments[1],
        "ended_at": moments[2],
        "amount": amount,
    }


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return pd.DataFrame(
        [
            referral("won", days=(1, 4, 9), amount=100.0),
            referral("won", days=(2, 3, 5), amount=50.5),
            referral("lost", days=(3, 3.5, 6)),
            referral("accepted", days=(2,)),
            referral("refused"),
            referral("expired", unit="Riverside"),
            referral("withdrawn", unit="Riverside"),
            referral("sent", kind="b", unit="Riverside"),
        ]
    )


def test_the_funnel_counts_what_got_how_far(rows: pd.DataFrame) -> None:
    funnel = tabulate_referrals(rows, now=NOW, members=["a", "b", "c"]).set_index("kind")
    a = funnel.loc["a"]
    assert a[["sent", "accepted", "worked", "won"]].tolist() == [7, 4, 3, 2]
    assert a[["refused", "withdrawn", "expired", "lost", "open", "overdue"]].tolist() == [1, 1, 1, 1, 1, 1]
    # What was taken back, and what can still go either way, is no part of the conversion.
    assert a["settled"] == 5
    assert a["rate"] == pytest.approx(2 / 5)
    known = stats.binomtest(2, 5).proportion_ci(method="wilson")
    assert (a["rate_low"], a["rate_high"]) == (pytest.approx(known.low), pytest.approx(known.high))
    assert a["days_to_accept"] == np.median([1, 2, 3, 2])
    assert a["days_to_work"] == np.median([3, 1, 0.5])
    assert a["days_to_win"] == np.median([9, 5])
    assert a["amount"] == 150.5


def test_what_was_not_sent_is_missing_and_no_zero(rows: pd.DataFrame) -> None:
    funnel = tabulate_referrals(rows, now=NOW, members=["a", "b", "c"]).set_index("kind")
    assert funnel.loc["c"].isna().all()
    b = funnel.loc["b"]
    assert b[["sent", "accepted", "open"]].tolist() == [1, 0, 1]
    # Nothing has settled, so there is no rate of it; nothing was won, so there is no sum.
    assert all(math.isnan(b[name]) for name in ("rate", "rate_low", "rate_high", "days_to_win", "amount"))
    assert tabulate_referrals(rows.iloc[:0], now=NOW).empty


def test_the_most_sent_come_first_by_unit(rows: pd.DataFrame) -> None:
    funnel = tabulate_referrals(rows, "from_unit", now=NOW)
    assert funnel["from_unit"].tolist() == ["Harbour", "Riverside"]
    assert funnel["sent"].sum() == len(rows)


def test_ages_and_what_is_overdue(rows: pd.DataFrame) -> None:
    aged = age_referrals(rows, now=NOW)
    accepted = aged[aged["state"].eq("accepted")].iloc[0]
    assert accepted["days"] == 17
    assert accepted["due_at"] == START + pd.Timedelta(days=9)
    assert aged["is_overdue"].tolist() == [row == "accepted" for row in rows["state"]]
    before = age_referrals(rows, now=dt.datetime(2026, 10, 9))
    assert not before["is_overdue"].any()
    assert aged.loc[aged["state"].eq("expired"), "since"].iloc[0] == START + pd.Timedelta(days=3)


def test_what_can_not_be_counted_is_refused(rows: pd.DataFrame) -> None:
    with pytest.raises(ParameterProblem, match="counted by"):
        tabulate_referrals(rows, "sent_by", now=NOW)
    with pytest.raises(ParameterProblem, match="alpha"):
        tabulate_referrals(rows, now=NOW, alpha=1)
    with pytest.raises(TableProblem, match="accepted_at"):
        tabulate_referrals(rows.drop(columns="accepted_at"), now=NOW)


def test_credit_adds_up_to_the_fen() -> None:
    rng = np.random.default_rng(0)
    for amount, share in zip(rng.integers(0, 10**12, 300), rng.integers(0, 10_001, 300), strict=True):
        sender, receiver = share_credit(int(amount), int(share))
        assert sender + receiver == amount
        assert abs(sender * 10_000 - int(amount) * int(share)) <= 5_000
    assert share_credit(1, 5_000) == (1, 0)
    for amount, share in ((-1, 50), (5, 10_001)):
        with pytest.raises(ParameterProblem, match="not possible"):
            share_credit(amount, share)


BAD_KINDS = [
    ({"code": "Bad code"}, "can't be a code"),
    ({"zh_CN": ""}, "lacks its label"),
    ({"customer": "pets"}, "can't be for"),
    ({"accept_days": 0}, "0 days"),
    ({"work_days": 1.5}, "1.5 days"),
    ({"sender_share": 101}, "can't be 101"),
    ({"sender_share": 33.333}, "at most two decimals"),
    ({"code": "manager_to_private"}, "stands there twice"),
]


def test_rules_that_are_not_possible_are_refused() -> None:
    packaged = read_referral_rules().plain()
    assert make_referral_rules(**packaged) == read_referral_rules()
    for change, sentence in BAD_KINDS:
        kinds = [packaged["kinds"][0] | change, *packaged["kinds"][1:]]
        with pytest.raises(ParameterProblem, match=sentence):
            make_referral_rules(kinds, packaged["reasons"])
    with pytest.raises(ParameterProblem, match="is for no act"):
        make_referral_rules(packaged["kinds"], [packaged["reasons"][0] | {"acts": ["eat"]}])
    none_left = [row | {"retired": "withdraw" in row["acts"]} for row in packaged["reasons"]]
    with pytest.raises(ParameterProblem, match='reason for "withdraw"'):
        make_referral_rules(packaged["kinds"], none_left)


def test_a_retired_kind_or_reason_is_offered_no_more() -> None:
    packaged = read_referral_rules().plain()
    packaged["kinds"][0]["retired"] = packaged["reasons"][3]["retired"] = True
    rules = make_referral_rules(**packaged)
    with pytest.raises(ParameterProblem, match="Kinds are: manager_to_private"):
        rules.kind("branch_to_manager")
    assert "no_capacity" not in rules.offered("refuse")
    with pytest.raises(ParameterProblem, match="can't be the reason"):
        rules.check_reason("refuse", "no_capacity")
