"""Ageing and conversion of the pipeline, against the same worked out another way."""

from __future__ import annotations

import datetime as dt
import itertools
import math
import random
from statistics import median
from typing import Any

import pandas as pd
import pytest

from workbench.errors import ParameterProblem
from workbench.execution.pipeline import age_opportunities, age_pipeline, convert_pipeline
from workbench.execution.pipeline_forecast import forecast_pipeline, measure_chances

TODAY = dt.date(2026, 11, 22)
STEPS = pd.DataFrame(
    {"step": ["a", "b", "c", "d"], "probability": [0.1, 0.3, 0.5, 0.8], "days": [10, 20, 30, 40]}
)
NONE = float("nan")


def play(n: int, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame, list[dict[str, Any]]]:
    """Make up opportunities that go on, back and out at random; return tables and plain histories."""
    chance = random.Random(seed)
    order = list(STEPS["step"])
    stories = []
    for number in range(1, n + 1):
        day = dt.datetime(2026, 6, 1) + dt.timedelta(days=chance.randrange(60), hours=9)
        at = chance.choice([0, 0, 0, 1])
        walk = [(order[at], day)]
        state = "open"
        for _ in range(chance.randrange(7)):
            day += dt.timedelta(days=chance.randrange(1, 20))
            turn = chance.random()
            if turn < 0.2 or (turn < 0.4 and at == 3):
                state = "lost" if turn < 0.12 else "won"
                break
            at = max(0, at - 1) if turn < 0.35 else min(3, at + (2 if turn > 0.9 else 1))
            if walk[-1][0] != order[at]:
                walk.append((order[at], day))
        amount = float(chance.randrange(1, 500)) * 1000
        close = TODAY + dt.timedelta(days=chance.randrange(-40, 300))
        stories.append(
            {
                "number": number,
                "company": f"{chance.randrange(n // 2):04d}",
                "walk": walk,
                "state": state,
                "amount": amount,
                "close": close,
            }
        )
    rows = pd.DataFrame(
        [
            {
                "opportunity_id": s["number"],
                "customer_id": s["company"],
                "step": s["walk"][-1][0],
                "state": s["state"],
                "entered_at": s["walk"][-1][1],
                "amount": s["amount"],
                "expected_close": s["close"],
            }
            for s in stories
        ]
    )
    moves = [
        {"opportunity_id": s["number"], "event": "forward", "to_step": step, "at": at}
        for s in stories
        for step, at in s["walk"]
    ]
    # What is only edited says nothing, and the order of the rows does not count.
    moves += [{**moves[0], "event": "edited", "to_step": "d"}]
    chance.shuffle(moves)
    return rows, pd.DataFrame(moves), stories


def test_ages_are_those_of_a_count_by_hand() -> None:
    rows, _, stories = play(120)
    table = age_pipeline(rows, STEPS, TODAY).set_index("step")
    allowed = dict(zip(STEPS["step"], STEPS["days"], strict=True))
    weights = dict(zip(STEPS["step"], STEPS["probability"], strict=True))
    for step in STEPS["step"]:
        mine = [s for s in stories if s["state"] == "open" and s["walk"][-1][0] == step]
        ages = [(TODAY - s["walk"][-1][1].date()).days for s in mine]
        row = table.loc[step]
        assert row["n"] == len(mine) > 0
        assert row["companies"] == len({s["company"] for s in mine})
        assert row["amount"] == sum(s["amount"] for s in mine)
        assert row["weighted"] == pytest.approx(sum(s["amount"] for s in mine) * weights[step])
        assert (row["median_days"], row["longest_days"]) == (median(ages), max(ages))
        assert row["overdue"] == sum(age > allowed[step] for age in ages)
    later = age_opportunities(rows, STEPS, dt.date(2026, 1, 1))
    assert later["days_in_step"].eq(0).all()


def test_neighbours_are_joined_until_each_row_is_about_enough_companies() -> None:
    rows, _, _ = play(60)
    alone = age_pipeline(rows, STEPS, TODAY)
    joined = age_pipeline(rows, STEPS, TODAY, minimum=11)
    assert alone["companies"].min() < 11 <= joined["companies"].min()
    assert joined["n"].sum() == alone["n"].sum()
    assert joined["amount"].sum() == pytest.approx(alone["amount"].sum())
    assert joined["longest_days"].isna().all()
    assert age_pipeline(rows, STEPS, TODAY, minimum=1000).empty
    # A count within a shown one is told only where neither it nor its rest is small.
    late = age_opportunities(rows, STEPS, TODAY)
    order = list(STEPS["step"])
    for row in joined.to_dict("records"):
        run = order[order.index(row["step"]) : order.index(row["last_step"]) + 1]
        part = late[late["step"].isin(run)]
        counts = [part.loc[part["is_overdue"].eq(flag), "customer_id"].nunique() for flag in (True, False)]
        assert pd.isna(row["overdue"]) == any(0 < count < 11 for count in counts)


def test_conversion_is_that_of_each_story_read_by_itself() -> None:
    rows, moves, stories = play(150, seed=3)
    table = convert_pipeline(rows, moves, STEPS).set_index("step")
    order = list(STEPS["step"])
    for at, step in enumerate(order):
        entered = advanced = lost = 0
        gone = set()
        for story in stories:
            path = [order.index(name) for name, _ in story["walk"]]
            if at not in path:
                continue
            entered += 1
            if max(path[path.index(at) :]) > at or story["state"] == "won":
                advanced += 1
            elif story["state"] == "lost":
                lost += 1
            else:
                continue
            gone.add(story["company"])
        row = table.loc[step]
        assert row["companies"] == len(gone)
        assert (row["entered"], row["advanced"], row["lost"]) == (entered, advanced, lost)
        assert row["waiting"] == entered - advanced - lost
        # Wilson: the rates that lie 1.96 standard errors of their own away from what was seen.
        rate = advanced / (advanced + lost)
        for end in (row["rate_low"], row["rate_high"]):
            spread = math.sqrt(end * (1 - end) / (advanced + lost))
            assert abs(end - rate) == pytest.approx(1.959964 * spread, rel=1e-5)
    assert table["waiting"].sum() > 0


def test_a_step_nobody_has_left_has_no_rate() -> None:
    rows = pd.DataFrame({"opportunity_id": [1], "customer_id": ["x"], "step": ["b"], "state": ["open"]})
    moves = pd.DataFrame(
        {"opportunity_id": [1], "event": ["opened"], "to_step": ["b"], "at": [pd.Timestamp("2026-10-01")]}
    )
    table = convert_pipeline(rows, moves, STEPS)
    assert table["entered"].tolist() == [0, 1, 0, 0]
    assert table[["rate", "rate_low", "rate_high"]].isna().all().all()
    assert convert_pipeline(rows.iloc[:0], moves.iloc[:0], STEPS)["entered"].tolist() == [0] * 4


def test_the_projects_own_chances_count_once_enough_have_ended() -> None:
    rows, moves, stories = play(150, seed=3)
    ended = {
        step: [
            s["state"] for s in stories if s["state"] != "open" and step in [name for name, _ in s["walk"]]
        ]
        for step in STEPS["step"]
    }
    minimum = sorted(len(states) for states in ended.values())[2]
    table = measure_chances(rows, moves, STEPS, minimum=minimum, weight=8).set_index("step")
    template = dict(zip(STEPS["step"], STEPS["probability"], strict=True))
    for step, states in ended.items():
        won, n, p = states.count("won"), len(states), template[step]
        row = table.loc[step]
        assert (row["won"], row["ended"]) == (won, n)
        own = n >= minimum
        assert row["source"] == ("measured" if own else "template")
        assert row["probability"] == pytest.approx((won + 8 * p) / (n + 8) if own else p)
    assert set(table["source"]) == {"measured", "template"}
    with pytest.raises(ParameterProblem):
        measure_chances(rows, moves, STEPS, weight=0)


def chances(**measured: tuple[float, float]) -> pd.DataFrame:
    a = [measured.get(step, (NONE, NONE))[0] for step in STEPS["step"]]
    b = [measured.get(step, (NONE, NONE))[1] for step in STEPS["step"]]
    p = [x / (x + y) if x == x else known for x, y, known in zip(a, b, STEPS["probability"], strict=True)]
    return pd.DataFrame({"step": STEPS["step"], "probability": p, "a": a, "b": b})


def every_world(sides: list[tuple[float, float]]) -> dict[float, float]:
    """Return every possible sum of independent amounts and its chance."""
    worlds: dict[float, float] = {}
    for wins in itertools.product((0, 1), repeat=len(sides)):
        total = sum(amount for won, (amount, _) in zip(wins, sides, strict=True) if won)
        chance = math.prod(p if won else 1 - p for won, (_, p) in zip(wins, sides, strict=True))
        worlds[total] = worlds.get(total, 0.0) + chance
    return worlds


def within(worlds: dict[float, float], low: float, high: float) -> tuple[float, float]:
    """Return the chances of less than low, and of more than high."""
    return (
        sum(p for total, p in worlds.items() if total < low - 1e-6),
        sum(p for total, p in worlds.items() if total > high + 1e-6),
    )


def test_a_forecast_is_that_of_all_possible_worlds() -> None:
    rows, _, stories = play(40, seed=5)
    few = [s for s in stories if s["state"] == "open"][:11]
    rows = rows[rows["opportunity_id"].isin([s["number"] for s in few])]
    table = forecast_pipeline(rows, chances(), TODAY, months=3, draws=20_000).set_index("period")
    p = dict(zip(STEPS["step"], STEPS["probability"], strict=True))
    names = ["2026-11", "2026-12", "2027-01"]
    months: dict[str, list[tuple[float, float]]] = {name: [] for name in [*names, "later", "all"]}
    for story in few:
        month = max(story["close"], TODAY).strftime("%Y-%m")
        side = (story["amount"], p[story["walk"][-1][0]])
        months[month if month in names else "later"].append(side)
        months["all"].append(side)
    assert months["later"]
    for period, sides in months.items():
        row = table.loc[period]
        worlds = every_world(sides)
        mean = sum(total * chance for total, chance in worlds.items())
        variance = sum((total - mean) ** 2 * chance for total, chance in worlds.items())
        assert row["n"] == len(sides)
        assert row["weighted"] == pytest.approx(mean)
        assert row["sd"] == pytest.approx(math.sqrt(variance), abs=1e-6)
        # 5% at most lie beyond each end, but for what 20,000 draws can miss.
        below, above = within(worlds, row["low"], row["high"])
        assert max(below, above) < 0.05 + 0.006
    again = forecast_pipeline(rows, chances(), TODAY, months=3, draws=20_000).set_index("period")
    pd.testing.assert_frame_equal(table, again)


def test_a_measured_chance_moves_all_opportunities_of_its_step_together() -> None:
    amounts = [1.0, 2.0, 4.0, 8.0, 16.0]
    rows = pd.DataFrame({"customer_id": list("vwxyz"), "step": "b", "state": "open", "amount": amounts})
    rows["expected_close"] = TODAY
    a, b = 6.0, 10.0
    whole = forecast_pipeline(rows, chances(b=(a, b)), TODAY, draws=20_000).iloc[-1]
    # The chance of exactly these wins, the unknown rate integrated out (beta-binomial).
    mean = square = 0.0
    worlds = {}
    for wins in itertools.product((0, 1), repeat=5):
        k = sum(wins)
        ways = [math.lgamma(a + k), math.lgamma(b + 5 - k), -math.lgamma(a + b + 5)]
        one = [math.lgamma(a), math.lgamma(b), -math.lgamma(a + b)]
        chance = math.exp(sum(ways) - sum(one))
        total = sum(amount for won, amount in zip(wins, amounts, strict=True) if won)
        mean, square = mean + chance * total, square + chance * total**2
        worlds[total] = chance
    assert whole["weighted"] == pytest.approx(mean)
    assert whole["sd"] == pytest.approx(math.sqrt(square - mean**2))
    assert max(within(worlds, whole["low"], whole["high"])) < 0.05 + 0.006
    known = forecast_pipeline(rows, chances(b=(NONE, NONE)).assign(probability=a / (a + b)), TODAY)
    assert known.iloc[-1]["sd"] < whole["sd"]


def test_months_are_joined_for_those_who_see_sums_only() -> None:
    rows, _, _ = play(120)
    alone = forecast_pipeline(rows, chances(), TODAY, draws=200)
    joined = forecast_pipeline(rows, chances(), TODAY, draws=200, minimum=11)
    assert alone["companies"].min() < 11 <= joined["companies"].min()
    assert joined["n"].iloc[:-1].sum() == joined["n"].iloc[-1] == rows["state"].eq("open").sum()
    assert joined["weighted"].iloc[:-1].sum() == pytest.approx(alone["weighted"].iloc[-1])
    assert forecast_pipeline(rows, chances(), TODAY, minimum=1000).empty
    assert forecast_pipeline(rows.iloc[:0], chances(), TODAY).empty
    for wrong in ({"months": 0}, {"level": 1.0}, {"draws": 0}):
        with pytest.raises(ParameterProblem):
            forecast_pipeline(rows, chances(), TODAY, **wrong)
