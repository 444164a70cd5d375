"""Hypotheses against scipy and statsmodels, a simulated null, and bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import proportion_confint, proportions_ztest

from workbench.errors import ParameterProblem, TableProblem
from workbench.review import check_hypotheses, evaluate_strategies, follow_up, pair_snapshots


def hypothesis(name: str, outcome: str, direction: str = "up", **changes: object) -> dict[str, object]:
    row = {"hypothesis_id": name, "sentence": f"<b>{name}</b>", "outcome": outcome, "segment": ""}
    return {**row, "direction": direction, "threshold": 0.0, "strategy_id": ""} | changes


def table(*rows: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame(list(rows))


@pytest.fixture(scope="module")
def results() -> pd.DataFrame:
    """Two strategies; in segment A the first one works, in B it does not."""
    rng = np.random.default_rng(3)
    n = 1200
    frame = pd.DataFrame(
        {
            "strategy_id": rng.choice(["S1", "S2"], n),
            "customer_id": [f"C{i:04d}" for i in range(n)],
            "segment": rng.choice(["A", "B"], n),
            "arm": rng.choice(["treatment", "control"], n, p=[0.7, 0.3]),
        }
    )
    works = frame["strategy_id"].eq("S1") & frame["segment"].eq("A") & frame["arm"].eq("treatment")
    frame["responded"] = (rng.random(n) < np.where(works, 0.45, 0.1)).astype(float)
    frame["amount"] = frame["responded"] * rng.lognormal(4, 1, n)
    return frame


@pytest.fixture(scope="module")
def pairs(results) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    before = results[["customer_id", "segment"]].assign(
        lifecycle_stage=rng.choice(["growth", "dormant"], len(results), p=[0.9, 0.1]),
        balance_total=rng.lognormal(8, 1, len(results)),
        product_count=rng.integers(1, 4, len(results)),
    )
    after = before.assign(
        lifecycle_stage=np.where(
            rng.random(len(results)) < np.where(before["segment"].eq("A"), 0.1, 0.3), "lost", "growth"
        ),
        balance_total=before["balance_total"] * rng.normal(1.1, 0.2, len(results)),
        product_count=before["product_count"] + rng.integers(0, 2, len(results)),
    )
    return pair_snapshots(before, after.iloc[:-50])


def test_a_strategys_uplift_is_the_evaluations(make_cycle) -> None:
    cycle = make_cycle(("S1", 300, 60, 200, 20), ("S2", 80, 9, 60, 6))
    rows = follow_up(*cycle.tables(), contacts=cycle.contacts, by="segment")
    found = check_hypotheses(
        table(*(hypothesis(f"H{n}", "uplift", strategy_id=f"S{n}") for n in (1, 2))), results=rows
    )
    evaluation = evaluate_strategies(*cycle.tables(), contacts=cycle.contacts)
    theirs = evaluation[evaluation["arm"].eq("treatment") & evaluation["outcome"].eq("responded")]
    for mine, other in (
        ("estimate", "uplift"),
        ("ci_low", "ci_low"),
        ("ci_high", "ci_high"),
        ("p_value", "p_value"),
        ("p_holm", "p_holm"),
    ):
        assert found[mine].to_numpy() == pytest.approx(theirs[other].to_numpy())
    assert found["state"].tolist() == ["supported", "open"]
    assert found["n"].tolist() == [500, 140]


def test_means_and_differences_agree_with_scipy(results, pairs) -> None:
    rows = table(
        hypothesis("H1", "amount", threshold=5.0),
        hypothesis("H2", "amount", "higher", segment="A", threshold=2.0),
        hypothesis("H3", "amount", "up", strategy_id="S1", segment="A"),
        hypothesis("H4", "balance_change", segment="B"),
        hypothesis("H5", "product_change", "lower", segment="B"),
    )
    found = check_hypotheses(rows, results=results, pairs=pairs).set_index("hypothesis_id")
    treated = results[results["arm"].eq("treatment")]
    mine = results[results["strategy_id"].eq("S1") & results["segment"].eq("A")]
    here = pairs[pairs["status"].eq("stayed")]
    change = here["value_after"] - here["value_before"]
    products = here["product_count_after"] - here["product_count_before"]
    in_b = here["segment_before"].eq("B")
    expected = {
        "H1": stats.ttest_1samp(treated["amount"], 5.0),
        "H3": stats.ttest_ind(
            mine.loc[mine["arm"].eq("treatment"), "amount"],
            mine.loc[mine["arm"].eq("control"), "amount"],
            equal_var=False,
        ),
        "H4": stats.ttest_1samp(change[in_b], 0.0),
        "H5": stats.ttest_ind(products[in_b], products[~in_b], equal_var=False),
    }
    for name, test in expected.items():
        interval = test.confidence_interval()
        assert found.loc[name, "p_value"] == pytest.approx(test.pvalue)
        assert (found.loc[name, "ci_low"], found.loc[name, "ci_high"]) == pytest.approx(
            (interval.low, interval.high)
        )
    in_a = treated["segment"].eq("A")
    shifted = stats.ttest_ind(
        treated.loc[in_a, "amount"] - 2.0, treated.loc[~in_a, "amount"], equal_var=False
    )
    assert found.loc["H2", "p_value"] == pytest.approx(shifted.pvalue)
    p_holm = multipletests(found["p_value"], method="holm")[1]
    assert found["p_holm"].to_numpy() == pytest.approx(p_holm)
    assert found["test"].tolist() == ["t", "welch", "welch", "t", "welch"]
    assert 0 < found.loc["H1", "dominance"] < 1


def test_rates_agree_with_statsmodels(results, pairs) -> None:
    rows = table(
        hypothesis("H1", "responded", threshold=0.1),
        hypothesis("H2", "churn", "down", segment="A", threshold=0.2),
        hypothesis("H3", "churn", "higher", segment="A"),
    )
    found = check_hypotheses(rows, results=results, pairs=pairs).set_index("hypothesis_id")
    treated = results.loc[results["arm"].eq("treatment"), "responded"]
    here = pairs[pairs["lifecycle_stage_before"].eq("growth")]
    churned = here["status"].eq("left") | here["lifecycle_stage_after"].eq("lost")
    in_a = here["segment_before"].eq("A")
    for name, hits, share in (("H1", treated, 0.1), ("H2", churned[in_a], 0.2)):
        low, high = proportion_confint(hits.sum(), len(hits), method="wilson")
        _z, p = proportions_ztest(hits.sum(), len(hits), share, prop_var=share)
        assert (found.loc[name, "ci_low"], found.loc[name, "ci_high"]) == pytest.approx((low, high))
        assert found.loc[name, "p_value"] == pytest.approx(p)
    assert found["state"].to_dict() == {"H1": "supported", "H2": "supported", "H3": "refuted"}


def test_an_effect_here_and_elsewhere_is_a_difference_of_differences(results) -> None:
    import statsmodels.formula.api as smf

    row = hypothesis("H1", "uplift", "higher", segment="A", strategy_id="S1")
    found = check_hypotheses(table(row), results=results).iloc[0]
    mine = results[results["strategy_id"].eq("S1")].assign(
        a=lambda rows: rows["segment"].eq("A").astype(int),
        t=lambda rows: rows["arm"].eq("treatment").astype(int),
    )
    # HC2 errors of a saturated model are the groups' own variances over n, as Welch's are.
    fit = smf.ols("responded ~ a * t", mine).fit(cov_type="HC2")
    assert found["estimate"] == pytest.approx(fit.params["a:t"])
    half = (found["ci_high"] - found["ci_low"]) / 2
    assert half == pytest.approx(1.96 * fit.bse["a:t"], rel=0.01)
    assert (found["test"], found["state"]) == ("contrast", "supported")


def test_what_waits_for_data_counts_and_what_came_after_does_not(results) -> None:
    rows = table(
        hypothesis("H1", "uplift", strategy_id="S1", segment="A"),
        hypothesis("H2", "churn", "down", threshold=0.1),
        hypothesis("H3", "uplift", strategy_id="S1", segment="A"),
    ).assign(exploratory=[False, False, True])
    found = check_hypotheses(rows, results=results).set_index("hypothesis_id")
    assert found.loc["H1", "p_holm"] == pytest.approx(2 * found.loc["H1", "p_value"])
    assert found.loc["H1", "state"] == "supported"
    assert found.loc["H2", ["state", "reason"]].tolist() == ["open", "no_data"]
    assert found.loc["H3", ["state", "reason"]].tolist() == ["open", "exploratory"]
    assert found.loc["H3", "estimate"] == found.loc["H1", "estimate"]
    assert np.isnan(found.loc["H3", "p_holm"])


def test_many_hypotheses_do_not_prove_themselves() -> None:
    rng = np.random.default_rng(11)
    n, n_hypotheses, wrong = 200, 10, 0
    rows = table(*(hypothesis(f"H{i}", "uplift", strategy_id=f"S{i}") for i in range(n_hypotheses)))
    base = pd.DataFrame(
        {
            "strategy_id": np.repeat([f"S{i}" for i in range(n_hypotheses)], n),
            "customer_id": [str(i) for i in range(n * n_hypotheses)],
            "segment": "A",
            "arm": np.tile(["treatment", "control"], n * n_hypotheses // 2),
            "amount": 0.0,
        }
    )
    for _ in range(30):
        found = check_hypotheses(rows, results=base.assign(responded=(rng.random(len(base)) < 0.2) * 1.0))
        wrong += bool(found["state"].ne("open").any())
    # At a true 5%, more than 6 of 30 come in one run of two thousand.
    assert wrong <= 6


def test_how_many_more_would_decide() -> None:
    n, rates = 100, (0.30, 0.22)
    rows = pd.concat(
        pd.DataFrame(
            {
                "strategy_id": "S1",
                "segment": "A",
                "arm": arm,
                "amount": 0.0,
                "responded": [1.0] * round(n * rate) + [0.0] * (n - round(n * rate)),
            }
        )
        for arm, rate in zip(("treatment", "control"), rates, strict=True)
    )
    rows["customer_id"] = [str(i) for i in range(len(rows))]
    found = check_hypotheses(table(hypothesis("H1", "uplift", strategy_id="S1")), results=rows).iloc[0]
    spread = np.sqrt((0.3 * 0.7 + 0.22 * 0.78) / 2 * n / (n - 1))
    needed = 2 * NormalIndPower().solve_power(0.08 / spread, power=0.8, alpha=0.05)
    assert found["state"] == "open"
    assert found["n"] + found["n_more"] == pytest.approx(needed, rel=0.01)


@pytest.mark.parametrize(
    "change, reason",
    [
        ({"arm": "treatment"}, "no_control"),
        ({"responded": 0.0}, "too_few"),
        ({"strategy_id": "S9"}, "no_data"),
        ({"contacted": False}, "no_data"),
    ],
)
def test_bad_data_leave_it_open_and_say_why(results, change, reason) -> None:
    row = table(hypothesis("H1", "uplift", strategy_id="S1"))
    found = check_hypotheses(row, results=results.assign(**change)).iloc[0]
    assert (found["state"], found["reason"]) == ("open", reason)


def test_money_that_never_varies_and_one_customers_money_are_said(results) -> None:
    row = table(hypothesis("H1", "amount", strategy_id="S1"))
    found = check_hypotheses(row, results=results.assign(amount=0.0)).iloc[0]
    assert (found["state"], found["reason"], found["estimate"]) == ("open", "no_spread", 0.0)
    rich = results.assign(amount=np.where(results["customer_id"].eq("C0000"), 1e9, results["amount"]))
    assert (
        check_hypotheses(row, results=rich).iloc[0]["dominance"] > 0.99 or rich.iloc[0]["strategy_id"] != "S1"
    )


@pytest.mark.parametrize(
    "row, sentence",
    [
        (hypothesis("H1", "uplift"), "strategy"),
        (hypothesis("H1", "churn", "higher"), "segment"),
        (hypothesis("H1", "churn"), "between 0 and 1"),
        (hypothesis("H1", "uplift", strategy_id="S1", threshold=2.0), "share"),
        (hypothesis("H1", "amount", threshold=np.inf), "threshold"),
    ],
)
def test_what_no_data_could_decide_is_refused(row, sentence) -> None:
    with pytest.raises(ParameterProblem, match=sentence):
        check_hypotheses(table(row))


def test_a_table_that_does_not_fit_is_refused() -> None:
    with pytest.raises(TableProblem):
        check_hypotheses(table(hypothesis("H1", "shoe_size")))
    assert check_hypotheses(table(hypothesis("H1", "uplift", strategy_id="S1")).iloc[:0]).empty
