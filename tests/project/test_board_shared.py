"""What is published of a board gives no few customers away, whichever filters one combines.

An attacker writes down every figure that any choice of filters shows, as an equation about
the customers of each strategy, branch and week, and asks by linear programming what each
hidden count can be. No count from 1 to 10 may have a single answer.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from workbench.project.board_shared import share_cube, sum_shared
from workbench.review.cube import DIMENSIONS, MEASURES

MINIMUM = 11
REGIONS = {"N1": "North", "N2": "North", "N3": "North", "S1": "South", "S2": "South"}
STRATEGIES = 3
WEEKS = 3


def make_cube(seed: int, size: float = 9.0) -> pd.DataFrame:
    """Counts of a few customers a strategy, branch and week, some of them nobody."""
    rng = np.random.default_rng(seed)
    rows = []
    for number, branch in product(range(STRATEGIES), REGIONS):
        lively = rng.gamma(1.0, size)
        for week in range(WEEKS + 1):
            row = dict.fromkeys(MEASURES, 0.0)
            if week:
                row["contacted"] = float(rng.poisson(lively))
                row["responded"] = float(rng.binomial(int(row["contacted"]), 0.35))
                row["cost"], row["plan_responses"] = row["contacted"] * 3.0, 0.1 * row["contacted"]
            else:
                row["listed"] = float(rng.poisson(lively * WEEKS))
            place = {"strategy_id": f"S{number}", "segment": f"segment {number % 2}", "branch": branch}
            place |= {"channel": "sms", "script": f"S{number} · v1", "region": REGIONS[branch]}
            rows.append({**place, "person": f"Caller {number % 3}", "week": week, **row})
    return pd.DataFrame(rows)[[*DIMENSIONS, *MEASURES]]


def choices() -> list[tuple[str, dict[str, str], tuple[int, int] | None]]:
    """Every table under no filter or one, and every two filters: more cross what is not published."""
    strategies = [{}, {"strategy_id": "S0"}, {"strategy_id": "S1"}, {"segment": "segment 0"}]
    places = [{}, {"region": "North"}, {"branch": "N1"}, {"branch": "S1"}]
    spans = [None, (1, 1), (1, 2), (2, 3)]
    members = ["", "strategy_id", "segment", "region", "branch", "person", "week"]
    every = product(members, strategies, places, spans)
    return [
        (by, {**one, **place}, span)
        for by, one, place, span in every
        if sum(map(bool, (by, one, place, span))) <= 2
    ]


class Attack:
    """All that the published figures say of one measure."""

    def __init__(self, cube: pd.DataFrame, measure: str, asked: list | None = None) -> None:
        self.leaves = cube[cube["week"].gt(0)].reset_index(drop=True)
        self.truth = self.leaves[measure].to_numpy()
        self.known: dict[bytes, float] = {}
        self.positive: set[bytes] = set()
        self.targets: set[bytes] = set()
        shared = share_cube(cube, MINIMUM)
        for by, filters, span in asked or choices():
            inside = np.ones(len(self.leaves), dtype=bool)
            for name, value in filters.items():
                inside &= self.leaves[name].eq(value).to_numpy()
            if span is not None:
                inside &= self.leaves["week"].between(*span).to_numpy()
            found = sum_shared(shared, by, filters, span)
            told = (
                {} if found is None else {row[by] if by else "": row for row in found[0].to_dict("records")}
            )
            for member in self.leaves.loc[inside, by].unique() if by else [""]:
                mask = inside & (self.leaves[by].eq(member).to_numpy() if by else True)
                self._note(mask, told.get(member), measure)

    def _note(self, mask: np.ndarray, row: dict | None, measure: str) -> None:
        key, n = np.packbits(mask).tobytes(), float(self.truth[mask].sum())
        if row is not None and not row[f"hide_{measure}"]:
            assert row[measure] == n, "what is shown is true"
            assert n == 0 or n >= MINIMUM, "nothing small is shown"
            self.known[key] = n
        elif row is not None:
            self.positive.add(key)
        if 0 < n < MINIMUM:
            self.targets.add(key)

    def _vector(self, key: bytes) -> np.ndarray:
        return np.unpackbits(np.frombuffer(key, dtype=np.uint8))[: len(self.truth)].astype(float)

    def found_out(self) -> bool:
        """Say whether a hidden count has only one value that fits all that is shown."""
        equal = np.array([self._vector(key) for key in self.known])
        values = np.array(list(self.known.values()))
        least = -np.array([self._vector(key) for key in self.positive])
        for key in self.targets:
            asked = self._vector(key)
            limits = {"A_eq": equal, "b_eq": values, "bounds": (0, None), "method": "highs"}
            if len(least):
                # Who is hidden is known to be somebody.
                limits |= {"A_ub": least, "b_ub": -np.ones(len(least))}
            low, high = (linprog(sign * asked, **limits) for sign in (1, -1))
            assert low.status == 0
            if high.status == 0 and -high.fun - low.fun < 1e-6:
                return True
        return False


def test_no_small_count_is_found_out_by_combining_filters():
    attack = Attack(make_cube(1), "responded")
    assert len(attack.targets) > 15, "there is something to find"
    assert len(attack.known) > 10, "something is shown"
    assert not attack.found_out()


def test_the_attack_finds_what_is_hidden_badly(monkeypatch):
    """Hidden alone, without complementary cells, small counts are the difference of others."""
    from workbench.project import board_shared

    def only_small(counts, minimum, *, by, count, totals):
        whole = [counts, *(counts.groupby(key)[count].sum().reset_index() for key in by if len(by) > 1)]
        whole.append(pd.DataFrame({count: [counts[count].sum()]}))
        every = pd.concat(whole, ignore_index=True)
        return every.assign(hidden=every[count].between(1, minimum - 1))

    monkeypatch.setattr(board_shared, "hide_small_cells", only_small)
    asked = [(by, {}, None) for by in ("", "strategy_id", "region", "branch")]
    asked += [("week", {"strategy_id": f"S{n}"}, None) for n in range(STRATEGIES)]
    assert Attack(make_cube(2), "responded", asked).found_out()


def test_figures_that_rest_on_hidden_counts_are_hidden_too():
    shared = share_cube(make_cube(3), MINIMUM)
    for measure in ("listed", "contacted", "responded"):
        assert shared.loc[shared[f"hide_{measure}"], measure].isna().all()
        shown = shared.loc[~shared[f"hide_{measure}"], measure].dropna()
        assert not shown.between(1, MINIMUM - 1).any()
    assert shared.loc[shared["hide_contacted"], "cost"].isna().all()
    assert shared.loc[shared["hide_listed"], "plan_responses"].isna().all()
    assert shared[["amount", "tries"]].isna().all(axis=None)
    several = shared[shared["level"].isin(("branch", "person"))]
    assert several["cost"].isna().all(), "a weighted sum would be one more equation"
    ratios = several["responded_to_plan"].dropna() / 0.05
    assert np.allclose(ratios, ratios.round())


def test_persons_are_masked_and_told_apart():
    cube = make_cube(4, size=40)
    cube["person"] = cube["person"].map(
        {"Caller 0": "Anna Smith", "Caller 1": "Adam Stone", "Caller 2": "王伟"}
    )
    shared = share_cube(cube, MINIMUM)
    found = sum_shared(shared, "person")
    assert found is not None
    assert set(found[0]["person"]) == {"A** S**", "A** S** 2", "王**"}


def test_a_few_customers_of_no_known_place_do_not_hide_a_region():
    cube = make_cube(5, size=60)
    stray = cube.head(2).assign(region="", branch="", listed=1.0)
    shared = share_cube(pd.concat([cube, stray], ignore_index=True), MINIMUM)
    regions = shared[shared["level"].eq("region")]
    assert set(regions["region"]) == {"North", "South"}
    assert not regions["hide_listed"].any()
