"""Score a million customers for ten strategies and cut their lists, against plain ways of scoring.

Run ``python benchmarks/score_customers.py [customers] [strategies]``. Each way runs in a
process of its own, so that its peak of memory is its own. Peers, in the same run:

- ``apply``: the same score by a function of one row with ``DataFrame.apply``, on 20,000
  rows, and its time for all rows in proportion (it would take many minutes);
- ``scikit-learn``: one ``ColumnTransformer`` of rank scalers (``QuantileTransformer``) a
  strategy, and the weighted sum of its columns.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from typing import Any

import numpy as np
import pandas as pd

WEIGHTS = {"expected_value": 0.45, "balances": 0.3, "satisfaction": 0.15, "cost": 0.1}
APPLIED = 20_000
LIMIT_SECONDS, LIMIT_GIB = 10.0, 4.0


def make(n: int, strategies: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, dict[str, pd.Series]]:
    """Return customers, their one segment, strategies that are all for it, and their propensities."""
    from workbench.strategy import suggest_strategies

    rng = np.random.default_rng(0)
    customers = pd.DataFrame(
        {
            "customer_id": pd.Series(np.char.zfill(np.arange(n).astype(str), 9), dtype="str"),
            "balance_total": rng.lognormal(10, 1.5, n).round(2),
            "satisfaction": pd.Series(rng.integers(0, 11, n).astype(float)).mask(rng.random(n) < 0.5),
            "lifecycle_stage": rng.choice(["growth", "mature", "decline"], n),
            "consent": rng.random(n) < 0.8,
            "age": rng.integers(15, 90, n).astype(float),
        }
    )
    members = pd.DataFrame({"customer_id": customers["customer_id"], "cluster": 0, "segment": "All"})
    draft = suggest_strategies(customers.head(100), members.head(100), starts_on="2026-10-12").iloc[[0]]
    cards = pd.concat([draft] * strategies, ignore_index=True).assign(
        strategy_id=[f"S{i}" for i in range(1, strategies + 1)],
        lifecycle_stages="",
        eligibility="",
        tier="",
        trigger="",
        channel=["phone", "sms", "app", "branch", "email"] * (strategies // 5) + ["phone"] * (strategies % 5),
        value_per_response=[200.0 + 90 * i for i in range(strategies)],
        cost_per_contact=[0.5 + 2 * i for i in range(strategies)],
    )
    base = rng.beta(2, 30, n)
    chances = {
        name: pd.Series(np.clip(base * (0.5 + number / strategies), 0, 1), index=customers["customer_id"])
        for number, name in enumerate(cards["strategy_id"])
    }
    return customers, members, cards, chances


def ours(n: int, strategies: int) -> dict[str, Any]:
    """Score every pair of customer and strategy, and cut the lists through all gates."""
    from workbench.strategy import read_policies, read_suitability, score_customers, select_targets

    customers, members, cards, chances = make(n, strategies)
    before = time.perf_counter()
    scores = score_customers(customers, members, cards, chances, WEIGHTS)
    scored = time.perf_counter() - before
    memory = peak()
    rng = np.random.default_rng(1)
    contacts = pd.DataFrame(
        {
            "customer_id": customers["customer_id"].take(rng.integers(0, n, n // 2)).to_numpy(),
            "channel": rng.choice(["phone", "sms", "app"], n // 2),
            "contacted_at": pd.Timestamp("2026-10-12")
            - pd.to_timedelta(rng.integers(0, 200 * 24, n // 2), unit="h"),
        }
    )
    before = time.perf_counter()
    selection = select_targets(
        scores,
        cards,
        customers,
        members,
        capacity={"phone": n // 20, "branch": n // 50},
        contacts=contacts,
        policies=read_policies(),
        suitability=read_suitability(),
    )
    cut = time.perf_counter() - before
    return {
        "seconds": scored,
        "gib": memory,
        "rows": len(scores),
        "cut_seconds": cut,
        "cut_gib": peak(),
        "listed": len(selection.targets),
        "sample": checksum(scores["score"].to_numpy()),
    }


def apply(n: int, strategies: int) -> dict[str, Any]:
    """Score row by row, as a function of one row would; timed on a part."""
    customers, _, cards, chances = make(n, strategies)
    part = min(APPLIED, n * strategies)
    card = cards.iloc[0]
    rows = customers.head(min(part, n)).assign(p=chances["S1"].to_numpy()[: min(part, n)])
    pool = {
        "value": np.sort(rows["p"] * card["value_per_response"] - card["cost_per_contact"]),
        "balance": np.sort(rows["balance_total"]),
    }

    def score(row: pd.Series) -> float:
        value = row["p"] * card["value_per_response"] - card["cost_per_contact"]
        parts = (
            np.searchsorted(pool["value"], value) / len(rows),
            np.searchsorted(pool["balance"], row["balance_total"]) / len(rows),
        )
        return 0.45 * parts[0] + 0.3 * parts[1] + 0.15 * 0.5 + 0.1 * 0.5

    before = time.perf_counter()
    rows.apply(score, axis=1)
    spent = time.perf_counter() - before
    return {"seconds": spent * n * strategies / len(rows), "gib": peak(), "measured": len(rows)}


def sklearn(n: int, strategies: int) -> dict[str, Any]:
    """Score a strategy at a time by scikit-learn's rank scaler."""
    from sklearn.preprocessing import QuantileTransformer

    customers, _, cards, chances = make(n, strategies)
    weights = np.array([WEIGHTS[name] for name in ("expected_value", "balances", "satisfaction", "cost")])
    before = time.perf_counter()
    found = []
    for card in cards.to_dict("records"):
        p = chances[card["strategy_id"]].to_numpy()
        columns = pd.DataFrame(
            {
                "expected_value": p * card["value_per_response"] - card["cost_per_contact"],
                "balances": customers["balance_total"],
                "satisfaction": customers["satisfaction"].fillna(customers["satisfaction"].median()),
                "cost": -card["cost_per_contact"],
            }
        )
        scaler = QuantileTransformer(n_quantiles=1_000, subsample=100_000, random_state=0)
        found.append(scaler.fit_transform(columns.to_numpy()) @ weights)
    total = np.concatenate(found)
    return {"seconds": time.perf_counter() - before, "gib": peak(), "rows": len(total)}


def peak() -> float:
    """Return the peak memory of this process, GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def checksum(values: np.ndarray) -> float:
    """Return the mean of the scores: the same run gives the same."""
    return round(float(values.mean()), 6)


def main(n: int, strategies: int) -> None:
    """Run each way in its own process, and print a line for each."""
    found: dict[str, dict[str, Any]] = {}
    for name in ("ours", "sklearn", "apply"):
        done = subprocess.run(
            [sys.executable, __file__, str(n), str(strategies), name],
            capture_output=True,
            text=True,
            check=True,
        )
        found[name] = json.loads(done.stdout.strip().splitlines()[-1])
    mine = found["ours"]
    print(f"{n:,} customers × {strategies} strategies, {mine['rows']:,} scores")
    kept = mine["seconds"] < LIMIT_SECONDS and mine["gib"] < LIMIT_GIB
    print(
        f"score_customers      {mine['seconds']:8.1f} s  {mine['gib']:5.2f} GiB  "
        f"{'within' if kept else 'NOT within'} {LIMIT_SECONDS:g} s and {LIMIT_GIB:g} GiB"
    )
    for name, label in (("sklearn", "scikit-learn ranks"), ("apply", "DataFrame.apply")):
        other = found[name]
        note = f" (of {other['measured']:,} rows, in proportion)" if "measured" in other else ""
        print(
            f"{label:20} {other['seconds']:8.1f} s  {other['gib']:5.2f} GiB  "
            f"{other['seconds'] / mine['seconds']:.1f} times as long{note}"
        )
    print(
        f"select_targets       {mine['cut_seconds']:8.1f} s  {mine['cut_gib']:5.2f} GiB  "
        f"{mine['listed']:,} customers on lists, 8 gates"
    )


if __name__ == "__main__":
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    number = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    if len(sys.argv) > 3:
        print(json.dumps({"ours": ours, "apply": apply, "sklearn": sklearn}[sys.argv[3]](size, number)))
    else:
        main(size, number)
