from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from workbench.errors import ParameterProblem, TableProblem
from workbench.strategy import Propensity
from workbench.strategy.propensity.calibration import (
    apply_calibration,
    compare_calibrations,
    fit_calibration,
    sigmoid,
)
from workbench.strategy.propensity.encoding import Encoder


def make_history(n: int = 4000, seed: int = 0, offers: tuple[str, ...] = ("fund_plan",)):
    rng = np.random.default_rng(seed)
    ids = [f"{number:06d}" for number in range(n)]
    customers = pd.DataFrame(
        {
            "customer_id": ids,
            "age": rng.normal(50, 12, n),
            "balance_total": rng.lognormal(10, 1.2, n),
            "occupation": rng.choice(["clerk", "owner", "retired"], n),
            "consent": rng.random(n) < 0.8,
        }
    )
    logit = -2.2 + 0.8 * (customers["age"] - 50) / 12 + 0.9 * customers["occupation"].eq("retired")
    history = pd.DataFrame(
        {
            "campaign": "spring",
            "customer_id": ids,
            "arm": rng.choice(["treatment", "control"], n, p=[0.8, 0.2]),
            "offer": rng.choice(offers, n),
            "contacted_at": pd.Series(
                pd.Timestamp("2025-03-01") + pd.to_timedelta(np.sort(rng.integers(0, 90, n)), unit="D")
            ).astype("datetime64[us]"),
            "responded": rng.random(n) < sigmoid(logit.to_numpy()),
        }
    )
    return customers, history, logit


@pytest.fixture(scope="module")
def fitted():
    customers, history, logit = make_history()
    return customers, history, logit, Propensity().fit(customers, history)


def test_finds_the_planted_effects(fitted) -> None:
    customers, _, logit, model = fitted
    learned = np.log(model.predict(customers) / (1 - model.predict(customers))).to_numpy()
    assert np.corrcoef(learned, logit)[0, 1] > 0.97
    assert 0.65 < model.auc_ < 0.8
    assert model.brier_ < model.brier_base_
    assert model.auc_low_ < model.auc_ < model.auc_high_
    assert model.is_useful_
    assert model.alift_ > 0.6
    assert model.top_lift_ > 1.8
    assert model.coefficients_["feature"].iloc[0] in ("age", "occupation=retired")


def test_noise_is_not_useful() -> None:
    customers, history, _ = make_history(1500, seed=6)
    history["responded"] = np.random.default_rng(1).random(1500) < 0.2
    assert not Propensity().fit(customers, history).is_useful_


def test_only_treated_rows_are_learned_from(fitted) -> None:
    customers, history, _, model = fitted
    treated = history["arm"].eq("treatment")
    assert model.n_train_ + model.n_validation_ == treated.sum()
    assert model.n_train_ == round(0.7 * treated.sum())
    turned = history.assign(responded=history["responded"].where(treated, ~history["responded"]))
    again = Propensity().fit(customers, turned)
    pd.testing.assert_series_equal(again.predict(customers), model.predict(customers))


def test_agrees_with_scikit_learn_on_the_same_numbers() -> None:
    customers, history, _ = make_history(2000, seed=3)
    history["arm"] = "treatment"
    model = Propensity(algorithm="logistic", calibrate=False).fit(customers, history)
    raw = customers.drop(columns="customer_id")
    numbers = pd.get_dummies(raw, dtype=float)
    numbers["balance_total"] = np.log1p(numbers["balance_total"])
    for name in ("age", "balance_total", "consent"):
        numbers[name] = (numbers[name] - numbers[name].mean()) / numbers[name].std(ddof=0)
    peer = LogisticRegression(max_iter=2000).fit(numbers, history["responded"])
    np.testing.assert_allclose(model.predict(customers), peer.predict_proba(numbers)[:, 1], atol=2e-4)


def test_validation_learns_from_the_earlier_contacts_only() -> None:
    customers, history, _ = make_history(3000, seed=5)
    split = round(0.7 * len(history))
    history["arm"] = "treatment"
    # What holds early is turned round late: a random split would hide it.
    late = history.index >= split
    history["responded"] = np.where(late, customers["age"] < 45, customers["age"] > 55)
    noise = np.random.default_rng(0).random(len(history)) < 0.3
    history["responded"] = history["responded"] ^ noise
    model = Propensity(calibrate=False).fit(customers, history)
    assert model.auc_ < 0.4
    shuffled = history.sample(frac=1, random_state=1)
    again = Propensity(calibrate=False).fit(customers, shuffled)
    # Contacts of one day may change places at the split.
    assert again.auc_ == pytest.approx(model.auc_, abs=0.02)
    assert model.time_ordered_ == "contacted_at"
    by_row = Propensity(calibrate=False).fit(customers, history.drop(columns="contacted_at"))
    assert by_row.time_ordered_ == "row order"
    assert by_row.auc_ == pytest.approx(model.auc_)


def test_measures_are_of_the_later_contacts() -> None:
    customers, history, _ = make_history(2000, seed=8)
    history["arm"] = "treatment"
    model = Propensity(calibrate=False).fit(customers, history)
    split = round(0.7 * len(history))
    raw = customers.drop(columns="customer_id")
    encoder = Encoder().fit(raw.iloc[:split])
    peer = LogisticRegression(max_iter=2000).fit(
        encoder.transform(raw.iloc[:split]), history["responded"].iloc[:split]
    )
    chance = peer.predict_proba(encoder.transform(raw.iloc[split:]))[:, 1]
    outcome = history["responded"].to_numpy(dtype=float)[split:]
    assert model.brier_ == pytest.approx(np.mean((chance - outcome) ** 2), abs=1e-5)
    assert model.reliability_["n"].sum() == len(outcome)
    assert len(model.reliability_) == 10


def test_calibration_is_added_only_where_it_helps() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(-1, 1, 8000)
    honest = (rng.random(8000) < sigmoid(logits)).astype(float)
    overdone = (rng.random(8000) < sigmoid(0.3 * logits - 1)).astype(float)
    half = slice(0, 4000), slice(4000, 8000)
    bent = (rng.random(8000) < np.where(logits > 0, 0.1, 0.6)).astype(float)
    for responded, expected in ((honest, "none"), (overdone, "platt"), (bent, "platt")):
        earlier, later = ((logits[part], responded[part]) for part in half)
        method, compared = compare_calibrations(earlier, later)
        assert method == expected
        scores = compared.set_index("method")["brier"]
        for name in scores.index:
            chance = apply_calibration(fit_calibration(name, *earlier), later[0])
            assert scores[name] == pytest.approx(np.mean((chance - later[1]) ** 2))
    stepped = (rng.random(8000) < np.select([logits < -1.5, logits < 0], [0.02, 0.5], 0.55)).astype(float)
    earlier, later = ((logits[part], stepped[part]) for part in half)
    assert compare_calibrations(earlier, later)[0] == "isotonic"
    few = (logits[:300], (np.arange(300) < 5).astype(float))
    assert compare_calibrations(few, few)[1]["method"].tolist() == ["none"]


def test_sigmoid_does_not_overflow() -> None:
    np.testing.assert_allclose(sigmoid(np.array([-1000.0, 0.0, 1000.0])), [0.0, 0.5, 1.0])


@pytest.mark.parametrize("calibrated", [False, True])
def test_json_round_trip(calibrated) -> None:
    customers, history, _ = make_history(3000, seed=2)
    model = Propensity(calibrate=calibrated, after_contact=("consent",)).fit(customers, history)
    text = model.to_json()
    back = Propensity.from_json(text)
    assert back.to_json() == text
    pd.testing.assert_series_equal(back.predict(customers), model.predict(customers))
    assert (back.auc_, back.brier_, back.calibration_) == (model.auc_, model.brier_, model.calibration_)
    for name in ("refused_", "reliability_", "calibrations_", "coefficients_"):
        pd.testing.assert_frame_equal(getattr(back, name), getattr(model, name), check_dtype=False)
    assert "NaN" not in text
    assert json.loads(text)["format"] == "workbench propensity 2"


@pytest.mark.parametrize("calibration", ["platt", "isotonic"])
def test_json_keeps_a_calibration(fitted, calibration) -> None:
    customers, _, _, model = fitted
    copy = Propensity.from_json(model.to_json())
    outcomes = (np.random.default_rng(0).random(len(customers)) < 0.3).astype(float)
    copy._calibration = fit_calibration(calibration, copy._learner.logits(customers), outcomes)
    back = Propensity.from_json(copy.to_json())
    pd.testing.assert_series_equal(back.predict(customers), copy.predict(customers))
    assert copy.predict(customers).mean() == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"format": "something else"}',
        '{"format": "workbench propensity 1"}',
        '{"format": "workbench propensity 1", "parameters": {"fame": 1}}',
    ],
)
def test_a_text_that_is_no_model(text) -> None:
    with pytest.raises(ParameterProblem) as caught:
        Propensity.from_json(text)
    assert caught.value.key == "strategy_room.error.not_a_model"


def test_new_words_and_gaps_at_prediction(fitted) -> None:
    customers, _, _, model = fitted
    strange = customers.head(3).assign(age=[np.nan, 40.0, np.inf], occupation=["astronaut", None, "clerk"])
    chance = model.predict(strange)
    assert chance.between(0, 1).all()
    assert chance.index.tolist() == strange["customer_id"].tolist()
    assert chance.index.name == "customer_id"
    with pytest.raises(ParameterProblem, match="occupation"):
        model.predict(customers.drop(columns="occupation"))


def test_a_model_of_persons_says_nothing_of_companies() -> None:
    customers, history, _ = make_history(1000)
    customers["kind"] = "retail"
    model = Propensity.from_json(Propensity().fit(customers, history).to_json())
    assert model.kinds_ == ["retail"]
    customers.loc[0, "kind"] = "corporate"
    chance = model.predict(customers)
    assert chance.isna().tolist() == [True] + [False] * 999


def test_offer_filters_the_history() -> None:
    customers, history, _ = make_history(4000, offers=("fund_plan", "sme_loan"))
    model = Propensity().fit(customers, history, offer="sme_loan")
    rows = history[(history["offer"] == "sme_loan") & (history["arm"] == "treatment")]
    assert model.n_train_ + model.n_validation_ == len(rows)
    assert model.offer_ == "sme_loan"
    with pytest.raises(ParameterProblem, match="fund_plan, sme_loan"):
        Propensity().fit(customers, history, offer="gold")


def test_each_contact_takes_the_last_portrait_before_it() -> None:
    customers, history, _ = make_history(1000, seed=4)
    history["arm"] = "treatment"
    early = customers.assign(snapshot_date=pd.Timestamp("2025-02-28"))
    # Later portraits hold what the contact changed: learned from, they would leak.
    late = customers.assign(
        snapshot_date=pd.Timestamp("2025-12-31"), age=np.where(history["responded"], 90.0, 20.0)
    )
    both = Propensity().fit(pd.concat([early, late]), history)
    right = Propensity().fit(early, history)
    assert both.auc_ == pytest.approx(right.auc_)
    assert both.later_portrait_share_ == 0
    only_late = Propensity().fit(late, history)
    assert only_late.later_portrait_share_ == 1
    assert "age" in set(only_late.refused_["column"])


@pytest.mark.parametrize(
    "change, key",
    [
        (lambda c, h: (c, h.head(60)), "strategy_room.error.too_few_history"),
        (lambda c, h: (c, h.assign(responded=True)), "strategy_room.error.too_few_history"),
        (lambda c, h: (c.head(0), h), "strategy_room.error.too_few_history"),
        (lambda c, h: (c[["customer_id"]], h), "strategy_room.error.no_columns"),
        (lambda c, h: (pd.concat([c, c]), h), "strategy_room.error.repeated_customers"),
        (lambda c, h: (c, h.sort_values("responded").drop(columns="contacted_at")), "one_outcome"),
    ],
)
def test_histories_that_nothing_can_be_learned_from(change, key) -> None:
    customers, history, _ = make_history(1000)
    with pytest.raises(ParameterProblem) as caught:
        Propensity().fit(*change(customers, history))
    assert caught.value.key.endswith(key)
    assert caught.value.message("zh_CN")


def test_parameters_and_order_of_calls() -> None:
    customers, history, _ = make_history(500)
    for wrong in (Propensity(train_share=1.0), Propensity(regularisation=0)):
        with pytest.raises(ParameterProblem):
            wrong.fit(customers, history)
    with pytest.raises(ParameterProblem, match="not been fitted"):
        Propensity().predict(customers)
    with pytest.raises(ParameterProblem, match="not been fitted"):
        Propensity().to_json()
    with pytest.raises(TableProblem, match="responded"):
        Propensity().fit(customers, history.drop(columns="responded"))


def test_reading_a_model_loads_no_scikit_learn() -> None:
    code = (
        "import sys, workbench.strategy, workbench.execution;"
        "sys.exit(any(m in sys.modules for m in ('sklearn', 'scipy.stats', 'duckdb', 'ibis')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.fixture(scope="module")
def bank_marketing(cases) -> tuple[pd.DataFrame, pd.DataFrame]:
    raw = pd.read_csv(cases / "bank-marketing.csv", sep=";")
    raw.insert(0, "customer_id", [f"{number:06d}" for number in range(1, len(raw) + 1)])
    history = pd.DataFrame({"customer_id": raw["customer_id"], "responded": raw["y"].eq("yes")})
    return raw.drop(columns="y"), history


@pytest.mark.cases
def test_a_real_bank_without_the_leak(bank_marketing) -> None:
    customers, history = bank_marketing
    model = Propensity().fit(customers, history)
    print(  # noqa: T201
        f"\nbank-marketing, last 30% by time: AUC {model.auc_:.3f} "
        f"[{model.auc_low_:.3f}, {model.auc_high_:.3f}], Brier {model.brier_:.4f} "
        f"(base {model.brier_base_:.4f}), top tenth {model.top_lift_:.2f}×, {model.calibration_}"
    )
    assert model.refused_[["column", "cause"]].values.tolist() == [["duration", "after_contact"]]
    assert "call" in model.refused_["reason"].iloc[0]
    assert model.n_validation_ == 13_563
    # Modest, as it is: the response rate more than trebled in the later contacts.
    assert 0.62 < model.auc_ < 0.75
    assert model.brier_ < model.brier_base_
    # The calibration that helped on the earlier contacts did not last, and it is said:
    # the later contacts judge, they take part in no choice.
    assert model.calibration_ == "isotonic"
    assert model.brier_uncalibrated_ < model.brier_
    assert "duration" not in model.feature_names_in_


@pytest.mark.cases
def test_the_leak_and_a_random_split_would_flatter(bank_marketing) -> None:
    customers, history = bank_marketing
    plain = {"algorithm": "logistic", "calibrate": False}
    caught = Propensity(**plain).fit(customers.rename(columns={"duration": "seconds"}), history)
    refused = caught.refused_.set_index("column")
    assert refused["cause"].to_dict() == {"seconds": "dominates"}
    assert refused.loc["seconds", "figure"] == pytest.approx(0.887, abs=0.001)
    # The rest shows on the later half as well.
    customers, history = customers.tail(22_000), history.tail(22_000)
    honest = Propensity(**plain).fit(customers, history)
    renamed = customers.rename(columns={"duration": "seconds"})
    leaking = Propensity(**plain, known_before=("seconds",)).fit(renamed, history)
    assert leaking.auc_ > honest.auc_ + 0.1
    listed = Propensity(**plain, after_contact=("seconds",)).fit(renamed, history)
    assert listed.auc_ == pytest.approx(honest.auc_)
    shuffled = Propensity(**plain).fit(customers, history.sample(frac=1, random_state=0))
    assert shuffled.auc_ > honest.auc_ + 0.05


@pytest.mark.cases
def test_the_histories_own_columns_are_listed_as_refused(bank_marketing) -> None:
    customers, history = bank_marketing
    told = history.assign(duration=customers["duration"], calls=customers["campaign"])
    without = customers.drop(columns=["duration", "campaign"])
    model = Propensity(calibrate=False).fit(without.head(3000), told.head(3000))
    causes = model.refused_.set_index("column")["cause"]
    assert causes["duration"] == "after_contact"
    assert causes["calls"] == "history_only"


@pytest.mark.cases
def test_the_outcome_itself_is_detected(bank_marketing) -> None:
    customers, history = bank_marketing
    told = customers.assign(took_it=np.where(history["responded"], "A", "B")).head(3000)
    model = Propensity(calibrate=False).fit(told, history)
    row = model.refused_.set_index("column").loc["took_it"]
    assert row["cause"] == "leaks"
    assert row["figure"] == 1.0
