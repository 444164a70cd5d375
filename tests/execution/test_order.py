"""The order kept up result by result is the worklist's, built from tables."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench.execution import WorkOrder, build_worklist, make_dispositions, read_dispositions
from workbench.execution import order as module
from workbench.tables import CONTACTS, OUTCOMES

START = dt.date(2026, 10, 12)


def results(targets: pd.DataFrame, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw contacts and outcomes of the treatment arm over some days."""
    chance = np.random.default_rng(seed)
    treated = targets[targets["arm"] == "treatment"].to_dict("records")
    codes = [*read_dispositions(), "unheard"]
    contacts, outcomes = [], []
    for number in range(25):
        row = treated[chance.integers(len(treated))]
        about = {name: row[name] for name in ("list_id", "strategy_id", "customer_id")}
        at = pd.Timestamp(START) + pd.Timedelta(hours=int(chance.integers(100)))
        if chance.random() < 0.8:
            code = codes[chance.integers(len(codes))]
            contacts.append(
                {
                    "contact_id": f"c{number}",
                    **about,
                    "contacted_at": at,
                    "channel": "phone",
                    "disposition": code,
                }
            )
        else:
            told = {"recorded_at": at, "responded": bool(chance.random() < 0.5), "amount": None}
            outcomes.append({"outcome_id": f"o{number}", **about, **told})
    return _typed(contacts, CONTACTS), _typed(outcomes, OUTCOMES)


def _typed(rows: list[dict[str, Any]], table: Any) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(table.empty().columns)).astype(table.empty().dtypes.to_dict())


def feed(order: WorkOrder, contacts: pd.DataFrame, outcomes: pd.DataFrame, seed: int) -> None:
    """Take results in, in another order than that of their moments, and some twice."""
    made = [("contact", row) for row in contacts.itertuples()]
    made += [("outcome", row) for row in outcomes.itertuples()]
    for number in np.random.default_rng(seed).permutation([*range(len(made)), 0, 1]):
        kind, row = made[number]
        if kind == "contact":
            at = row.contacted_at.to_pydatetime()
            order.add_contact(row.list_id, row.customer_id, at, row.contact_id, row.disposition, "lin")
        else:
            at = row.recorded_at.to_pydatetime()
            order.add_outcome(row.list_id, row.customer_id, at, row.outcome_id, row.responded)


@pytest.mark.parametrize("seed", range(6))
def test_it_is_the_worklists(targets, customers, strategies, seed: int) -> None:
    contacts, outcomes = results(targets, seed)
    order = WorkOrder(targets, strategies, today=START)
    feed(order, contacts, outcomes, seed)
    for days in (0, 2, 5, 11):
        day = START + dt.timedelta(days=days)
        work = build_worklist(targets, customers, contacts, outcomes, strategies, today=day)
        waiting = work[work["status"].ne("done")]
        due = waiting[waiting["due_on"] <= pd.Timestamp(day)]
        assert [order.customers[n] for n in order.walk(day)] == due["customer_id"].tolist()
        early = waiting[(waiting["due_on"] > pd.Timestamp(day)) & waiting["attempts"].eq(0)]
        early = early[~early["customer_id"].isin(outcomes["customer_id"])]
        ahead = [order.customers[n] for n in order.walk(day, ahead=True)]
        assert ahead == [*due["customer_id"], *early["customer_id"]]
        assert [order.customers[n] for n in order.walk(day, {"S2"})] == due.loc[
            due["strategy_id"].eq("S2"), "customer_id"
        ].tolist()
    for row in work.to_dict("records"):
        number = order.number(row["list_id"], row["customer_id"])
        assert number is not None
        entry = order.entry(number)
        for name in ("status", "attempts", "last_disposition", "segment"):
            assert entry[name] == row[name]
        assert entry["due_on"] == (None if row["status"] == "done" else row["due_on"].date())


@pytest.mark.parametrize("few", [0, 5, 10_000])
@pytest.mark.parametrize("seed", range(3))
def test_many_results_at_once_leave_what_one_by_one_leaves(
    targets, strategies, monkeypatch, seed, few
) -> None:
    monkeypatch.setattr(module, "_FEW", few)
    singly, together = (WorkOrder(targets, strategies, today=START) for _ in range(2))
    for part in (seed, seed + 100):
        contacts, outcomes = results(targets, part)
        contacts["contact_id"] = [f"{part} {name}" for name in contacts["contact_id"]]
        outcomes["outcome_id"] = [f"{part} {name}" for name in outcomes["outcome_id"]]
        feed(singly, contacts, outcomes, seed)
        with together.at_once(), together.at_once():
            feed(together, contacts, outcomes, seed)
        for days in (0, 2, 5, 11):
            day = START + dt.timedelta(days=days)
            assert list(together.walk(day, ahead=True)) == list(singly.walk(day, ahead=True))
            assert together.promised("lin", day) == singly.promised("lin", day)
        assert [together.entry(n) for n in range(len(together))] == [
            singly.entry(n) for n in range(len(singly))
        ]


def test_the_control_is_not_on_it(targets, strategies) -> None:
    order = WorkOrder(targets, strategies, today=START)
    assert len(order) == (targets["arm"] == "treatment").sum()
    assert order.number("L1", "0000000002") is None
    # A contact of theirs, from a file, moves nobody.
    order.add_contact("L1", "0000000002", dt.datetime(2026, 10, 12), "c", "reached", "")
    assert len(list(order.walk(START, ahead=True))) == len(order)


def test_many_tried_are_dropped_from_the_way(targets, strategies) -> None:
    n = 3_000
    ids = [f"{number:06d}" for number in range(n)]
    rows = {"customer_id": ids, "strategy_id": "S1", "segment": "All", "score": np.linspace(1, 0, n)}
    many = pd.DataFrame({**rows, "rank": range(1, n + 1), "arm": "treatment", "list_id": "L1"})
    order = WorkOrder(many, strategies, today=START)
    for number in range(n - 1):
        order.add_contact("L1", ids[number], dt.datetime(2026, 10, 12), f"c{number}", "reached", "lin")
        if number % 500 == 0:
            assert order.customers[next(order.walk(START, ahead=True))] == ids[number + 1]
    assert [order.customers[n] for n in order.walk(START, ahead=True)] == [ids[-1]]


def test_the_projects_own_codes_decide(targets, strategies) -> None:
    own = {"code": "visit", "en": "Visit", "zh_CN": "到店", "reached": True, "next": "callback", "days": 4}
    codes = make_dispositions([*(each.plain() for each in read_dispositions().values()), own])
    order = WorkOrder(targets, strategies, today=START, dispositions=codes)
    order.add_contact("L1", "0000000001", dt.datetime(2026, 10, 12, 9), "c", "visit", "lin")
    assert "0000000001" not in [order.customers[n] for n in order.walk(dt.date(2026, 10, 15))]
    first = next(order.walk(dt.date(2026, 10, 16)))
    assert (order.customers[first], order.entry(first)["status"]) == ("0000000001", "callback")
