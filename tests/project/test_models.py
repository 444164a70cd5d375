"""A plan's propensity models from the handle: figures, choice, drift, learning anew."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

import workbench as wb
from workbench.errors import NotAllowed, NotFound
from workbench.project.models import scoring_drift
from workbench.strategy.propensity.drift import learn_bins, measure_drift
from workbench.strategy.reach import may_contact


@pytest.fixture(scope="module")
def planned_folder(walked_folder, tmp_path_factory):
    """A plan whose first two strategies have a model of all contacts; responses go by age."""
    folder = tmp_path_factory.mktemp("planned") / "walked"
    shutil.copytree(walked_folder, folder)
    project = wb.open_project(folder, role="analyst")
    customers = project.customers()
    rng = np.random.default_rng(0)
    known = customers.sample(600, random_state=0)
    chance = 0.08 + 0.35 * (known["age"].fillna(40) > 45)
    history = pd.DataFrame(
        {
            "customer_id": known["customer_id"],
            "contacted_at": pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(600) // 10, unit="D"),
            "responded": rng.random(600) < chance,
        }
    )
    model = wb.Propensity().fit(customers, history)
    strategy = project.strategy
    cards, members = strategy.cards(), project.insight.segmentation().membership
    models = dict.fromkeys(cards["strategy_id"].head(2), model)
    criteria = wb.build_criteria(cards, customers, members, models)
    weights = {"expected_value": 1.0}
    scores = wb.score_customers(customers, members, cards, models, weights)
    strategy.save_scores(scores, weights, criteria, models)
    return folder, model.to_json()


@pytest.fixture
def planned(planned_folder, tmp_path):
    """Free to change: the project, and its model."""
    shutil.copytree(planned_folder[0], tmp_path / "planned")
    return wb.open_project(tmp_path / "planned", role="analyst"), wb.Propensity.from_json(planned_folder[1])


def test_figures_are_those_of_the_model(planned):
    project, model = planned
    handle = project.strategy.models
    assert [(each.offer, len(each.strategies)) for each in handle.stored()] == [("", 2)]
    figures = handle.figures()
    assert figures["algorithm"].tolist() == ["logistic", "boosting"]
    assert figures["n_validation"].tolist() == [180, 180]
    chosen = figures[figures["chosen"]].iloc[0]
    assert (chosen["auc"], chosen["brier"], chosen["alift"]) == (model.auc_, model.brier_, model.alift_)
    compared = handle.compare()
    assert set(compared) >= {"offer", "choice_gain", "choice_error", "auc"}
    assert set(handle.reliability()["algorithm"]) == {"logistic", "boosting"}
    assert handle.gains().groupby("algorithm")["n"].sum().tolist() == [180, 180]
    assert handle.drivers()["column"].iloc[0] == model.drivers_["column"].iloc[0]
    assert len(handle.refused()) == len(model.refused_)


def test_drift_is_stored_and_equals_a_recount(planned):
    project, model = planned
    stored = project.strategy.models.drift()
    customers = project.customers()
    mine = customers[may_contact(customers).to_numpy()]
    if model.kinds_:
        mine = mine[mine["kind"].isin(model.kinds_)]
    assert stored["n"].unique().tolist() == [len(mine)]
    again = model.drift(mine).set_index("feature")["psi"]
    pd.testing.assert_series_equal(stored.set_index("feature")["psi"], again, check_index_type=False)
    # One column by hand, from the portraits that the model learned from.
    age = next(each for each in model._bins if each["name"] == "age")
    assert sum(age["n"]) + age["missing"] == 600
    by_hand = measure_drift([age], mine[["age"]])["psi"].iloc[0]
    assert by_hand == pytest.approx(stored.set_index("feature").loc["age", "psi"])
    assert learn_bins(customers[["age"]])[0]["kind"] == "numeric"


def test_approving_again_keeps_models_and_drift(planned):
    project, _ = planned
    plan = project.strategy.plan()
    assert project.strategy.approve().version == plan.version


def test_a_plan_of_before_has_no_drift(planned, monkeypatch):
    project, _ = planned
    artefacts = project.store.artefacts
    monkeypatch.setattr(type(artefacts), "tables", lambda *_: ["scores"])
    assert project.strategy.models.drift().empty


def test_a_column_that_is_gone_leaves_that_model_out(planned):
    project, model = planned
    model._bins = [*model._bins, {"name": "gone", "kind": "numeric", "edges": [], "n": [1], "missing": 0}]
    model._learner.encoder.columns_ = [
        *model._learner.encoder.columns_,
        {"name": "gone", "kind": "raw"},
    ]
    assert scoring_drift(project, {"S1": model}).empty
    assert scoring_drift(project, None).empty
    assert scoring_drift(project, {"S1": "no model"}).empty


def test_learning_anew_is_a_new_plan_with_the_history_s_models(planned):
    project, _ = planned
    before = project.strategy.plan()
    plan = project.strategy.models.learn(note="newer contacts")
    assert plan.version == before.version + 1
    assert plan.weights == before.weights
    assert plan.note == "newer contacts"
    known = {each.offer for each in project.strategy.models.stored()}
    assert "" not in known


def test_past_rates_are_those_of_the_contacts(planned):
    project, _ = planned
    rates = project.strategy.models.past_rates().set_index("offer")
    history = project.table("campaign_history").dropna(subset=["responded"])
    mine = history[history["arm"].eq("treatment")].groupby("offer")["responded"]
    assert rates["n"].to_dict() == mine.size().to_dict()
    assert rates["rate"].to_dict() == pytest.approx(mine.mean().to_dict())
    for offer, row in rates.iterrows():
        low, high = proportion_confint(mine.sum()[offer], row["n"], method="wilson")
        assert (row["ci_low"], row["ci_high"]) == pytest.approx((low, high))


def test_readers_learn_nothing_and_miss_nothing(walked):
    with pytest.raises(NotAllowed):
        walked.strategy.models.learn()
    figures = walked.strategy.models.figures()
    assert list(figures)[:5] == ["offer", "strategies", "n_train", "n_validation", "response"]


def test_without_a_plan_it_is_said(people, tmp_path):
    project = wb.create_project(tmp_path / "plain")
    project.import_files(people, snapshot_date="2026-09-30")
    for read in ("figures", "drift", "stored", "compare"):
        with pytest.raises(NotFound, match="plan"):
            getattr(project.strategy.models, read)()
