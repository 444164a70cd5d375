"""Two cycles compared: against statsmodels, and what a change comes from."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench.errors import ParameterProblem
from workbench.review import compare_effects, explain_changes, measure_cycle, summarise_kpis
from workbench.tables import STRATEGIES


def evaluation(rows: list[dict], verdict: str = "open") -> pd.DataFrame:
    """An evaluation's rows of the treatment arms, as `evaluate_strategies` has them."""
    base = {
        "arm": "treatment",
        "outcome": "responded",
        "p_holm": 0.2,
        "verdict": verdict,
        "n_contacted": 0,
        "value_per_response": 100.0,
        "cost_per_contact": 2.0,
        "planned_rate": 0.1,
        "planned_uplift": 0.05,
    }
    frame = pd.DataFrame([base | row for row in rows])
    frame["value"] = frame["uplift"] * frame["n"] * frame["value_per_response"]
    return frame


def strategy(name: str, n: int, responded: int, uplift: float, error: float, **more: float) -> dict:
    mean = responded / n
    return {
        "strategy_id": name,
        "n": n,
        "n_responded": responded,
        "mean": mean,
        "uplift": uplift,
        "standard_error": error,
        "cost": 2.0 * n,
        **more,
    }


BEFORE = evaluation(
    [
        strategy("S1", 400, 60, 0.05, 0.02, n_contacted=300),
        strategy("S2", 600, 30, 0.01, 0.01, n_contacted=500),
    ]
)
AFTER = evaluation(
    [
        strategy("S1", 500, 110, 0.12, 0.02, n_contacted=450),
        strategy("S3", 500, 40, -0.01, 0.015, n_contacted=310),
    ]
)


def test_a_cycles_shares_have_wilsons_intervals_and_sums_the_boards() -> None:
    from statsmodels.stats.proportion import proportion_confint

    kpis = measure_cycle(BEFORE).set_index("kpi")
    for name, hits in (("response_rate", 90), ("contacted_share", 800)):
        low, high = proportion_confint(hits, 1_000, method="wilson")
        assert kpis.loc[name, ["low", "high"]].tolist() == pytest.approx([low, high])
    board = summarise_kpis(BEFORE).set_index("kpi")
    for name in ("value_won", "return_on_cost", "cost", "strategies_proven"):
        assert kpis.loc[name, "value"] == pytest.approx(board.loc[name, "value"])
    for name in ("value_won", "return_on_cost"):
        assert kpis.loc[name, ["low", "high"]].tolist() == pytest.approx(
            board.loc[name, ["low", "high"]].tolist()
        )
    # Weighted by customers: the variance of a weighted sum.
    assert kpis.loc["uplift", "value"] == pytest.approx(0.4 * 0.05 + 0.6 * 0.01)
    assert kpis.loc["uplift", "standard_error"] == pytest.approx(np.hypot(0.4 * 0.02, 0.6 * 0.01))


def test_differences_of_shares_are_agresti_and_caffos() -> None:
    from statsmodels.stats.proportion import confint_proportions_2indep, test_proportions_2indep

    test_proportions_2indep.__test__ = False
    compared = wb.compare_cycle_kpis(measure_cycle(BEFORE), measure_cycle(AFTER)).set_index("kpi")
    for name, after, before in (("response_rate", 150, 90), ("contacted_share", 760, 800)):
        given = (after, 1_000, before, 1_000)
        low, high = confint_proportions_2indep(*given, method="agresti-caffo")
        p_value = test_proportions_2indep(*given, method="agresti-caffo").pvalue
        row = compared.loc[name]
        assert [row["low"], row["high"]] == pytest.approx([low, high])
        assert row["p_value"] == pytest.approx(p_value)
        assert row["difference"] == pytest.approx((after - before) / 1_000)


def test_more_than_chance_is_said_after_holm() -> None:
    from scipy.stats import norm
    from statsmodels.stats.multitest import multipletests

    compared = wb.compare_cycle_kpis(measure_cycle(BEFORE), measure_cycle(AFTER))
    rows = compared.set_index("kpi")
    error = np.hypot(np.hypot(0.4 * 0.02, 0.6 * 0.01), np.hypot(0.5 * 0.02, 0.5 * 0.015))
    z = rows.loc["uplift", "difference"] / error
    assert rows.loc["uplift", "p_value"] == pytest.approx(2 * norm.sf(abs(z)))
    known = compared.dropna(subset="p_value")
    expected = multipletests(known["p_value"], method="holm")[1]
    assert known["p_holm"].tolist() == pytest.approx(expected.tolist())
    assert rows.loc["response_rate", "verdict"] == "rose"
    assert set(rows.loc[["cost", "strategies_proven"], "verdict"]) == {"counted"}
    back = wb.compare_cycle_kpis(measure_cycle(AFTER), measure_cycle(BEFORE)).set_index("kpi")
    assert back.loc["response_rate", "verdict"] == "fell"
    same = wb.compare_cycle_kpis(measure_cycle(BEFORE), measure_cycle(BEFORE))
    assert set(same["verdict"]) == {"chance", "counted"}


def test_chance_alone_is_rarely_called_a_change() -> None:
    rng = np.random.default_rng(7)
    called = 0
    for _ in range(400):
        sides = [
            measure_cycle(
                evaluation([strategy("S1", 300, int(rng.binomial(300, 0.02)), rng.normal(0, 0.01), 0.01)])
            )
            for _ in range(2)
        ]
        called += wb.compare_cycle_kpis(*sides)["verdict"].isin(["rose", "fell"]).any()
    assert called / 400 <= 0.05


def test_what_did_not_take_place_is_unknown() -> None:
    silent = BEFORE.assign(mean=np.nan, uplift=np.nan, standard_error=np.nan, value=np.nan, n_contacted=0)
    kpis = measure_cycle(silent).set_index("kpi")
    assert kpis.drop("contacted_share")["value"].isna().all()
    assert kpis.loc["contacted_share", "value"] == 0
    compared = wb.compare_cycle_kpis(measure_cycle(silent), measure_cycle(AFTER)).set_index("kpi")
    assert set(compared.drop("contacted_share")["verdict"]) == {"unknown"}
    nobody = BEFORE.assign(n_responded=0, mean=0.0, uplift=0.0, standard_error=0.0, value=0.0)
    rows = wb.compare_cycle_kpis(measure_cycle(nobody), measure_cycle(nobody)).set_index("kpi")
    assert rows.loc["response_rate", "verdict"] == "chance"
    assert rows.loc["response_rate", "low"] < 0 < rows.loc["response_rate", "high"]


def test_bad_input_is_said() -> None:
    with pytest.raises(ParameterProblem):
        measure_cycle(BEFORE, alpha=1.5)
    with pytest.raises(ParameterProblem):
        measure_cycle(pd.concat([BEFORE, BEFORE]))
    with pytest.raises(ParameterProblem):
        wb.compare_cycle_kpis(measure_cycle(BEFORE).drop(columns="hits"), measure_cycle(AFTER))
    with pytest.raises(ParameterProblem):
        wb.compare_segment_sizes(pd.DataFrame({"segment": ["a"]}), pd.DataFrame({"segment": ["a"]}))


def test_effects_of_the_strategies_that_ran_in_both() -> None:
    from scipy.stats import norm

    rows = compare_effects(BEFORE, AFTER).set_index("strategy_id")
    assert set(rows.index) == {"S1", "S2", "S3"}
    error = np.hypot(0.02, 0.02)
    assert rows.loc["S1", "difference"] == pytest.approx(0.07)
    assert rows.loc["S1", "p_value"] == pytest.approx(2 * norm.sf(0.07 / error))
    assert rows.loc["S1", "low"] == pytest.approx(0.07 - norm.ppf(0.975) * error)
    assert rows.loc["S1", "verdict"] == "rose"
    assert rows.loc[["S2", "S3"], "verdict"].tolist() == ["unknown", "unknown"]


def test_segments_that_come_and_go_have_nobody_on_that_side() -> None:
    before = pd.DataFrame({"segment": ["a", "b"], "n": [75, 25]})
    after = pd.DataFrame({"segment": ["a", "c"], "n": [50, 50]})
    rows = wb.compare_segment_sizes(before, after).set_index("segment")
    assert rows["n_after"].to_dict() == {"a": 50, "b": 0, "c": 50}
    assert rows["difference"].to_dict() == {"a": -0.25, "b": -0.25, "c": 0.5}


# What a change comes from -----------------------------------------------------------------


def cards(*ids: str, **changes) -> pd.DataFrame:
    filled = {"text": "x", "number": 0.1, "date": pd.Timestamp("2026-07-08")}
    rows = []
    for name in ids:
        row = {column.name: filled[column.kind] for column in STRATEGIES.columns}
        row |= {"strategy_id": name, "scenario": "event", "channel": "phone", "lifecycle_stages": ""}
        rows.append(row | changes)
    frame = pd.DataFrame(rows)
    for column in STRATEGIES.columns:
        if column.kind == "date":
            frame[column.name] = frame[column.name].astype("datetime64[us]")
    return STRATEGIES.check(frame)


def advice(*rows: tuple[str, str, dict, str]) -> pd.DataFrame:
    names = ["strategy_id", "action", "change", "status"]
    frame = pd.DataFrame(rows, columns=names).assign(evidence="{}")
    frame["change"] = [json.dumps(change) for change in frame["change"]]
    return frame.assign(recommendation_id="Q " + frame["strategy_id"])


ADVICE = advice(
    ("S1", "scale", {"capacity_factor": 2.0}, "accepted"),
    ("S2", "stop", {"stop": True}, "accepted"),
    ("S3", "adjust", {"control_share": 0.3}, "rejected"),
)


def test_exactly_what_was_accepted_and_the_calendar() -> None:
    before = cards("S1", "S2", "S3")
    after = wb.review.apply_recommendations(before, ADVICE, starts_on="2026-10-08")
    rows = explain_changes(before, after, ADVICE)
    assert set(rows["origin"]) == {"accepted", "calendar"}
    named = rows[rows["origin"].eq("accepted")].set_index(["strategy_id", "field"])
    assert named["recommendation_id"].to_dict() == {
        ("S1", "capacity_factor"): "Q S1",
        ("S2", "strategy_id"): "Q S2",
    }
    assert named["action"].tolist() == ["scale", "stop"]


def test_whatever_else_differs_is_named() -> None:
    before = cards("S1", "S2", "S3")
    after = wb.review.apply_recommendations(before, ADVICE)
    after.loc[after["strategy_id"].eq("S1"), "capacity_factor"] = 1.5
    after.loc[after["strategy_id"].eq("S3"), "control_share"] = 0.25
    after = pd.concat([after, cards("S9").assign(capacity_factor=1.0)], ignore_index=True)
    rows = explain_changes(before, after, ADVICE).set_index(["strategy_id", "field"])["origin"].to_dict()
    assert rows == {
        ("S1", "capacity_factor"): "overridden",
        ("S2", "strategy_id"): "accepted",
        ("S3", "control_share"): "edited",
        ("S9", "strategy_id"): "added",
    }
    gone = explain_changes(before, after[after["strategy_id"].ne("S3")], ADVICE)
    assert "removed" in set(gone["origin"])


def test_an_accepted_change_that_is_not_there_is_missed() -> None:
    before = cards("S1", "S2")
    rows = explain_changes(before, before, ADVICE)
    assert rows["origin"].tolist() == ["undone", "undone"]
    assert rows["recommendation_id"].tolist() == ["Q S1", "Q S2"]


def test_a_confirmed_script_comes_from_its_recommendation() -> None:
    before = cards("S1")
    said = advice(("S1", "adjust", {"script": "Good morning, {name}"}, "accepted"))
    assert explain_changes(before, before, said).empty
    after = before.assign(script="Good morning, {name}", script_version="2")
    rows = explain_changes(before, after, said)
    assert set(rows["origin"]) == {"accepted"}
    assert set(explain_changes(before, before.assign(script="Hello"), said)["origin"]) == {"edited"}
