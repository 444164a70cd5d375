"""Evaluate a campaign of a million contacts, beside statsmodels and scipy in a loop.

Run ``python benchmarks/evaluate_campaign.py [contacts]``. Prints the median time of both,
their ratio and their peak memory (Python's and numpy's allocations), after checking that
both say the same.
"""

from __future__ import annotations

import gc
import sys
import time
import tracemalloc
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from workbench.review import evaluate_campaign

ARM, CONTROL = "segment", "No E-Mail"
ARMS = (CONTROL, "Mens E-Mail", "Womens E-Mail")
OUTCOMES = ("visit", "conversion", "spend")
REPEATS = 5


def make_contacts(n: int) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    bought = rng.random(n) < 0.01
    return pd.DataFrame(
        {
            ARM: pd.Series(np.array(ARMS)[rng.integers(0, len(ARMS), n)], dtype="str"),
            "visit": (rng.random(n) < 0.15).astype(np.int64),
            "conversion": bought.astype(np.int64),
            "spend": np.where(bought, rng.gamma(2, 50, n), 0.0),
        }
    )


def ours(contacts: pd.DataFrame) -> list[tuple[float, ...]]:
    result = evaluate_campaign(contacts, arm=ARM, control=CONTROL, outcomes=list(OUTCOMES))
    treated = result[result["arm"] != CONTROL]
    return list(treated[["uplift", "ci_low", "ci_high", "p_value"]].itertuples(index=False, name=None))


def peer(contacts: pd.DataFrame) -> list[tuple[float, ...]]:
    rows = []
    for arm in ARMS[1:]:
        for outcome in OUTCOMES:
            treated = contacts.loc[contacts[ARM] == arm, outcome].to_numpy(float)
            control = contacts.loc[contacts[ARM] == CONTROL, outcome].to_numpy(float)
            both = CompareMeans(DescrStatsW(treated), DescrStatsW(control))
            low, high = both.tconfint_diff(usevar="unequal")
            test = stats.ttest_ind(treated, control, equal_var=False)
            rows.append((float(treated.mean() - control.mean()), low, high, float(test.pvalue)))
    return rows


def median_seconds(work: Callable[[pd.DataFrame], object], contacts: pd.DataFrame) -> float:
    work(contacts)
    seconds = []
    for _ in range(REPEATS):
        gc.collect()
        start = time.perf_counter()
        work(contacts)
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds))


def peak_megabytes(work: Callable[[pd.DataFrame], object], contacts: pd.DataFrame) -> float:
    gc.collect()
    tracemalloc.start()
    work(contacts)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def main(n: int = 1_000_000) -> None:
    contacts = make_contacts(n)
    np.testing.assert_allclose(ours(contacts), peer(contacts), rtol=1e-6)
    print(f"{n:,} contacts, {len(ARMS)} arms, {len(OUTCOMES)} outcomes; median of {REPEATS}")
    seconds, megabytes = {}, {}
    for name, work in (("workbench", ours), ("statsmodels and scipy", peer)):
        seconds[name] = median_seconds(work, contacts)
        megabytes[name] = peak_megabytes(work, contacts)
        print(f"{name:<22} {seconds[name] * 1000:8.0f} ms   peak {megabytes[name]:6.0f} MB")
    print(f"{seconds['statsmodels and scipy'] / seconds['workbench']:.1f} times faster")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
