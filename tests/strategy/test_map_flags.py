"""Conflicts and overloads of the strategy map, against counting by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from workbench.errors import ParameterProblem
from workbench.strategy import (
    build_criteria,
    build_strategy_map,
    find_conflicts,
    find_overloads,
    score_customers,
    suggest_strategies,
)
from workbench.strategy.conditions import Condition, write_conditions
from workbench.tables import LIFECYCLE_STAGES, STRATEGIES, TIERS

START = dt.date(2026, 10, 5)
"""A Monday."""
SAME = {"message": "sms"}


@dataclass(frozen=True)
class Limit:
    channel: str
    most: int
    days: int


def card(strategy_id: str, segment: str, first: int = 0, last: int = 9, **changes: object) -> dict:
    plain = {
        "strategy_id": strategy_id,
        "name": strategy_id,
        "objective": "o",
        "segment": segment,
        "lifecycle_stages": "",
        "scenario": "product",
        "offer": "time_deposit",
        "channel": "phone",
        "script": "",
        "value_per_response": 100.0,
        "cost_per_contact": 1.0,
        "minutes_per_contact": 5.0,
        "expected_response": 0.1,
        "control_share": 0.1,
        "starts_on": pd.Timestamp(START) + pd.Timedelta(days=first),
        "ends_on": pd.Timestamp(START) + pd.Timedelta(days=last),
        "tier": "",
        "eligibility": "",
    }
    return {**plain, **changes}


def people(n: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    ids = [f"{i:04d}" for i in range(n)]
    customers = pd.DataFrame(
        {
            "customer_id": ids,
            "lifecycle_stage": rng.choice(LIFECYCLE_STAGES[:4], n),
            "tier": rng.choice(TIERS, n),
            "age": rng.integers(18, 80, n).astype(float),
            "consent": rng.random(n) < 0.8,
            "do_not_contact": rng.random(n) < 0.1,
        }
    )
    cluster = rng.integers(0, 3, n)
    return customers, pd.DataFrame(
        {"customer_id": ids, "cluster": cluster, "segment": np.array(["A", "B", "C"])[cluster]}
    )


def random_cards(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        first = int(rng.integers(0, 40))
        stages = rng.choice(LIFECYCLE_STAGES[:4], int(rng.integers(0, 4)), replace=False)
        tiers = rng.choice(TIERS, int(rng.integers(0, 3)), replace=False)
        old = [Condition("age", "at_least", 40)] if rng.random() < 0.3 else []
        rows.append(
            card(
                f"S{i + 1}",
                str(rng.choice(["A", "B"])),
                first,
                first + int(rng.integers(0, 30)),
                lifecycle_stages=",".join(stages),
                channel=str(rng.choice(["phone", "sms"])),
                tier=",".join(tiers),
                eligibility=write_conditions(old),
            )
        )
    return pd.DataFrame(rows)


def reaches(person: dict, row: dict) -> bool:
    return (
        person["consent"]
        and not person["do_not_contact"]
        and person["segment"] == row["segment"]
        and (not row["lifecycle_stages"] or person["lifecycle_stage"] in row["lifecycle_stages"].split(","))
        and (not row["tier"] or person["tier"] in row["tier"].split(","))
        and (not row["eligibility"] or person["age"] >= 40)
    )


@pytest.mark.parametrize("seed", range(4))
def test_conflicts_are_the_customers_counted_one_by_one(seed: int) -> None:
    customers, membership = people(200, seed)
    cards = random_cards(10, seed)
    everyone = customers.merge(membership, on="customer_id").to_dict("records")
    expected = {}
    for one, other in combinations(cards.to_dict("records"), 2):
        days = {one["starts_on"] + pd.Timedelta(days=d) for d in range(80)} & set(
            pd.date_range(one["starts_on"], one["ends_on"])
        )
        shared = days & set(pd.date_range(other["starts_on"], other["ends_on"]))
        n = sum(reaches(p, one) and reaches(p, other) for p in everyone)
        if one["channel"] == other["channel"] and shared and n:
            expected[(one["strategy_id"], other["strategy_id"])] = (len(shared), min(shared), max(shared), n)
    found = find_conflicts(customers, membership, cards)
    assert {
        (row.strategy_id, row.other_id): (row.days, row.starts_on, row.ends_on, row.n)
        for row in found.itertuples()
    } == expected
    assert expected
    by_stage = find_conflicts(customers, membership, cards, by_stage=True)
    assert by_stage.groupby(["strategy_id", "other_id"])["n"].sum().to_dict() == {
        pair: row[3] for pair, row in expected.items()
    }


@cache
def most_within(days: int, most: int, window: int) -> int:
    """The most contacts in so many days with at most `most` no more than `window` apart: try each day."""
    taken: list[int] = []
    for day in range(days):
        while sum(t >= day - window for t in taken) < most:
            taken.append(day)
    return len(taken)


@pytest.mark.parametrize("seed", range(4))
def test_segments_are_overloaded_where_no_spreading_helps(seed: int) -> None:
    customers, membership = people(60, seed)
    cards = random_cards(8, seed + 50)
    limits = [Limit("", 2, 14), Limit("phone", 1, 7), Limit("message", 1, 5)]
    everyone = customers.merge(membership, on="customer_id").to_dict("records")
    found = find_overloads(customers, membership, cards, policy=limits)
    found = found[found["kind"].eq("segment")].set_index("name")
    last = int((cards["ends_on"].max() - pd.Timestamp(START)).days)
    for segment in ("A", "B"):
        over, excess = 0, -99
        for person in (p for p in everyone if p["segment"] == segment):
            mine = [row for row in cards.to_dict("records") if reaches(person, row)]
            worst = -99
            for limit in limits:
                for begin in range(last + 1):
                    for end in range(begin, last + 1):
                        inside = sum(
                            (
                                not limit.channel
                                or row["channel"] == {"message": "sms"}.get(limit.channel, limit.channel)
                            )
                            and (row["starts_on"] - pd.Timestamp(START)).days >= begin
                            and (row["ends_on"] - pd.Timestamp(START)).days <= end
                            for row in mine
                        )
                        if inside:
                            allowed = most_within(end - begin + 1, limit.most, limit.days)
                            worst = max(worst, inside - allowed)
            over += worst > 0
            excess = max(excess, worst)
        row = found.loc[segment]
        assert row["n"] == over
        assert row["planned"] - row["allowed"] == excess
        assert row["overloaded"] == (over > 0)
    assert "C" not in found.index


@pytest.mark.parametrize("seed", range(3))
def test_a_channels_busiest_week_is_counted_day_by_day(seed: int) -> None:
    customers, membership = people(150, seed)
    cards = random_cards(6, seed + 9)
    loads = find_overloads(customers, membership, cards, capacity={"phone": 3.0}, agent_minutes=1e9)
    everyone = customers.merge(membership, on="customer_id").to_dict("records")
    weeks: dict[tuple[str, pd.Timestamp], float] = {}
    for row in cards.to_dict("records"):
        n = sum(reaches(p, row) for p in everyone) * 0.9
        days = pd.date_range(row["starts_on"], row["ends_on"])
        for day in days:
            monday = day - pd.Timedelta(days=day.weekday())
            for name, amount in ((row["channel"], n), ("agents", 5 * n)):
                weeks[(name, monday)] = weeks.get((name, monday), 0.0) + amount / len(days)
    for row in loads[loads["kind"].eq("channel")].itertuples():
        mine = {monday: load for (name, monday), load in weeks.items() if name == row.name}
        assert row.planned == pytest.approx(max(mine.values()))
        assert mine[row.starts_on] == pytest.approx(row.planned)
        assert row.n == pytest.approx(sum(mine.values()), abs=0.6)
    by_name = loads.set_index("name")
    assert by_name.loc["phone", "overloaded"] == (by_name.loc["phone", "planned"] > 3)
    assert not by_name.loc["sms", "overloaded"]
    assert np.isnan(by_name.loc["sms", "allowed"])
    assert not by_name.loc["agents", "overloaded"]


def test_open_dates_can_always_wait_and_always_clash() -> None:
    customers, membership = people(40, 0)
    cards = pd.DataFrame(
        [card("S1", "A", starts_on=pd.NaT), card("S2", "A", ends_on=pd.NaT), card("S3", "B")]
    )
    conflicts = find_conflicts(customers, membership, cards)
    assert conflicts[["strategy_id", "other_id"]].values.tolist() == [["S1", "S2"]]
    assert conflicts["days"].iloc[0] == 10
    loads = find_overloads(customers, membership, cards, most=1, days=1)
    assert loads.loc[loads["kind"].eq("segment"), "name"].tolist() == ["B"]
    assert not loads["overloaded"].any()


def test_nothing_planned_is_no_overload() -> None:
    customers, membership = people(20, 1)
    assert find_conflicts(customers, membership, STRATEGIES.empty()).empty
    assert find_overloads(customers, membership, STRATEGIES.empty()).empty


@pytest.mark.parametrize("limit", [Limit("", -1, 30), Limit("sms", 1, 0)])
def test_a_limit_of_nothing_is_refused(limit: Limit) -> None:
    customers, membership = people(20, 1)
    with pytest.raises(ParameterProblem, match="at most"):
        find_overloads(customers, membership, pd.DataFrame([card("S1", "A")]), policy=[limit])


def test_cells_are_worth_what_their_strategies_promise(bank) -> None:
    cards = suggest_strategies(bank.customers, bank.membership, starts_on="2026-10-12")
    cards = cards.assign(eligibility="", tier="")
    alone = cards[~cards["segment"].duplicated(keep=False)]
    scores = score_customers(bank.customers, bank.membership, alone)
    cells = build_strategy_map(bank.customers, bank.membership, alone, scores=scores)
    promised = build_criteria(alone, bank.customers, bank.membership).set_index("segment")
    for segment, mine in cells.groupby("segment"):
        if segment in promised.index:
            assert mine["value"].sum() == pytest.approx(promised.loc[segment, "expected_value"])
        else:
            assert mine["value"].isna().all()


def test_a_cell_counts_each_customer_once_with_the_best_strategy() -> None:
    customers, membership = people(60, 3)
    cards = pd.DataFrame([card("S1", "A"), card("S2", "A", lifecycle_stages="growth", control_share=0.5)])
    rng = np.random.default_rng(3)
    scores = pd.DataFrame(
        [(c, s, 0.1, rng.normal(), 0.5) for c in customers["customer_id"] for s in ("S1", "S2")],
        columns=["customer_id", "strategy_id", "propensity", "expected_value", "score"],
    )
    cells = build_strategy_map(customers, membership, cards, scores=scores).set_index(
        ["segment", "lifecycle_stage"]
    )
    worth = scores.set_index(["customer_id", "strategy_id"])["expected_value"]
    everyone = customers.merge(membership, on="customer_id")
    for stage in ("acquisition", "growth"):
        mine = everyone[everyone["segment"].eq("A") & everyone["lifecycle_stage"].eq(stage)]["customer_id"]
        total = 0.0
        allowed = (everyone["consent"] & ~everyone["do_not_contact"]).set_axis(everyone["customer_id"])
        for one in (each for each in mine if allowed[each]):
            options = [0.9 * worth[(one, "S1")]]
            if stage == "growth":
                options.append(0.5 * worth[(one, "S2")])
            total += max(options)
        assert cells.loc[("A", stage), "value"] == pytest.approx(total)
    assert np.isnan(cells.loc[("B", "growth"), "value"])


def test_strategies_for_other_tiers_do_not_clash() -> None:
    customers, membership = people(60, 4)
    cards = pd.DataFrame([card("S1", "A", tier="basic"), card("S2", "A", tier="value,strategic")])
    assert not build_strategy_map(customers, membership, cards)["flag"].eq("clash").any()
    cards.loc[1, "tier"] = "basic，value"
    assert build_strategy_map(customers, membership, cards)["flag"].eq("clash").any()
    assert find_conflicts(customers, membership, cards)["n"].sum() > 0
