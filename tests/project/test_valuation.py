"""Customer value of a project: computed, stored, read, refused."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench.errors import NotAllowed, NotFound, ParameterProblem


@pytest.fixture(scope="module")
def project(walked_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("value") / "bank"
    shutil.copytree(walked_folder, folder)
    return wb.open_project(folder, role="analyst")


@pytest.fixture(scope="module")
def value(project):
    return project.insight.value.compute()


def test_the_walk_has_valued_both_cycles(walked_folder):
    viewer = wb.open_project(walked_folder, role="viewer")
    for cycle in viewer.cycles():
        found = viewer.at(cycle.cycle_id).insight.value.current()
        assert found.settings["as_of"] == str(cycle.snapshot_date)
        assert found.has_model


def test_every_customer_with_a_purchase_is_scored_and_valued(project, value):
    moves = project.table("transactions")
    retail = project.customers(["customer_id", "kind"])
    retail = set(retail.loc[retail["kind"] == "retail", "customer_id"])
    day = pd.Timestamp(value.settings["as_of"]) + pd.Timedelta(days=1)
    mine = moves[moves["type"].isin(["card", "payment"]) & (moves["occurred_at"] < day)]
    assert set(value.customers["customer_id"]) == set(mine["customer_id"]) & retail
    assert value.summary["n_without"] == len(retail) - len(value.customers)
    assert value.customers[["r_score", "f_score", "m_score"]].isin(range(1, 6)).all().all()
    assert value.customers["p_alive"].between(0, 1).all()
    assert np.isfinite(value.customers["expected_value"]).all()


def test_the_stored_model_gives_the_stored_values(project, value):
    import json

    artefact = project.store.artefacts.find(value.artefact_id)
    model, spend = (
        kind.from_json(json.dumps(project.store.artefacts.document(artefact, name)))
        for kind, name in ((wb.BGNBD, "model"), (wb.GammaGamma, "spend"))
    )
    again = wb.expected_customer_value(model, spend, value.customers, periods_per_month=365.2425 / 12)
    assert again["expected_value"].to_numpy() == pytest.approx(value.customers["expected_value"].to_numpy())
    assert value.sensitivity.shape == (len(value.customers), 7)
    assert value.parameters["parameter"].tolist() == ["r", "alpha", "a", "b", "p", "q", "v"]


def test_the_same_settings_store_nothing_new_and_the_lineage_is_kept(project, value):
    again = project.insight.value.compute()
    assert again.version == value.version == project.insight.value.current().version
    artefact = project.store.artefacts.find(value.artefact_id)
    inputs = project.store.artefacts.manifest(artefact)["inputs"]
    assert [name.split("/")[0] for name in inputs] == ["import", "portrait"]
    assert not project.insight.value.is_stale(value)


def test_a_holdout_of_half_a_year_is_checked(value):
    whole = value.calibration.iloc[-1]
    assert whole["group"] == "all"
    assert value.checks.set_index("check").at["holdout", "n"] == whole["n"]


def test_other_settings_are_another_version(project, value):
    phases = []
    other = project.insight.value.compute(
        ["card"],
        period="week",
        discount_rate=0.0,
        margin=0.02,
        progress=lambda _, phase: phases.append(phase),
    )
    assert other.version > value.version
    assert (other.settings["types"], other.settings["period"]) == (["card"], "week")
    assert other.customers["expected_value"].mean() < value.customers["expected_value"].mean()
    assert len(set(phases)) >= 4


def test_too_few_customers_get_scores_but_no_model(project):
    corporate = project.insight.value.compute(kind="corporate", period="month")
    assert not corporate.has_model
    assert corporate.sensitivity is None
    assert corporate.checks.set_index("check").at["customers", "verdict"] == "unsuited"
    assert corporate.customers["rfm"].str.len().eq(3).all()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"types": ["gold"]}, "no transactions of the types gold"),
        ({"types": []}, "no transactions of the types –"),
        ({"period": "year"}, "period can't be"),
        ({"model": "lstm"}, "model can't be"),
        ({"kind": "alien"}, "kind can't be"),
        ({"types": ["pension"], "direction": "out"}, "none of these customers"),
        ({"discount_rate": -1.0}, "discount_rate can't be"),
    ],
)
def test_what_can_not_be_is_said(project, options, said):
    with pytest.raises(ParameterProblem, match=said):
        project.insight.value.compute(**options)


def test_a_viewer_reads_and_may_not_compute(walked_folder):
    viewer = wb.open_project(walked_folder, role="viewer")
    with pytest.raises(NotAllowed):
        viewer.insight.value.compute()


def test_without_transactions_it_is_said_what_to_do(tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    rows = "\n".join(f"{n},{20 + n}" for n in range(30))
    (raw / "people.csv").write_text(f"no,age\n{rows}\n", encoding="utf-8")
    (raw / "mapping.toml").write_text(
        '[[file]]\npattern = "people.csv"\ntable = "customers"\n[file.columns]\n'
        'customer_id = "no"\nkind = { constant = "retail" }\nage = "age"\n',
        encoding="utf-8",
    )
    project = wb.create_project(tmp_path / "p", "P")
    project.import_files(raw, snapshot_date="2026-09-30")
    assert not project.insight.value.can_compute()
    assert project.insight.value.fill() is None
    with pytest.raises(NotFound, match="needs transactions"):
        project.insight.value.compute()
    with pytest.raises(NotFound, match="not computed"):
        project.insight.value.current()
