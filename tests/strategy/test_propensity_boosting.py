"""Boosted trees against scikit-learn, the choice between algorithms, drift and drivers."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics
from sklearn.ensemble import HistGradientBoostingClassifier

from workbench.errors import ParameterProblem
from workbench.insight import population_stability_index
from workbench.strategy import Propensity
from workbench.strategy.propensity import measures
from workbench.strategy.propensity.calibration import apply_calibration, fit_calibration, sigmoid
from workbench.strategy.propensity.choice import Trial, choose_algorithm, run_trial
from workbench.strategy.propensity.drift import learn_bins, measure_drift
from workbench.strategy.propensity.judgement import find_drivers, judge
from workbench.strategy.propensity.learners import Boosting, Regression
from workbench.strategy.propensity.stored import FIRST_FORMAT
from workbench.strategy.propensity.trees import Trees


def bent_history(n: int = 4000, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Responses that no straight line tells: only the middle-aged with gaps in their income."""
    rng = np.random.default_rng(seed)
    ids = [f"{number:06d}" for number in range(n)]
    age, income = rng.normal(50, 12, n), rng.lognormal(9, 1, n)
    income[rng.random(n) < 0.3] = np.nan
    job = rng.choice(["clerk", "owner", "retired"], n, p=[0.6, 0.3, 0.1])
    middle = np.abs(age - 50) < 8
    chance = np.where(middle, 0.5, 0.08) + 0.25 * (middle & np.isnan(income))
    customers = pd.DataFrame({"customer_id": ids, "age": age, "income": income, "job": job})
    return customers, pd.DataFrame({"customer_id": ids, "responded": rng.random(n) < chance})


@pytest.fixture(scope="module")
def bent():
    customers, history = bent_history()
    return customers, history, Propensity().fit(customers, history)


@pytest.mark.parametrize("rows", [0, 1, 900])
def test_trees_give_what_scikit_learn_gives(rows) -> None:
    rng = np.random.default_rng(1)
    numbers = rng.normal(0, 1, (1500, 6)).round(1)
    numbers[rng.random(numbers.shape) < 0.15] = np.nan
    numbers[:, 5] = np.where(rng.random(1500) < 0.5, np.nan, 1.0)  # only missing tells
    y = (rng.random(1500) < sigmoid(np.nan_to_num(numbers[:, 0]) + 2 * np.isnan(numbers[:, 5]) - 1)).astype(
        float
    )
    peer = Boosting(60).classifier(HistGradientBoostingClassifier).fit(numbers, y)
    trees = Trees.read(json.loads(json.dumps(Trees.from_sklearn(peer).plain(), allow_nan=False)))
    new = rng.normal(0, 2, (5000, 6)).round(1)[: rows * 5]
    new[rng.random(new.shape) < 0.2] = np.nan
    if rows:
        ours = sigmoid(trees.logits(new))
        np.testing.assert_allclose(ours, peer.predict_proba(new)[:, 1], rtol=0, atol=1e-12)
        np.testing.assert_allclose(trees.logits(new), peer.decision_function(new), rtol=0, atol=1e-12)
    else:
        assert trees.logits(new).shape == (0,)


def test_the_first_trees_alone_are_a_shorter_fit() -> None:
    rng = np.random.default_rng(2)
    numbers = rng.normal(0, 1, (800, 3))
    y = (rng.random(800) < sigmoid(numbers[:, 0])).astype(float)
    long, short = (Boosting(n).classifier(HistGradientBoostingClassifier).fit(numbers, y) for n in (40, 12))
    cut = Trees.from_sklearn(long).first(12)
    np.testing.assert_allclose(cut.logits(numbers), short.decision_function(numbers), atol=1e-12)


def test_a_model_of_boosting_equals_scikit_learn_on_the_same_numbers() -> None:
    customers, history = bent_history(2000, seed=3)
    model = Propensity(algorithm="boosting", calibrate=False).fit(customers, history)
    numbers = pd.get_dummies(customers.drop(columns="customer_id"), dtype=float)
    n_trees = int(model.algorithms_["n_trees"].iloc[0])
    peer = Boosting(n_trees).classifier(HistGradientBoostingClassifier).fit(numbers, history["responded"])
    np.testing.assert_allclose(model.predict(customers), peer.predict_proba(numbers)[:, 1], atol=1e-12)
    # The number of trees is the one that a later slice found best.
    trial = customers.iloc[: round(0.7 * 2000)], history["responded"].iloc[: round(0.7 * 2000)]
    first, second = round(0.6 * 1400), round(0.8 * 1400)
    long = Boosting().classifier(HistGradientBoostingClassifier)
    long.fit(numbers.iloc[:first], trial[1].iloc[:first])
    staged = long.staged_predict_proba(numbers.iloc[first:second])
    losses = [metrics.log_loss(trial[1].iloc[first:second], chance) for chance in staged]
    assert int(np.argmin(losses)) + 1 == n_trees


def test_boosting_predicts_where_a_line_cannot(bent) -> None:
    customers, _, model = bent
    table = model.algorithms_.set_index("algorithm")
    assert model.algorithm_ == "boosting"
    assert table["chosen"].to_dict() == {"logistic": False, "boosting": True}
    assert table.loc["boosting", "choice_gain"] > table.loc["boosting", "choice_error"]
    assert table.loc["boosting", "auc"] > table.loc["logistic", "auc"] + 0.15
    assert (model.auc_, model.log_loss_) == tuple(table.loc["boosting", ["auc", "log_loss"]])
    assert model.coefficients_.empty
    assert model.drivers_["column"].iloc[0] == "age"
    back = Propensity.from_json(model.to_json())
    pd.testing.assert_series_equal(back.predict(customers), model.predict(customers), check_exact=True)
    assert back.to_json() == model.to_json()
    pd.testing.assert_frame_equal(back.drift(customers), model.drift(customers))
    for name in ("algorithms_", "gains_", "drivers_", "reliability_by_algorithm_", "reliability_"):
        pd.testing.assert_frame_equal(getattr(back, name), getattr(model, name))


def test_reading_and_predicting_loads_no_scikit_learn(bent, tmp_path) -> None:
    customers, _, model = bent
    (tmp_path / "model.json").write_text(model.to_json(), encoding="utf-8")
    customers.head(50).to_pickle(tmp_path / "rows")
    code = (
        "import sys, pathlib, pandas as pd; from workbench.strategy import Propensity\n"
        f"folder = pathlib.Path({str(tmp_path)!r})\n"
        "model = Propensity.from_json((folder / 'model.json').read_text(encoding='utf-8'))\n"
        "assert model.predict(pd.read_pickle(folder / 'rows')).between(0, 1).all()\n"
        "print(*[m for m in ('sklearn', 'scipy', 'duckdb', 'ibis') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


def test_a_number_that_the_earlier_contacts_lack_is_left_alone() -> None:
    customers, history = bent_history(1500, seed=13)
    late = customers.assign(income=customers["income"].where(customers.index > 1200))
    model = Propensity(algorithm="boosting").fit(late, history)
    assert model.predict(late).between(0, 1).all()


def test_the_simpler_wins_ties() -> None:
    rng = np.random.default_rng(0)
    losses = rng.exponential(1, 500)

    def trial(name: str, moved: np.ndarray) -> Trial:
        return Trial(name, "none", pd.DataFrame(), 0, moved)

    noise = rng.normal(0, 0.5, 500)
    noise -= noise.mean()
    for gain, expected in ((0.0, "logistic"), (0.2, "boosting"), (-0.2, "logistic")):
        best, table = choose_algorithm([trial("logistic", losses), trial("boosting", losses - gain + noise)])
        assert best.algorithm == expected
        assert table["choice_gain"].iloc[1] == pytest.approx(gain)
        assert table["choice_error"].iloc[1] == pytest.approx(noise.std(ddof=1) / 500**0.5)


def test_a_trial_judges_on_contacts_that_it_did_not_learn_from() -> None:
    customers, history = bent_history(1000, seed=5)
    columns, y = customers.drop(columns="customer_id"), history["responded"].to_numpy(dtype=float)
    trial = run_trial("logistic", columns, y, regularisation=1.0, calibrate=False)
    peer = Regression().fit(columns.iloc[:600], y[:600])
    expected = measures.log_losses(y[800:], sigmoid(peer.logits(columns.iloc[800:])))
    np.testing.assert_allclose(trial.losses, expected)


def test_the_choice_takes_nothing_from_the_later_contacts() -> None:
    customers, history = bent_history(2000, seed=7)
    model = Propensity().fit(customers, history)
    turned = history.copy()
    turned.loc[1400:, "responded"] = ~turned.loc[1400:, "responded"]
    again = Propensity().fit(customers, turned)
    settled = ["algorithm", "chosen", "calibration", "n_trees", "choice_log_loss"]
    pd.testing.assert_frame_equal(again.algorithms_[settled], model.algorithms_[settled])
    assert again.auc_ < 0.5 < model.auc_


def test_figures_equal_scikit_learn() -> None:
    rng = np.random.default_rng(3)
    logits = rng.normal(-1.5, 1, 2000)
    y = (rng.random(2000) < sigmoid(logits)).astype(float)
    calibration = fit_calibration("platt", logits, y)
    chance = apply_calibration(calibration, logits)
    found = judge(y, logits, calibration, 0.2)
    assert found["log_loss"] == pytest.approx(metrics.log_loss(y, chance))
    assert found["log_loss_base"] == pytest.approx(metrics.log_loss(y, np.full(2000, 0.2)))
    assert found["brier"] == pytest.approx(metrics.brier_score_loss(y, chance))
    assert found["brier_base"] == pytest.approx(metrics.brier_score_loss(y, np.full(2000, 0.2)))
    assert found["auc"] == pytest.approx(metrics.roc_auc_score(y, chance))
    error = ((chance - y) ** 2).std(ddof=1) / 2000**0.5
    assert (found["brier_low"], found["brier_high"]) == pytest.approx(
        (found["brier"] - 1.959964 * error, found["brier"] + 1.959964 * error)
    )
    assert found["top_lift_low"] < found["top_lift"] < found["top_lift_high"]


def test_alift_by_brute_force_over_every_cut() -> None:
    rng = np.random.default_rng(8)
    for n in (12, 40):
        y = (rng.random(n) < 0.4).astype(float)
        p = rng.permutation(n) / n  # no ties: every order is one
        best_first = y[np.argsort(-p)]
        area, found = 0.0, 0.0
        for responded in best_first:
            before = found
            found += responded / y.sum()
            area += (before + found) / 2 / n
        assert measures.cumulative_lift_area(y, p) == pytest.approx(area)
        points = measures.gains_table(y, p, groups=n)
        across = np.concatenate([[0], points["share_customers"]])
        assert np.trapezoid(np.concatenate([[0], points["share_responses"]]), across) == pytest.approx(area)
    best = np.sort(y)
    assert measures.cumulative_lift_area(best, np.arange(n)) == pytest.approx(1 - y.mean() / 2)


def test_tenths_count_everyone_once_and_ties_by_their_mean() -> None:
    rng = np.random.default_rng(9)
    p = rng.beta(2, 8, 3007).round(2)
    y = (rng.random(3007) < p).astype(float)
    table = measures.gains_table(y, p)
    assert table["n"].sum() == 3007
    assert (table["n"] * table["rate"]).sum() == pytest.approx(y.sum())
    assert table["lift"].iloc[0] == pytest.approx(measures.top_lift(y, p), rel=1e-3)
    assert table[["share_customers", "share_responses"]].iloc[-1].tolist() == pytest.approx([1, 1])
    assert ((table["lift_low"] < table["lift"]) & (table["lift"] < table["lift_high"])).all()
    np.testing.assert_allclose(measures.gains_table(y, np.full(3007, 0.2))["lift"], 1.0)


def test_drivers_agree_with_permutation_importance() -> None:
    from sklearn.inspection import permutation_importance

    rng = np.random.default_rng(4)
    numbers = pd.DataFrame(rng.normal(0, 1, (3000, 3)), columns=["strong", "weak", "none"])
    y = (rng.random(3000) < sigmoid(1.5 * numbers["strong"] - 0.5 * numbers["weak"])).astype(float)
    learner = Regression().fit(numbers.iloc[:1500], np.asarray(y[:1500]))
    later, outcomes = numbers.iloc[1500:], np.asarray(y[1500:])
    found = find_drivers(learner, later, outcomes, n_repeats=20).set_index("column")

    class Peer:
        classes_ = np.array([0.0, 1.0])

        def fit(self, *_):
            """Nothing to do."""

        def predict_proba(self, rows):
            chance = sigmoid(learner.logits(rows))
            return np.column_stack([1 - chance, chance])

    def auc(model, rows, truth):
        return metrics.roc_auc_score(truth, model.predict_proba(rows)[:, 1])

    peer = permutation_importance(Peer(), later, outcomes, scoring=auc, n_repeats=20, random_state=1)
    np.testing.assert_allclose(
        found.loc[["strong", "weak", "none"], "importance"], peer.importances_mean, atol=0.01
    )
    assert found.loc["strong", "ci_low"] > 0
    assert found.loc["strong", "direction"] > 0.8
    assert found.loc["weak", "direction"] < 0
    assert found.loc["none", "ci_low"] < 0.003


def test_drift_equals_the_stability_index_of_the_insight_room() -> None:
    rng = np.random.default_rng(5)
    before = pd.DataFrame(
        {
            "age": rng.normal(50, 12, 3000),
            "logins": rng.poisson(3, 3000),
            "spent": np.where(rng.random(3000) < 0.4, 0.0, rng.lognormal(5, 1, 3000)),
            "region": rng.choice(["north", "south", "west"], 3000),
            "owner": rng.random(3000) < 0.3,
            "income": np.where(rng.random(3000) < 0.2, np.nan, rng.normal(5, 1, 3000)),
        }
    )
    after = before.sample(2000, random_state=1).assign(age=lambda rows: rows["age"] + 4)
    after.loc[after.index[:500], "region"] = "south"
    ours = measure_drift(learn_bins(before), after)
    peer = population_stability_index(before, after)
    pd.testing.assert_frame_equal(ours, peer[ours.columns.tolist()], check_dtype=False, check_exact=False)
    assert ours["exceeds"].tolist()[:2] == [True, True]


def test_drift_by_hand_with_new_values_and_gaps() -> None:
    before = pd.DataFrame({"word": ["a"] * 60 + ["b"] * 40})
    after = pd.DataFrame({"word": ["a"] * 30 + ["new"] * 10 + [None] * 10})
    row = measure_drift(learn_bins(before), after).iloc[0]
    p, q = np.array([0.6, 0.4, 0.005, 0.005]), np.array([0.6, 0.01, 0.2, 0.2])
    assert row["psi"] == pytest.approx(((q - p) * np.log(q / p)).sum())
    assert row["n_bins"] == 4
    assert row["level"] == "shifted"
    assert measure_drift(learn_bins(before), before)["psi"].tolist() == [0.0]
    for wrong, key in (({"alpha": 0}, "alpha"), ({"alpha": float("nan")}, "alpha")):
        with pytest.raises(ParameterProblem) as caught:
            measure_drift(learn_bins(before), before, **wrong)
        assert caught.value.key == f"strategy_models.error.{key}"
    with pytest.raises(ParameterProblem, match="Nobody"):
        measure_drift(learn_bins(before), before.head(0))


def test_unchanged_customers_seldom_alarm() -> None:
    rng = np.random.default_rng(6)
    alarms = 0
    for _ in range(60):
        one, other = (pd.DataFrame(rng.normal(0, 1, (n, 4)), columns=list("abcd")) for n in (800, 1500))
        alarms += bool(measure_drift(learn_bins(one), other)["exceeds"].any())
    assert alarms <= 8  # 3 are expected; more than 8 by chance in one run of 250


def test_a_models_drift_holds_its_score_and_finds_what_moved(bent) -> None:
    customers, _, model = bent
    same = model.drift(customers)
    assert set(same["feature"]) == {"age", "income", "job", "propensity"}
    assert same["psi"].max() < 1e-9
    moved = model.drift(customers.assign(age=customers["age"] + 15)).set_index("feature")
    assert moved["exceeds"].to_dict() == {"age": True, "propensity": True, "income": False, "job": False}
    assert moved.loc["age", "level"] == "shifted"
    with pytest.raises(ParameterProblem, match="income"):
        model.drift(customers.drop(columns="income"))


def test_a_column_that_outdoes_all_others_is_refused_unless_vouched_for() -> None:
    customers, history = bent_history(2000, seed=11)
    rng = np.random.default_rng(0)
    seconds = rng.gamma(2, 60, 2000) * np.where(history["responded"], 2.7, 1.0)
    told = customers.assign(seconds=seconds)
    model = Propensity(algorithm="logistic").fit(told, history)
    row = model.refused_.set_index("column").loc["seconds"]
    assert row["cause"] == "dominates"
    assert 0.8 <= row["figure"] < 0.9
    assert "after the contact" in row["reason"]
    vouched = Propensity(algorithm="logistic", known_before=("seconds",)).fit(told, history)
    assert "seconds" in vouched.feature_names_in_


def test_models_of_the_first_format_still_open(bent) -> None:
    customers, history, _ = bent
    model = Propensity(algorithm="logistic").fit(customers, history)
    new = json.loads(model.to_json())
    learner = new["learner"]
    names = ("auc_", "auc_low_", "auc_high_", "brier_", "brier_base_", "brier_uncalibrated_", "alift_")
    more = ("top_lift_", "n_train_", "n_validation_", "response_", "time_ordered_", "later_portrait_share_")
    rest = ("calibration_", "offer_", "feature_names_in_", "kinds_")
    old = {
        "format": FIRST_FORMAT,
        "parameters": {"regularisation": 1.0, "train_share": 0.7, "calibrate": True, "after_contact": []},
        "encoder": learner["encoder"],
        "coefficients": learner["coefficients"],
        "intercept": learner["intercept"],
        "calibration": new["calibration"],
        "figures": {name: new["figures"][name] for name in (*names, *more, *rest)},
        "frames": {
            "refused_": new["frames"]["refused_"],
            "calibrations_": new["frames"]["calibrations_"],
            "reliability_": [row[1:] for row in new["frames"]["reliability_by_algorithm_"]],
        },
    }
    back = Propensity.from_json(json.dumps(old))
    pd.testing.assert_series_equal(back.predict(customers), model.predict(customers))
    assert (back.algorithm_, back.auc_, back.brier_) == ("logistic", model.auc_, model.brier_)
    pd.testing.assert_frame_equal(back.reliability_, model.reliability_)
    assert np.isnan(back.log_loss_)
    assert back.drivers_.empty
    assert back.drift(customers).empty
    assert json.loads(back.to_json())["format"] != FIRST_FORMAT


def test_senseless_trees_and_algorithms_are_refused(bent) -> None:
    customers, history, model = bent
    with pytest.raises(ParameterProblem, match="logistic, boosting"):
        Propensity(algorithm="magic").fit(customers, history)
    # A stored tree that leads in a circle would never end.
    written = json.loads(model.to_json())
    written["learner"]["trees"]["left"][0] = 0
    with pytest.raises(ParameterProblem) as caught:
        Propensity.from_json(json.dumps(written))
    assert caught.value.key == "strategy_room.error.not_a_model"
