"""Targeting quality is stored with the evaluation, and learned models beside it as versions."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench.errors import NotAllowed, NotFound
from workbench.review import follow_up, qini_coefficient


def reviewed(project):
    """Return the project at its newest cycle that was evaluated."""
    found = [project.at(cycle.cycle_id) for cycle in project.cycles()]
    return [each for each in found if each.review.artefact() is not None][-1]


def test_what_is_stored_agrees_with_the_lists(walked):
    project = reviewed(walked)
    quality = project.review.targeting.current()
    lists = quality.tables["lists"].set_index("strategy_id")
    targets = project.strategy.targets()
    assert lists.loc["", "n"] <= len(targets)
    assert not quality.is_stale
    assert quality.tables["curves"].groupby(["strategy_id", "order"]).size().max() <= 200
    contacts, outcomes = project.review.results()
    cards = project.strategy.launched_cards()
    rows = follow_up(targets.drop(columns="list_id"), outcomes, cards, contacts=contacts)
    overall = project.review.evaluation().overall
    treated = overall[overall["arm"].eq("treatment") & overall["outcome"].eq("responded")]
    uplift = treated.set_index("strategy_id")["uplift"]
    judged = [one for one in lists.index[lists["problem"].eq("")] if one]
    assert judged
    for strategy_id in judged:
        assert lists.loc[strategy_id, "uplift"] == pytest.approx(uplift[strategy_id])
        mine = rows[rows["strategy_id"].eq(strategy_id)]
        rank = targets[targets["strategy_id"].eq(strategy_id)].set_index("customer_id")["rank"]
        by_hand = qini_coefficient(
            mine["responded"], mine["arm"].eq("treatment"), -mine["customer_id"].map(rank)
        )
        table = quality.tables["coefficients"]
        row = table[
            table["strategy_id"].eq(strategy_id) & table["order"].eq("list") & table["measure"].eq("qini")
        ]
        assert row["value"].item() == pytest.approx(by_hand, abs=1e-12)


def test_it_comes_from_the_evaluation_and_the_plan(walked):
    project = reviewed(walked)
    quality = project.review.targeting.current()
    inputs = project.store.artefacts.manifest(project.store.artefacts.find(quality.artefact_id))["inputs"]
    assert project.review.evaluation().artefact_id in inputs
    assert any(each.startswith("scores/") for each in inputs)
    assert "Targeting quality" in str(project.lineage())


def test_a_model_is_learned_out_of_sample_and_kept(copied):
    project = reviewed(copied)
    targeting = project.review.targeting
    assert targeting.learned() is None
    made = targeting.learn(n_folds=2)
    assert made.version == 1
    assert set(made.tables["coefficients"]["order"]) >= {"uplift", "list"}
    assert made.n <= len(project.strategy.targets())
    # After the contact is too late to be learned from.
    assert not {"responded", "amount", "customer_id"} & {name.split("=")[0] for name in made.features}
    again = targeting.learn(n_folds=2)
    assert again.artefact_id == made.artefact_id
    other = targeting.learn(n_folds=2, method="transformed_outcome")
    versions = targeting.versions()
    assert versions["version"].tolist() == [other.version, 1]
    assert versions["method"].tolist() == ["transformed_outcome", "t_learner"]
    assert targeting.learned().version == other.version
    assert not targeting.current().is_stale


def test_an_evaluation_anew_makes_it_stale_until_it_is_filled(copied):
    project = reviewed(copied)
    project.review._store.artefacts.save(
        "evaluation",
        {name: pd.DataFrame({"a": [1]}) for name in ("overall", "by_segment")},
        cycle_id=project.cycle.cycle_id,
        summary={"alpha": 0.05},
    )
    assert project.review.targeting.current().is_stale


def test_a_viewer_learns_nothing(walked):
    with pytest.raises(NotAllowed):
        reviewed(walked).review.targeting.learn()


def test_before_an_evaluation_there_is_a_sentence(copied):
    later = copied.open_cycle("2027 Q2", copied.cycle.snapshot_date)
    with pytest.raises(NotFound, match="2027 Q2"):
        later.review.targeting.current()
    with pytest.raises(NotFound):
        later.review.targeting.fill()
    assert later.review.targeting.versions().empty
