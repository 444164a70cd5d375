"""The loop on real files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import workbench as wb
from workbench.project.planning import fit_propensities

pytestmark = pytest.mark.cases


def test_card_customers_load_as_found(cases: Path, tmp_path: Path) -> None:
    project = wb.create_project(tmp_path / "cards")
    report = project.import_files(cases / "card-customers.csv", snapshot_date="2026-09-30")
    assert report.files["rows_loaded"].tolist() == [10_127]
    assert report.quarantine.empty
    assert len(project.customers(["customer_id"])) == 10_127


def test_the_loop_runs_on_a_real_banks_campaign(cases: Path, tmp_path: Path) -> None:
    project = wb.create_project(tmp_path / "bank")
    report = project.import_files(cases / "bank-marketing.csv", snapshot_date="2010-12-31")
    assert not report.files["rows_quarantined"].any()
    assert project.cycle.cycle_id == "2010 Q4"
    customers = project.customers()
    assert len(customers) == 45_211
    assert not {"duration", "responded", "y"} & set(customers.columns)
    features = wb.build_features(customers)
    project.insight.approve(wb.Segmenter(n_clusters=4, random_state=0).fit(features), features)
    members = project.insight.segmentation().membership
    project.strategy.save(wb.suggest_strategies(customers, members, starts_on="2011-01-10"))
    cards = project.strategy.cards()
    assert cards["channel"].eq("phone").any()
    models = fit_propensities(project, customers, cards)
    assert models
    for model in models.values():
        assert "duration" not in model.feature_names_in_
        assert "duration" in set(model.refused_["column"])
        assert 0.55 < model.auc_ < 0.9
    scores = wb.score_customers(customers, members, cards, models, {"expected_value": 1.0})
    project.strategy.save_scores(
        scores, {"expected_value": 1.0}, wb.build_criteria(cards, customers, members, models), models
    )
    selection = wb.select_targets(scores, cards, customers, members, capacity=3_000, control_share=0.2)
    # More than one person may launch alone.
    assert project.strategy.submit(selection) == []
    number = int(project.strategy.launch_requests()["request_id"].iloc[-1])
    wb.open_project(project.folder, role="contributor", who="second").strategy.approve_launch(number)
    project.strategy.launch_approved(number)
    history = project.table("campaign_history", ["customer_id", "responded", "contacted_at"])
    targets = project.strategy.targets()
    known = targets.merge(history, on="customer_id")
    treated = known["arm"].eq("treatment")
    outcomes = pd.DataFrame(
        {
            "list_id": known["list_id"],
            "customer_id": known["customer_id"],
            "responded": known["responded"].map({True: "yes", False: "no"}),
            "contacted": treated.map({True: "yes", False: "no"}),
            "recorded_at": known["contacted_at"].dt.strftime("%Y-%m-%d"),
        }
    )
    loaded = project.execution.import_outcomes(outcomes, since="2008-01-01", today="2011-03-31")
    assert loaded.loaded == len(outcomes)
    evaluation = project.review.evaluate()
    rows = evaluation.overall
    treatment = rows[rows["arm"].eq("treatment") & rows["outcome"].eq("responded")]
    rate = (treatment["mean"] * treatment["n"]).sum() / treatment["n"].sum()
    # Those the model put first answered far more often than the 11.7% of all.
    assert rate > 0.2
    assert len(project.review.recommend()) == treatment["strategy_id"].nunique()
