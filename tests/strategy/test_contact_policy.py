"""Contact policy: rolling windows against a recount of every window by hand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from workbench.errors import ParameterProblem, TableProblem
from workbench.strategy.contact_policy import MESSAGES, ContactPolicy, Limit, read_policies
from workbench.strategy.contact_windows import count_contacts, within_policy

CHANNELS = ("phone", "sms", "app", "email", "branch")


def random_contacts(rng: np.random.Generator, n: int) -> pd.DataFrame:
    # Whole hours, so that many pairs lie exactly on the edge of a window.
    hours = rng.integers(0, 24 * 200, n)
    moments = pd.Series(pd.Timestamp("2026-05-01") + pd.to_timedelta(hours, unit="h"))
    if n > 10:
        moments = moments.mask(rng.random(n) < 0.5, moments.dt.normalize())
    return pd.DataFrame(
        {
            "customer_id": [f"{i:03d}" for i in rng.integers(0, 25, n)],
            "channel": rng.choice(CHANNELS, n),
            "contacted_at": moments.mask(rng.random(n) < 0.1).astype("datetime64[us]"),
        }
    )


def fails_by_hand(row: dict, contacts: list[dict], limit: Limit) -> bool:
    """Try every window that holds the new contact, one by one."""
    counted = MESSAGES if limit.channel == "message" else (limit.channel,) if limit.channel else CHANNELS
    if row["channel"] not in counted:
        return False
    length = dt.timedelta(days=limit.days)
    moments = [row["at"]] + [
        each["contacted_at"]
        for each in contacts
        if each["customer_id"] == row["customer_id"]
        and each["channel"] in counted
        and not pd.isna(each["contacted_at"])
    ]
    windows = [(start, start + length) for start in moments if start <= row["at"] <= start + length]
    return any(sum(low <= moment <= high for moment in moments) > limit.most for low, high in windows)


@pytest.mark.parametrize("seed", range(12))
def test_windows_agree_with_a_recount_by_hand(seed: int) -> None:
    rng = np.random.default_rng(seed)
    contacts = random_contacts(rng, int(rng.integers(1, 260)))
    limits = tuple(
        Limit(
            str(rng.choice(["", "phone", "message"])),
            int(rng.integers(0, 6)),
            int(rng.choice([1, 7, 30, 90])),
        )
        for _ in range(3)
    )
    n = 120
    pairs = pd.DataFrame(
        {
            "customer_id": [f"{i:03d}" for i in rng.integers(0, 30, n)],
            "channel": rng.choice(CHANNELS, n),
            "at": pd.Timestamp("2026-07-01") + pd.to_timedelta(rng.integers(0, 90, n), unit="D"),
        }
    )
    rows = contacts.to_dict("records")
    expected = []
    for row in pairs.to_dict("records"):
        failing = [number for number, limit in enumerate(limits) if fails_by_hand(row, rows, limit)]
        expected.append(failing[0] if failing else -1)
    policy = ContactPolicy("p", limits)
    shuffled = contacts.sample(frac=1, random_state=seed)
    assert within_policy(pairs, shuffled, policy, explain=True).tolist() == expected
    assert within_policy(pairs, contacts, policy).tolist() == [each < 0 for each in expected]


@pytest.mark.parametrize("seed", range(4))
def test_counts_agree_with_a_recount_by_hand(seed: int) -> None:
    rng = np.random.default_rng(seed)
    contacts = random_contacts(rng, 300)
    for channel in ("", "phone", "message"):
        for days in (1, 30, 90):
            at = pd.Timestamp("2026-09-01") + pd.Timedelta(hours=int(rng.integers(0, 500)))
            counted = MESSAGES if channel == "message" else (channel,) if channel else CHANNELS
            expected: dict[str, int] = {}
            for row in contacts.to_dict("records"):
                age = at - row["contacted_at"]
                if row["channel"] in counted and dt.timedelta(0) <= age <= dt.timedelta(days=days):
                    expected[row["customer_id"]] = expected.get(row["customer_id"], 0) + 1
            assert count_contacts(contacts, days, at, channel).to_dict() == expected


def test_the_edges_of_a_window_belong_to_it() -> None:
    pair = pd.DataFrame({"customer_id": ["1"], "channel": ["phone"]})
    policy = ContactPolicy("p", (Limit("", 1, 30),))

    def allowed(moment: str) -> bool:
        seen = pd.DataFrame({"customer_id": ["1"], "contacted_at": [pd.Timestamp(moment)]})
        return bool(within_policy(pair, seen, policy, "2026-10-12")[0])

    assert not allowed("2026-09-12 00:00:00")
    assert allowed("2026-09-11 23:59:59.999999")
    assert not allowed("2026-11-11 00:00:00")
    assert allowed("2026-11-11 00:00:00.000001")
    # The same moment, written with a time zone.
    assert not allowed("2026-09-12 08:00:00+08:00")
    assert allowed("2026-09-12 07:59:59+08:00")


def test_a_month_that_turns_does_not_reset_the_count() -> None:
    pair = pd.DataFrame({"customer_id": ["1"], "channel": ["phone"]})
    seen = pd.DataFrame({"customer_id": ["1"], "contacted_at": [pd.Timestamp("2026-09-30 18:00")]})
    assert not within_policy(pair, seen, ContactPolicy("p", (Limit("", 1, 30),)), "2026-10-01 09:00")[0]


def test_what_is_planned_for_later_shares_a_window() -> None:
    pair = pd.DataFrame({"customer_id": ["1"], "channel": ["sms"]})
    moments = pd.to_datetime(["2026-09-20", "2026-10-25"])
    seen = pd.DataFrame({"customer_id": ["1", "1"], "channel": "app", "contacted_at": moments})
    # 20 September to 25 October are 35 days apart: only a window of 40 days holds all three.
    assert within_policy(pair, seen, ContactPolicy("p", (Limit("message", 2, 30),)), "2026-10-12")[0]
    assert not within_policy(pair, seen, ContactPolicy("p", (Limit("message", 2, 40),)), "2026-10-12")[0]


def test_no_contacts_at_all() -> None:
    pairs = pd.DataFrame({"customer_id": ["1", "2"], "channel": ["sms", "phone"]})
    nobody = pd.DataFrame({"customer_id": [], "contacted_at": pd.to_datetime([])})
    assert within_policy(pairs, nobody, ContactPolicy("p", (Limit("", 1, 30),)), "2026-10-12").all()
    closed = ContactPolicy("p", (Limit("phone", 0, 30),))
    assert within_policy(pairs, nobody, closed, "2026-10-12").tolist() == [True, False]
    assert count_contacts(nobody, 30).empty
    assert within_policy(pairs.iloc[:0], nobody, closed, "2026-10-12").empty


def test_without_channels_only_limits_on_all_are_counted() -> None:
    pairs = pd.DataFrame({"customer_id": ["1"], "channel": ["phone"]})
    seen = pd.DataFrame({"customer_id": ["1"], "contacted_at": pd.to_datetime(["2026-10-01"])})
    assert within_policy(pairs, seen, ContactPolicy("p", (Limit("phone", 1, 60),)), "2026-10-12").all()
    with pytest.raises(TableProblem, match="channel"):
        count_contacts(seen, 30, channel="phone")
    with pytest.raises(TableProblem, match="contacted_at"):
        within_policy(pairs, seen[["customer_id"]], ContactPolicy("p", (Limit("", 1, 60),)), "2026-10-12")


def test_policies_are_read_and_a_bank_changes_them() -> None:
    packaged = read_policies()
    assert {"standard", "gentle", "service"} <= set(packaged)
    own = read_policies(
        '[standard]\nlimits = [{ channel = "branch", most = 3, days = 10 }]\n[calm]\nlimits = []'
    )
    assert own["standard"].limits == (Limit("branch", 3, 10),)
    assert own["gentle"] == packaged["gentle"]
    assert own["calm"].describe() == "no limit"
    assert packaged["standard"].title("zh_CN") == "标准"
    assert own["calm"].title() == "calm"
    for policy in packaged.values():
        assert policy.describe("en") != policy.describe("zh_CN")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[standard", "policy_file"),
        ("standard = 3", "policy_file"),
        ("[standard]\nlimits = 3", "policy_file"),
        ("[standard]\nlimits = [{ most = 1, days = 3, sql = 1 }]", "policy_file"),
        ("[standard]\nlimits = [{ most = -1, days = 3 }]", "limit"),
        ("[standard]\nlimits = [{ most = 1 }]", "limit"),
        ("[standard]\nlimits = [{ most = 1.5, days = 3 }]", "limit"),
        ("[standard]\nlimits = [{ most = true, days = 3 }]", "limit"),
        ("[standard]\nlimits = [{ channel = 3, most = 1, days = 3 }]", "limit_channel"),
    ],
)
def test_a_policy_that_makes_no_sense_is_said(text, key) -> None:
    with pytest.raises(ParameterProblem) as caught:
        read_policies(text)
    assert caught.value.key == f"strategy_lists.error.{key}"
    assert caught.value.message("zh_CN")
