"""Evidence is stored with each evaluation, agrees with it, and survives every bad input."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench.errors import NotFound, ParameterProblem
from workbench.project import review_parts
from workbench.project.evidence import TABLES
from workbench.review import Sums, compare_means, pool_effects


@pytest.fixture(scope="module")
def project(walked_folder):
    return wb.open_project(walked_folder, role="viewer")


@pytest.fixture
def own(walked_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(review_parts, "PARTS", ("evidence",))
    shutil.copytree(walked_folder, tmp_path / "bank")
    return wb.open_project(tmp_path / "bank", role="analyst")


def test_a_reader_finds_all_tables_of_the_newest_evaluation(project):
    tables = project.review.evidence.tables()
    assert set(tables) == set(TABLES)
    evaluation = project.review.evaluation()
    treated = evaluation.overall[evaluation.overall["arm"].eq("treatment")]
    drawn = tables["received"][tables["received"]["method"].eq("intention_to_treat")]
    pd.testing.assert_series_equal(
        drawn.set_index(["strategy_id", "outcome"])["estimate"].sort_index(),
        treated.set_index(["strategy_id", "outcome"])["uplift"].sort_index(),
        check_names=False,
    )
    assert tables["multiple"]["p_bh"].le(tables["multiple"]["p_holm"] + 1e-12).dropna().all()
    last = tables["sequences"].drop_duplicates("strategy_id", keep="last").set_index("strategy_id")
    responded = treated[treated["outcome"].eq("responded")].set_index("strategy_id")["uplift"]
    assert last["uplift"].to_dict() == pytest.approx(responded.loc[last.index].to_dict())
    assert not tables["pre_period"]["alarm"].any()
    assert tables["cuped"]["unadjusted"].notna().any()


def test_strategies_are_parts_of_the_cycle_too(project):
    rows = project.review.evidence.tables()["segments"]
    whole = rows[rows["level"].eq("strategy") & rows["outcome"].eq("responded")]
    overall = project.review.evaluation().overall
    treated = overall[overall["arm"].eq("treatment") & overall["outcome"].eq("responded")]
    assert whole["part"].tolist() == treated["strategy_id"].tolist()
    firm = whole["firm"].to_numpy()
    by_hand = pool_effects(treated["uplift"][firm], treated["standard_error"][firm])
    assert whole.loc[firm, "shrunken"].tolist() == pytest.approx(by_hand.shrunken.tolist())


def test_lineage_leads_from_the_evaluation_to_its_evidence(project):
    artefact = project.review.evidence.artefact()
    evaluation = project.review.evaluation()
    assert project.lineage().path(evaluation.artefact_id, artefact.artefact_id)
    assert "Evidence of the evaluation" in project.lineage().text()


def test_an_evaluation_from_before_says_what_to_do(own, tmp_path):
    own.store.artefacts.save(
        "evidence", {}, cycle_id=own.cycle.cycle_id, summary={"evaluation": "evaluation/v0000-older"}
    )
    with pytest.raises(NotFound, match="Evaluate again"):
        own.review.evidence.tables()
    own.review.evidence.fill()
    assert len(own.review.evidence.tables()["received"])
    with pytest.raises(NotFound):
        wb.create_project(tmp_path / "empty").review.evidence.tables()


def test_amounts_are_cut_only_when_asked(project):
    strategy_id = project.review.evaluation().overall["strategy_id"].iloc[0]
    found = project.review.evidence.winsorised(strategy_id, 0.05)
    targets = project.strategy.targets()
    mine = targets[targets["strategy_id"].eq(strategy_id)].set_index("customer_id")
    _, outcomes = project.review.results()
    paid = outcomes[outcomes["strategy_id"].eq(strategy_id)].groupby("customer_id")["amount"].sum()
    amounts = paid.reindex(mine.index).fillna(0.0)
    cut = amounts.clip(upper=found["limit"])
    by_hand = compare_means(*(Sums.of(cut[mine["arm"].eq(arm)]) for arm in ("treatment", "control")))
    assert found["estimate"] == pytest.approx(float(by_hand.estimate))
    assert found["n_cut"] == (amounts > found["limit"]).sum() <= 0.05 * (amounts > 0).sum()
    with pytest.raises(NotFound):
        project.review.evidence.winsorised("S99")
    with pytest.raises(ParameterProblem):
        project.review.evidence.winsorised(strategy_id, 2.0)


def test_a_strategy_without_a_control_is_matched_and_told(own, monkeypatch):
    real = own.strategy.targets()
    counts = real["strategy_id"].value_counts()
    most, least = counts.index[0], counts.index[-1]
    bare = real[~(real["strategy_id"].eq(most) & real["arm"].eq("control"))]
    # One list of nobody but the control, and one customer in both arms of another.
    bare = bare[~(bare["strategy_id"].eq(least) & bare["arm"].eq("treatment"))]
    third = counts.index[1]
    twice = bare[bare["strategy_id"].eq(third) & bare["arm"].eq("treatment")].head(3).assign(arm="control")
    given = pd.concat([bare, twice], ignore_index=True)
    monkeypatch.setattr(type(own.strategy), "targets", lambda self, list_id=None: given)
    own.review.evaluate()
    tables = own.review.evidence.tables()
    told = {(row.strategy_id, row.key) for row in tables["caveats"].itertuples()}
    assert {(most, "no_control"), (least, "no_treatment"), (third, "both_arms")} <= told
    row = tables["matched"].set_index(["name", "outcome"]).loc[(most, "responded")]
    assert row["scope"] == "strategy"
    if row["problem"]:
        assert json.loads(row["values"])
    else:
        assert row["ci_low"] < row["estimate"] < row["ci_high"]
        assert row["largest_after"] < 0.1
        assert len(tables["matched_balance"])
    mine = tables["received"][tables["received"]["strategy_id"].eq(most)].set_index(["method", "outcome"])
    assert np.isnan(mine.at[("intention_to_treat", "responded"), "estimate"])
    assert most not in set(tables["pre_period"]["strategy_id"])


def test_a_past_campaign_without_a_control_is_matched_and_another_alpha_is_other_evidence(own, monkeypatch):
    history = own.table("campaign_history")
    first = history["campaign"].iloc[0]
    bare = history[~(history["campaign"].eq(first) & history["arm"].eq("control"))]
    table = type(own).table
    monkeypatch.setattr(
        type(own),
        "table",
        lambda self, name, *rest: bare if name == "campaign_history" else table(self, name, *rest),
    )
    wide = own.review.evidence.tables()["received"]
    own.review.evaluate(alpha=0.1)
    narrow = own.review.evidence.tables()["received"]
    assert (narrow["ci_high"] - narrow["ci_low"]).sum() < (wide["ci_high"] - wide["ci_low"]).sum()
    matched = own.review.evidence.tables()["matched"]
    assert set(matched["name"]) == {str(first)}
    assert (matched["scope"] == "campaign").all()
