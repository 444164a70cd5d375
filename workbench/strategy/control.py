"""The control group: held back at random within each strategy and segment, by seed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd


def draw_control(targets: pd.DataFrame, random_state: int) -> pd.Series:
    """Return each target's arm.

    Parameters
    ----------
    targets : pandas.DataFrame
        ``customer_id``, ``strategy_id``, ``segment`` and ``_share``: the share held back.
    random_state : int
        The seed.

    Notes
    -----
    Strata are strategy by segment. The control of all strata together is the rounded sum
    of n·share; each stratum gets the whole part of its n·share, and what is left goes to
    the largest remainders, so every stratum is within one customer of its share. Who is
    drawn in a stratum depends only on the seed, the stratum's name and its customers.

    Examples
    --------
    >>> rows = pd.DataFrame({"customer_id": list("abcd"), "strategy_id": "S1", "segment": "All",
    ...                      "_share": 0.25})
    >>> draw_control(rows, 0).value_counts().to_dict()
    {'treatment': 3, 'control': 1}
    """
    arm = pd.Series("treatment", index=targets.index, dtype="str")
    strata = {
        key: group.sort_values("customer_id")
        for key, group in targets.groupby(["strategy_id", "segment"], sort=True)
    }
    wanted = {key: float(group["_share"].sum()) for key, group in strata.items()}
    for key, n in largest_remainder(wanted).items():
        name = hashlib.sha256("\x1f".join(key).encode("utf-8")).digest()[:8]
        draw = np.random.default_rng([random_state, int.from_bytes(name, "big")])
        members = strata[key].index.to_numpy()
        arm.loc[draw.permutation(members)[:n]] = "control"
    return arm


def largest_remainder(wanted: Mapping[Any, float]) -> dict[Any, int]:
    """Return whole numbers that sum to the rounded total, each within 1 of what is wanted.

    Examples
    --------
    >>> largest_remainder({"a": 1.6, "b": 2.3, "c": 0.1})
    {'a': 2, 'b': 2, 'c': 0}
    """
    # 30 × 0.1 is a little above 3 in binary; that must not count as a remainder.
    exact = {key: round(value, 9) for key, value in wanted.items()}
    counts = {key: int(value) for key, value in exact.items()}
    left = int(round(sum(exact.values()), 6) + 0.5) - sum(counts.values())
    by_remainder = sorted(exact, key=lambda key: (counts[key] - exact[key], key))
    for key in by_remainder[:left]:
        counts[key] += 1
    return counts
