"""Customers between two snapshots, against brute force, statsmodels, simulation and insight."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from workbench.errors import ParameterProblem
from workbench.insight import population_stability_index
from workbench.review import (
    compare_churn,
    count_churn,
    count_moves,
    decompose_value,
    migrate,
    missing_counterparts,
    pair_snapshots,
    share_stability,
)
from workbench.tables import LIFECYCLE_STAGES

SIDES = ("segment", "lifecycle_stage")


def snapshots(n: int = 400, seed: int = 5) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two snapshots that share most customers; some join, some leave, some balances are unknown."""
    rng = np.random.default_rng(seed)
    ids = np.array([f"C{i:04d}" for i in range(n)])

    def one(who: np.ndarray, day: str) -> pd.DataFrame:
        frame = pd.DataFrame(
            {
                "customer_id": rng.permutation(who),
                "segment": rng.choice(["A", "B", "C"], len(who), p=[0.5, 0.3, 0.2]),
                "lifecycle_stage": rng.choice(LIFECYCLE_STAGES, len(who)),
                "balance_total": rng.lognormal(8, 2, len(who)).round(2),
                "product_count": rng.integers(1, 6, len(who)),
                "snapshot_date": pd.Timestamp(day),
            }
        )
        frame.loc[frame.index[:3], "balance_total"] = np.nan
        return frame

    return one(ids[: int(0.9 * n)], "2026-06-30"), one(ids[int(0.1 * n) :], "2026-09-30")


@pytest.mark.parametrize("by", SIDES)
def test_the_matrix_counts_every_customer_once(by) -> None:
    before, after = snapshots()
    pairs = pair_snapshots(before, after)
    matrix = migrate(pairs, by).fillna({"from": "-", "to": "-"}).set_index(["from", "to"])
    known = {frame_id: dict(zip(frame["customer_id"], frame[by], strict=True)) for frame_id, frame in enumerate((before, after))}  # noqa: E501  # fmt: skip
    money = {frame_id: dict(zip(frame["customer_id"], frame["balance_total"].fillna(0), strict=True)) for frame_id, frame in enumerate((before, after))}  # noqa: E501  # fmt: skip
    counted: dict[tuple[str, str], list[float]] = {}
    for customer in set(known[0]) | set(known[1]):
        cell = counted.setdefault((known[0].get(customer, "-"), known[1].get(customer, "-")), [0, 0, 0])
        cell[0] += 1
        cell[1] += money[0].get(customer, 0)
        cell[2] += money[1].get(customer, 0)
    assert set(matrix.index) == set(counted)
    for pair, (n, one, other) in counted.items():
        assert matrix.loc[pair, "n"] == n
        assert matrix.loc[pair, "value_before"] == pytest.approx(one)
        assert matrix.loc[pair, "value_after"] == pytest.approx(other)
    assert matrix.groupby("from")["share"].sum().to_numpy() == pytest.approx(1.0)
    assert pairs.attrs["unknown_values"] == (3, 3)


@pytest.mark.parametrize("by", SIDES)
def test_the_money_is_split_exactly(by) -> None:
    before, after = snapshots()
    pairs = pair_snapshots(before, after)
    rows = decompose_value(pairs, by)
    sums = rows["value_before"] + rows["joined"] - rows["left"] + rows["moved_in"] - rows["moved_out"]
    assert (sums + rows["change_stayed"] + rows["change_moved"]).to_numpy() == pytest.approx(
        rows["value_after"].to_numpy(), rel=1e-12
    )
    assert (rows["value_before"] + rows["customers"] + rows["balances"]).to_numpy() == pytest.approx(
        rows["value_after"].to_numpy(), rel=1e-12
    )
    people = rows["n_before"] + rows["n_joined"] - rows["n_left"] + rows["n_in"] - rows["n_out"]
    assert people.tolist() == rows["n_after"].tolist()
    whole, parts = rows.iloc[-1], rows.iloc[:-1]
    assert pd.isna(whole["part"])
    assert whole["value_before"] == pytest.approx(before["balance_total"].sum())
    assert whole["value_after"] == pytest.approx(after["balance_total"].sum())
    assert parts["moved_in"].sum() == pytest.approx(parts["moved_out"].sum())
    for name in ("joined", "left", "change_stayed", "change_moved"):
        assert parts[name].sum() == pytest.approx(whole[name])


@pytest.mark.parametrize("by", SIDES)
def test_cells_give_the_same_figures_as_customers(by) -> None:
    pairs = pair_snapshots(*snapshots())
    cells = count_moves(pairs)
    assert "customer_id" not in cells
    assert len(cells) < len(pairs)
    for make in (migrate, decompose_value, count_churn):
        pd.testing.assert_frame_equal(make(cells, by), make(pairs, by))
    assert share_stability(cells, by).psi == share_stability(pairs, by).psi


def test_churn_and_win_back_by_hand_and_with_statsmodels_intervals() -> None:
    before, after = snapshots()
    found = count_churn(pair_snapshots(before, after)).fillna({"part": "all"})
    later = dict(zip(after["customer_id"], after["lifecycle_stage"], strict=True))
    gone = ("dormant", "lost")
    for kind in ("churn", "win_back"):
        for part in ("A", "B", "C", "all"):
            mine = before[before["segment"].eq(part) | (part == "all")]
            at_risk = mine[mine["lifecycle_stage"].isin(gone) == (kind == "win_back")]
            now = [later.get(customer) for customer in at_risk["customer_id"]]
            lost = sum(stage is None or stage in gone for stage in now)
            k = lost if kind == "churn" else len(now) - lost
            row = found[found["kind"].eq(kind) & found["part"].eq(part)].iloc[0]
            assert (row["n"], row["k"]) == (len(at_risk), k)
            low, high = proportion_confint(k, len(at_risk), method="wilson")
            assert (row["low"], row["high"]) == pytest.approx((low, high))


def test_without_stages_only_who_left_has_churned() -> None:
    before, after = (frame.drop(columns="lifecycle_stage") for frame in snapshots())
    found = count_churn(pair_snapshots(before, after))
    whole = found[found["part"].isna()].set_index("kind")
    assert whole.loc["churn", "k"] == len(set(before["customer_id"]) - set(after["customer_id"]))
    assert whole.loc["win_back", "n"] == 0
    assert np.isnan(whole.loc["win_back", "rate"])


@pytest.mark.parametrize("by", SIDES)
def test_the_index_agrees_with_insights(by) -> None:
    before, after = snapshots()
    after = after.assign(**{by: after[by].replace({"A": "New", "growth": "mature"})})
    before.loc[before.index[:2], by] = "rare"
    before.loc[before.index[2:4], by] = "rarer"
    mine = share_stability(pair_snapshots(before, after), by)
    theirs = population_stability_index(before[[by]], after[[by]]).iloc[0]
    assert mine.psi == pytest.approx(theirs["psi"])
    assert mine.critical == pytest.approx(theirs["critical"])
    assert mine.p_value == pytest.approx(theirs["p_value"], abs=1e-12)
    assert (mine.level, mine.exceeds) == (theirs["level"], theirs["exceeds"])


def test_the_critical_value_is_what_chance_reaches() -> None:
    before, after = snapshots(2000)
    pairs = pair_snapshots(before, after)
    approximated, simulated = (share_stability(pairs, n_draws=n).critical for n in (0, 20_000))
    assert simulated == pytest.approx(approximated, rel=0.06)


def test_churn_of_the_treated_against_the_control() -> None:
    from statsmodels.stats.proportion import test_proportions_2indep as score_test

    before, after = snapshots(1200)
    pairs = pair_snapshots(before, after)
    rng = np.random.default_rng(1)
    listed = before["customer_id"].sample(700, random_state=1)
    targets = pd.DataFrame({"customer_id": listed, "strategy_id": rng.choice(["S1", "S2"], 700)})
    targets["arm"] = rng.choice(["treatment", "control"], 700)
    targets.loc[targets["strategy_id"].eq("S2"), "arm"] = "treatment"
    found = compare_churn(pairs, targets).set_index("strategy_id")
    at_risk = before[~before["lifecycle_stage"].isin(["dormant", "lost"])]["customer_id"]
    later = dict(zip(after["customer_id"], after["lifecycle_stage"], strict=True))
    mine = targets[targets["strategy_id"].eq("S1") & targets["customer_id"].isin(at_risk)]
    churned = np.array([later.get(c, "lost") in ("dormant", "lost") for c in mine["customer_id"]], float)
    arms = mine["arm"].eq("treatment").to_numpy()
    row = found.loc["S1"]
    assert (row["n_treated"], row["n_control"]) == (arms.sum(), (~arms).sum())
    assert (row["k_treated"], row["k_control"]) == (churned[arms].sum(), churned[~arms].sum())
    counts = (churned[arms].sum(), arms.sum(), churned[~arms].sum(), (~arms).sum())
    assert row["p_holm"] == pytest.approx(score_test(*counts, compare="diff", method="score").pvalue)
    # The ends of the interval are the differences that the test only just leaves.
    for end in (row["ci_low"], row["ci_high"]):
        at_end = score_test(*counts, value=end, compare="diff", method="score", correction=True)
        assert at_end.pvalue == pytest.approx(0.05, abs=2e-3)
    assert row["n_unknown"] == (targets["strategy_id"].eq("S1")).sum() - len(mine)
    assert found.loc["S2", "verdict"] == "no_control"
    assert np.isnan(found.loc["S2", "difference"])
    both = pd.concat([targets, mine.assign(arm="control")])
    with pytest.raises(ParameterProblem, match="both arms"):
        compare_churn(pairs, both)


def test_labels_are_matched_by_name() -> None:
    before, after = snapshots()
    after = after.assign(segment=after["segment"].replace({"C": "D"}))
    pairs = pair_snapshots(before, after)
    assert missing_counterparts(pairs) == (["C"], ["D"])
    assert {"C", "D"} <= set(decompose_value(pairs)["part"].dropna())


def test_a_customer_without_a_segment_is_there_all_the_same() -> None:
    before, after = snapshots()
    before.loc[before.index[:20], "segment"] = None
    matrix = migrate(pair_snapshots(before, after))
    assert matrix.loc[matrix["from"].eq(""), "n"].sum() == 20
    assert matrix["n"].sum() == len(set(before["customer_id"]) | set(after["customer_id"]))


def test_bad_input_is_said_in_a_sentence() -> None:
    before, after = snapshots()
    with pytest.raises(ParameterProblem, match="2026-06-30"):
        pair_snapshots(before, before)
    with pytest.raises(ParameterProblem, match="CNY, USD"):
        pair_snapshots(before.assign(currency="CNY"), after.assign(currency=["USD"] * len(after)))
    with pytest.raises(ParameterProblem, match="1 row"):
        pair_snapshots(before, pd.concat([after, after.head(1)]))
    with pytest.raises(ParameterProblem, match="customer_id"):
        pair_snapshots(before.drop(columns="customer_id"), after)
    with pytest.raises(ParameterProblem, match="pair_snapshots"):
        migrate(before)
    with pytest.raises(ParameterProblem, match="shoe_size"):
        migrate(pair_snapshots(before, after), "shoe_size")
    with pytest.raises(ParameterProblem, match="empty"):
        share_stability(pair_snapshots(before, after.iloc[:0]))
