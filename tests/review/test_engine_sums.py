"""Evaluating in the engine gives the figures of evaluating frames."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.engine import Engine
from workbench.errors import ParameterProblem
from workbench.review import (
    Sums,
    compare_means,
    evaluate_in_engine,
    evaluate_strategies,
    follow_up,
    follow_up_in_engine,
    relative_lift,
)
from workbench.tables import EVALUATION

FIGURES = ["mean", "uplift", "ci_low", "ci_high", "p_value", "standard_error"]
FIRST = pd.Timestamp("2026-07-01")


@pytest.fixture(scope="module")
def engine():
    with Engine(threads=1) as engine:
        yield engine


@pytest.fixture
def shown(engine, tmp_path):
    """Return a function that shows a frame to the engine."""

    def show(name: str, frame: pd.DataFrame):
        path = Path(tmp_path) / f"{name}.parquet"
        frame.to_parquet(path, index=False)
        return engine.table(f"{tmp_path.name}_{name}", path)

    return show


@pytest.fixture
def cycle(make_cycle):
    """Three strategies with all that a bank's tables hold: parts, gaps and bad input."""
    cycle = make_cycle(
        ("S1", 300, 80, 60, 9), ("S2", 150, 20, 50, 5), ("S3", 90, 0, 10, 0), ("S4", 60, 12, 20, 3),
        contacted={"S1": 260, "S2": 120, "S3": 0},
    )  # fmt: skip
    rng = np.random.default_rng(0)
    cycle.targets["segment"] = rng.choice(["young", "retired", "owners"], len(cycle.targets))
    amounts = rng.lognormal(10, 1.5, len(cycle.outcomes)).round(2)
    cycle.outcomes["amount"] = np.where(rng.random(len(amounts)) < 0.1, np.nan, amounts)
    cycle.outcomes.loc[cycle.outcomes["strategy_id"].eq("S4"), "amount"] = np.nan
    # A second answer, one from before the first day, and a customer in both arms.
    again = cycle.outcomes.iloc[:5].assign(outcome_id=[f"again{i}" for i in range(5)], amount=100.0)
    early = cycle.outcomes.iloc[5:9].assign(
        outcome_id=[f"early{i}" for i in range(4)],
        recorded_at=FIRST - pd.Timedelta(days=1),
        customer_id=[f"S1t{290 + i:06d}" for i in range(4)],
    )
    cycle.outcomes = pd.concat([cycle.outcomes, again, early], ignore_index=True)
    twice = cycle.targets.iloc[:2].assign(arm="control")
    cycle.targets = pd.concat([cycle.targets, twice], ignore_index=True)
    return cycle


def joined(cycle, shown, by=(), contacts=True):
    return follow_up_in_engine(
        shown("targets", cycle.targets),
        shown("outcomes", cycle.outcomes),
        cycle.strategies,
        contacts=shown("contacts", cycle.contacts) if contacts else None,
        customers=shown("customers", cycle.customers),
        by=by,
    )


def paired(frame: pd.DataFrame, evaluation: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    keys = [*by, "arm", "outcome"]
    both = frame.merge(
        evaluation, on=keys, how="outer", suffixes=("", "_theirs"), validate="1:1", indicator=True
    )
    assert both["_merge"].eq("both").all()
    return both


@pytest.mark.parametrize("part", [None, "segment", "branch"])
@pytest.mark.parametrize("contacts", [True, False])
def test_figures_are_those_of_evaluate_strategies(cycle, shown, part, contacts):
    by = ["strategy_id", *([part] if part else [])]
    frame = evaluate_in_engine(joined(cycle, shown, by, contacts), by=by, alpha=0.1)
    EVALUATION.check(frame)
    theirs = evaluate_strategies(
        *cycle.tables(),
        contacts=cycle.contacts if contacts else None,
        customers=cycle.customers,
        by=part,
        alpha=0.1,
    )
    both = paired(frame, theirs, by)
    assert (both["n"] == both["n_theirs"]).all()
    for name in FIGURES:
        np.testing.assert_allclose(both[name], both[f"{name}_theirs"], rtol=1e-9, atol=1e-12, err_msg=name)
    rates = both[both["outcome"].eq("responded")]
    for name in ("lift", "lift_low", "lift_high"):
        np.testing.assert_allclose(rates[name], rates[f"{name}_theirs"], rtol=1e-9, err_msg=name)
    assert frame["uplift"].notna().any()


def test_the_join_is_follow_ups(cycle, shown, engine):
    theirs = follow_up(
        *cycle.tables(), contacts=cycle.contacts, customers=cycle.customers, by="lifecycle_stage"
    )
    ours = engine.frame(joined(cycle, shown, ["lifecycle_stage"]))
    keys = ["strategy_id", "customer_id"]
    ours, theirs = (frame.sort_values(keys, ignore_index=True) for frame in (ours, theirs))
    for name in (*keys, "arm", "lifecycle_stage", "contacted"):
        assert ours[name].astype(str).tolist() == theirs[name].astype(str).tolist(), name
    for name in ("responded", "amount", "tries", "reached"):
        np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-12, err_msg=name)


def test_amounts_in_another_currency_are_not_added(cycle, shown, engine):
    cycle.outcomes["currency"] = np.where(cycle.outcomes["strategy_id"].eq("S2"), "usd", "CNY")
    cycle.outcomes.loc[0, "currency"] = None
    theirs = follow_up(*cycle.tables(), contacts=cycle.contacts)
    ours = engine.frame(joined(cycle, shown))
    missing = {name: rows["amount"].isna().all() for name, rows in ours.groupby("strategy_id")}
    assert missing == {name: rows["amount"].isna().all() for name, rows in theirs.groupby("strategy_id")}
    assert missing["S2"]
    assert not missing["S1"]


def test_large_amounts_that_differ_little_keep_their_digits(shown):
    rng = np.random.default_rng(1)
    rows = pd.DataFrame(
        {"arm": np.repeat(["treatment", "control"], 500), "balance": 1e9 + rng.normal(size=1_000)}
    )
    frame = evaluate_in_engine(shown("rows", rows.assign(part="A")), by="part", outcomes=["balance"])
    values = rows["balance"].to_numpy()
    expected = compare_means(Sums.of(values[:500]), Sums.of(values[500:]))
    assert frame["standard_error"].iloc[0] == pytest.approx(float(expected.standard_error), rel=1e-6)


def test_any_arms_and_outcomes(shown):
    rng = np.random.default_rng(2)
    n = 600
    rows = pd.DataFrame(
        {
            "part": rng.choice(["A", "B"], n),
            "group": rng.choice(["mail", "call", "none"], n),
            "visit": pd.Series(rng.random(n) < 0.3, dtype="boolean").mask(rng.random(n) < 0.1),
            "spend": np.where(rng.random(n) < 0.1, np.nan, rng.gamma(1, 10, n)),
        }
    )
    frame = evaluate_in_engine(
        shown("rows", rows), by=["part"], outcomes=["visit", "spend"], arm="group", control="none"
    )
    assert frame["group"].drop_duplicates().tolist() == ["call", "mail", "none"]
    for row in frame[frame["group"].ne("none")].itertuples():
        sums = [
            Sums.of(rows.loc[rows["part"].eq(row.part) & rows["group"].eq(arm), row.outcome].astype(float))
            for arm in (row.group, "none")
        ]
        for ours, compared in ((row.p_value, compare_means(*sums)), (None, relative_lift(*sums))):
            if ours is not None:
                assert ours == pytest.approx(float(compared.p_value), rel=1e-9)
            else:
                assert row.lift_high == pytest.approx(float(compared.ci_high), rel=1e-9)


def test_an_empty_arm_and_outcomes_all_zero(shown):
    rows = pd.DataFrame(
        {
            "part": ["A"] * 4 + ["B"] * 3,
            "arm": ["treatment", "treatment", "control", "control"] + ["treatment"] * 3,
        }
    ).assign(responded=0)
    frame = evaluate_in_engine(shown("rows", rows), by=["part"], outcomes=["responded"])
    assert frame[["part", "arm", "n"]].values.tolist() == [
        ["A", "treatment", 2], ["A", "control", 2], ["B", "treatment", 3], ["B", "control", 0],
    ]  # fmt: skip
    assert frame["uplift"].tolist()[0] == 0.0
    assert frame[["ci_low", "p_value"]].isna().all(axis=None)
    assert np.isnan(frame["uplift"].iloc[2])
    assert evaluate_in_engine(shown("none", rows.iloc[:0]), by="part", outcomes=["responded"]).empty


def test_bad_input_is_said(shown, cycle):
    rows = pd.DataFrame(
        {"part": ["A"] * 3, "arm": ["treatment", "control", None], "spend": [1.0, np.inf, 2.0]}
    )
    with pytest.raises(ParameterProblem, match="names no arm for 1 customers"):
        evaluate_in_engine(shown("a", rows), by="part", outcomes=["spend"])
    with pytest.raises(ParameterProblem, match=r"infinite numbers \(1\)"):
        evaluate_in_engine(shown("b", rows.iloc[:2]), by="part", outcomes=["spend"])
    with pytest.raises(ParameterProblem, match='control "held" is not among'):
        evaluate_in_engine(shown("c", rows.iloc[:1]), by="part", outcomes=["spend"], control="held")
    with pytest.raises(ParameterProblem, match="columns visit are asked for"):
        evaluate_in_engine(shown("d", rows), by="part", outcomes=["visit"])
    with pytest.raises(ParameterProblem, match="must be numeric"):
        evaluate_in_engine(shown("e", rows), by="part", outcomes=["arm"])
    with pytest.raises(ParameterProblem, match="at least one outcome"):
        evaluate_in_engine(shown("f", rows), by="part", outcomes=[])
    cycle.strategies = cycle.strategies.iloc[:3]
    with pytest.raises(ParameterProblem, match="no strategy card for S4"):
        joined(cycle, shown)
    with pytest.raises(ParameterProblem, match="neither in the lists"):
        follow_up_in_engine(
            shown("t", cycle.targets[:5]), shown("o", cycle.outcomes), cycle.strategies, by=["region"]
        )
