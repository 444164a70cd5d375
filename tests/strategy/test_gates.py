"""The gates against a reading of each customer by hand, and what each says about it."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from workbench.errors import ParameterProblem
from workbench.strategy import (
    GATES,
    ContactPolicy,
    Limit,
    describe_detail,
    gate_columns,
    open_windows,
    read_policies,
    read_suitability,
    select_targets,
    suggest_strategies,
    why,
)
from workbench.tables import TRIGGERS

AT = pd.Timestamp("2026-10-12")
END = pd.Timestamp("2026-12-11")
POLICIES = {
    "standard": ContactPolicy("standard", (Limit("", 1, 30), Limit("phone", 1, 60))),
    "gentle": ContactPolicy("gentle", (Limit("message", 1, 90),)),
}
RULES = read_suitability(
    """
[[rule]]
name = "late_debt"
offers = ["loan"]
when = [{ column = "age", operator = "at_least", value = 70 }]
[[rule]]
name = "unrated"
offers = ["fund"]
when = [{ column = "age", operator = "at_least", value = 60 }, { column = "rating", operator = "missing" }]
[[rule]]
name = "no_such_column"
offers = ["fund"]
when = [{ column = "shoe_size", operator = "at_least", value = 40 }]
"""
)
CARDS = {
    "S1": {"segment": "A", "offer": "fund", "channel": "phone", "stages": "growth,mature", "tier": ""},
    "S2": {"segment": "A", "offer": "loan", "channel": "sms", "stages": "", "tier": "value，strategic"},
    "S3": {"segment": "B", "offer": "fund", "channel": "sms", "stages": "", "tier": ""},
    "S4": {"segment": "A", "offer": "gift", "channel": "app", "stages": "mature", "tier": ""},
}
EXTRA = {
    "S1": {"eligibility": '[{"column": "balance_total", "operator": "at_least", "value": 300}]'},
    "S2": {"trigger": "maturity", "window_days": 10.0, "contact_policy": "gentle"},
    "S3": {"trigger": "birthday", "window_days": 5.0},
    "S4": {"trigger": "large_inflow", "contact_policy": "gentle"},
}


def small_bank(seed: int) -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    n = 400
    ids = np.array([f"{i:03d}" for i in rng.permutation(n)])
    customers = pd.DataFrame(
        {
            "customer_id": ids,
            "age": pd.Series(rng.integers(15, 90, n).astype(float)).mask(rng.random(n) < 0.1),
            "tier": rng.choice(["basic", "value", "strategic"], n),
            "lifecycle_stage": rng.choice(["growth", "mature", "dormant"], n),
            "balance_total": rng.integers(0, 1000, n).astype(float),
            "rating": pd.Series(rng.choice(["R1", "R3"], n), dtype="str").mask(rng.random(n) < 0.5),
            "consent": pd.Series(rng.choice([True, True, False, None], n)).astype("boolean"),
            "do_not_contact": pd.Series(rng.choice([True, False, False, None], n)).astype("boolean"),
            "next_maturity": pd.Series(AT + pd.to_timedelta(rng.integers(-60, 200, n), unit="D")).mask(
                rng.random(n) < 0.3
            ),
        }
    )
    members = pd.DataFrame({"customer_id": ids, "cluster": 0, "segment": rng.choice(["A", "B"], n)})
    draft = suggest_strategies(
        customers[["customer_id"]], members.assign(segment="A"), starts_on=AT.date(), days=61
    ).iloc[[0]]
    rows = []
    for name, card in CARDS.items():
        row = draft.iloc[0].to_dict() | {
            "strategy_id": name,
            "segment": card["segment"],
            "offer": card["offer"],
            "channel": card["channel"],
            "lifecycle_stages": card["stages"],
            "tier": card["tier"],
            "starts_on": AT,
            "ends_on": END,
            "control_share": 0.2,
            "eligibility": "",
            "trigger": "",
            "window_days": np.nan,
            "contact_policy": "",
        }
        rows.append(row | EXTRA[name])
    cards = pd.DataFrame(rows)
    scores = pd.DataFrame(
        [(i, s, 0.1, 5.0, float(rng.integers(0, 40)) / 40) for i in ids for s in CARDS if rng.random() < 0.9],
        columns=["customer_id", "strategy_id", "propensity", "expected_value", "score"],
    )
    k = 350
    contacts = pd.DataFrame(
        {
            "customer_id": rng.choice(ids, k),
            "channel": rng.choice(["phone", "sms", "app", "branch"], k),
            "contacted_at": AT - pd.to_timedelta(rng.integers(0, 24 * 150, k), unit="h"),
        }
    )
    m = 220
    events = pd.DataFrame(
        {
            "customer_id": rng.choice(ids, m),
            "event_type": rng.choice(["large_inflow", "maturity", "app_login"], m),
            "occurred_at": AT + pd.to_timedelta(rng.integers(-24 * 60, 24 * 70, m), unit="h"),
        }
    )
    return {
        "customers": customers,
        "members": members,
        "cards": cards,
        "scores": scores,
        "contacts": contacts,
        "events": events,
    }


def first_gate(bank: dict[str, pd.DataFrame], person: dict, card: dict, lists: dict) -> str:
    """Walk one customer through one strategy's own gates, in plain Python."""
    if person["segment"] != card["segment"]:
        return "segment"
    if card["lifecycle_stages"] and person["lifecycle_stage"] not in card["lifecycle_stages"].split(","):
        return "segment"
    if card["tier"] and person["tier"] not in ("value", "strategic"):
        return "segment"
    if person["consent"] is not True or person["do_not_contact"] is True:
        return "consent"
    if card["strategy_id"] == "S1" and not person["balance_total"] >= 300:
        return "eligibility"
    window = {"S2": 10, "S4": 30}.get(card["strategy_id"])
    if window is not None:
        days = lists["events"].get((person["customer_id"], card["trigger"]), [])
        if card["trigger"] == "maturity" and not pd.isna(person["next_maturity"]):
            days = [*days, person["next_maturity"].date()]
        if not any(d <= END.date() and d + dt.timedelta(days=window) >= AT.date() for d in days):
            return "applicability"
    if card["offer"] == "loan" and person["age"] >= 70:
        return "suitability"
    if card["offer"] == "fund" and person["age"] >= 60 and pd.isna(person["rating"]):
        return "suitability"
    for limit in POLICIES[card["contact_policy"] or "standard"].limits:
        counted = limit.channels or ("phone", "sms", "app", "branch")
        since = AT - dt.timedelta(days=limit.days)
        n = sum(
            channel in counted and since <= at <= AT
            for channel, at in lists["contacts"].get(person["customer_id"], [])
        )
        if card["channel"] in counted and n + 1 > limit.most:
            return "contact_policy"
    return ""


@pytest.mark.parametrize("seed", range(5))
def test_every_gate_agrees_with_a_walk_by_hand(seed: int) -> None:
    bank = small_bank(seed)
    selection = select_targets(
        bank["scores"].sample(frac=1, random_state=seed),
        bank["cards"],
        bank["customers"],
        bank["members"],
        capacity={"sms": 6, "app": 2},
        contacts=bank["contacts"],
        policies=POLICIES,
        suitability=RULES,
        events=bank["events"],
    )
    lists: dict = {"contacts": {}, "events": {}}
    for row in bank["contacts"].to_dict("records"):
        lists["contacts"].setdefault(row["customer_id"], []).append((row["channel"], row["contacted_at"]))
    for row in bank["events"].to_dict("records"):
        key = (row["customer_id"], row["event_type"])
        lists["events"].setdefault(key, []).append(row["occurred_at"].date())
    people = bank["customers"].merge(bank["members"], on="customer_id").to_dict("records")
    by_id = {person["customer_id"]: person for person in people}
    cards = {card["strategy_id"]: card for card in bank["cards"].to_dict("records")}
    expected: dict[tuple[str, str], str] = {}
    alive = []
    for row in bank["scores"].to_dict("records"):
        gate = first_gate(bank, by_id[row["customer_id"]], cards[row["strategy_id"]], lists)
        expected[row["customer_id"], row["strategy_id"]] = gate
        if not gate:
            alive.append((-row["score"], row["customer_id"], row["strategy_id"]))
    taken, places = set(), {"sms": 6, "app": 2}
    for _, customer, strategy in sorted(alive):
        if customer in taken:
            expected[customer, strategy] = "one_list"
            continue
        taken.add(customer)
        channel = cards[strategy]["channel"]
        if places.get(channel, 1) == 0:
            expected[customer, strategy] = "capacity"
        else:
            places[channel] = places.get(channel, 10_000) - 1
    out = selection.dropped[selection.dropped["strategy_id"] != ""]
    found = {(c, s): g for c, s, g in zip(out["customer_id"], out["strategy_id"], out["gate"], strict=True)}
    found |= dict.fromkeys(selection.targets[["customer_id", "strategy_id"]].itertuples(index=False), "")
    assert found == expected
    assert set(GATES) <= set(expected.values())
    # The funnel counts customers with a strategy left.
    left = {customer for customer, _ in expected}
    for number, step in enumerate(selection.funnel.to_dict("records")):
        left = {c for (c, _), gate in expected.items() if not gate or GATES.index(gate) > number}
        assert step["n_out"] == len(left), step["gate"]
        assert step["applied"]
    assert selection.targets["arm"].eq("control").sum() == round(0.2 * len(selection.targets))


def test_each_reason_names_what_failed() -> None:
    bank = small_bank(1)
    selection = select_targets(
        bank["scores"],
        bank["cards"],
        bank["customers"],
        bank["members"],
        capacity={"sms": 6, "app": 2},
        contacts=bank["contacts"],
        policies=POLICIES,
        suitability=RULES,
        events=bank["events"],
    )
    words = {
        "eligibility": ("balance at least ¥300", "资产余额不低于"),
        "applicability": ("within 10 days", "10 天之内"),
        "suitability": ("age at least", "年龄不低于"),
        "contact_policy": ("in any", "任意"),
        "one_list": ("is on the list of S", "的名单上"),
    }
    for gate, (english, chinese) in words.items():
        rows = selection.dropped[selection.dropped["gate"] == gate]
        if gate == "applicability":
            rows = rows[rows["strategy_id"] == "S2"]
        customer, strategy = rows.iloc[0][["customer_id", "strategy_id"]]
        for lang, part in (("en", english), ("zh_CN", chinese)):
            answer = why(selection, customer, lang).set_index("strategy_id").loc[strategy]
            assert answer["gate"] == gate
            assert part in answer["reason"], answer["reason"]
    used = selection.used.set_index(["gate", "strategy_id"])
    assert not used.loc[("applicability", "S3"), "applied"]
    assert "no data" in describe_detail("applicability", used.loc[("applicability", "S3"), "detail"])
    shoe = selection.used[selection.used["detail"].str.contains("shoe_size")]
    assert not shoe["applied"].any()
    assert (shoe["n"] == 0).all()
    stopped = selection.dropped["gate"].value_counts()
    for gate in ("eligibility", "applicability", "suitability", "contact_policy", "capacity"):
        assert selection.used.loc[selection.used["gate"] == gate, "n"].sum() == stopped[gate]


def test_planned_contacts_of_other_lists_count_and_a_lists_own_do_not() -> None:
    bank = small_bank(2)
    args = (bank["scores"], bank["cards"], bank["customers"], bank["members"])
    first = select_targets(*args, policies=POLICIES)
    planned = first.targets[["customer_id", "strategy_id"]].merge(
        bank["cards"][["strategy_id", "channel", "starts_on"]], on="strategy_id"
    )
    planned = planned.rename(columns={"starts_on": "contacted_at"})
    again = select_targets(*args, policies=POLICIES, planned=planned)
    assert again.sha256 == first.sha256
    other = select_targets(*args, policies=POLICIES, planned=planned.assign(strategy_id="S9"))
    listed = set(other.targets["customer_id"]) & set(planned["customer_id"])
    # Only a policy on messages leaves room beside a call.
    assert all(
        set(planned.loc[planned["customer_id"] == customer, "channel"]) == {"phone"} for customer in listed
    )


def test_an_offer_out_of_date_is_refused() -> None:
    bank = small_bank(0)
    args = (bank["scores"], bank["cards"], bank["customers"], bank["members"])
    assert len(select_targets(*args, cut_on="2026-12-11").targets)
    with pytest.raises(ParameterProblem, match="S1 is an offer out of date") as caught:
        select_targets(*args, cut_on="2026-12-12")
    assert caught.value.key == "strategy_lists.error.out_of_date"
    crossed = bank["cards"].assign(starts_on=END, ends_on=AT)
    with pytest.raises(ParameterProblem) as caught:
        select_targets(bank["scores"], crossed, *args[2:], cut_on="2026-10-01")
    assert caught.value.key == "strategy_lists.error.ends_first"


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"contact_policy": "unheard_of"}, "no_policy"),
        ({"eligibility": '[{"column": "shoe_size", "operator": "missing"}]'}, "missing_column"),
        ({"eligibility": "DROP TABLE customers"}, "not_conditions"),
        ({"trigger": "eclipse"}, "trigger"),
        ({"trigger": "maturity", "window_days": -1.0}, "window_days"),
    ],
)
def test_a_card_that_asks_for_what_there_is_not(change, key) -> None:
    bank = small_bank(0)
    with pytest.raises(ParameterProblem) as caught:
        select_targets(
            bank["scores"],
            bank["cards"].assign(**change),
            bank["customers"],
            bank["members"],
            policies=POLICIES,
            contacts=bank["contacts"],
        )
    assert caught.value.key == f"strategy_lists.error.{key}"
    assert caught.value.message("zh_CN")


def test_an_older_card_without_the_new_columns_is_cut_as_before() -> None:
    bank = small_bank(3)
    old = bank["cards"].drop(columns=["tier", "eligibility", "trigger", "window_days", "contact_policy"])
    selection = select_targets(bank["scores"], old, bank["customers"], bank["members"])
    applied = selection.funnel.set_index("gate")["applied"]
    assert applied.to_dict() == {gate: gate in ("segment", "consent", "one_list") for gate in GATES}


def test_triggers_by_day_of_month_and_sums() -> None:
    people = pd.DataFrame(
        {
            "customer_id": ["1", "2", "3"],
            "income_day": [31.0, 5.0, np.nan],
            "app_logins_90d": [3.0, 0.0, np.nan],
        }
    )
    salary = open_windows(people, "salary_day", starts_on="2026-02-20", ends_on="2026-02-28", window_days=2)
    # The 31st falls on the last day of a shorter month.
    assert salary.open.tolist() == [True, False, False]
    salary = open_windows(people, "salary_day", starts_on="2026-02-06", ends_on="2026-02-10", window_days=2)
    assert salary.open.tolist() == [False, True, False]
    login = open_windows(people, "app_login", starts_on="2026-02-06")
    assert (login.open.tolist(), login.source) == ([True, False, False], "app_logins_90d")
    assert open_windows(people, "birthday", starts_on="2026-02-06").open is None
    for trigger in TRIGGERS:
        detail = f'{{"trigger": "{trigger}", "days": 3, "source": ""}}'
        assert describe_detail("applicability", detail, "zh_CN") != describe_detail("applicability", detail)


def test_the_gates_name_their_columns() -> None:
    bank = small_bank(0)
    names = gate_columns(bank["cards"], RULES)
    assert {"balance_total", "next_maturity", "large_inflow_90d", "age", "rating", "shoe_size"} <= set(names)
    assert gate_columns(bank["cards"].iloc[:0]) == (
        "customer_id",
        "lifecycle_stage",
        "tier",
        "consent",
        "do_not_contact",
    )


@pytest.mark.parametrize(
    "text",
    ["[[rule", "rule = 3", "[[rule]]\nname = 'x'", "[[rule]]\nname = 'x'\noffers = ['a']\nwhen = []"],
)
def test_rules_of_suitability_that_make_no_sense(text) -> None:
    with pytest.raises(ParameterProblem) as caught:
        read_suitability(text)
    assert caught.value.key == "strategy_lists.error.suitability_file"


def test_the_packaged_rules_are_read() -> None:
    rules = read_suitability()
    assert len(rules) >= 5
    assert len({rule.name for rule in rules}) == len(rules)
    assert {"standard", "gentle", "service"} <= set(read_policies())
