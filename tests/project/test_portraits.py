"""Portraits of a project: stored with sources and rules, previewed exactly, versions kept."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import workbench as wb
from workbench.errors import Conflict, NotAllowed, NotFound, ParameterProblem
from workbench.project import Project


def test_counts_add_up_to_the_portrait(copied: Project):
    portraits, people = copied.insight.portraits, copied.customers()
    counts = portraits.table("counts")
    assert counts["n"].sum() == len(people)
    assert counts["contribution"].sum() == pytest.approx(people["contribution"].sum())
    by_tier = counts.groupby(["kind", "tier"])["n"].sum()
    pd.testing.assert_series_equal(by_tier, people.groupby(["kind", "tier"]).size(), check_names=False)
    needs = portraits.table("needs").set_index(["kind", "need"])
    retail = people[people["kind"] == "retail"]
    assert needs.loc[("retail", "maturing"), "n"].item() == (retail["maturing_90d"] > 0).sum()
    sources = portraits.sources()
    for row in sources.sample(20, random_state=0).itertuples():
        mine = people[people["kind"] == row.kind]
        assert (row.n, row.n_filled) == (len(mine), mine[row.field].notna().sum())
    assert sources.set_index("field")["source"].loc["consent"].tolist() == ["crm", "crm"]
    ages = portraits.table("ages")
    assert (
        ages.groupby(["kind", "table"])["n"]
        .sum()
        .eq(ages["kind"].map(people["kind"].value_counts()).max())
        .any()
    )


def test_a_preview_is_what_a_rebuild_gives(copied: Project):
    portraits = copied.insight.portraits
    before = copied.customers(["customer_id", "kind", "lifecycle_stage", "tier"])
    changes = {"dormant_days": 90, "value.retail.contribution.0": 500}
    moves = portraits.preview(changes)
    portraits.save_rules(changes)
    # The file alone says the same: the rules in force against the portrait's.
    pd.testing.assert_frame_equal(portraits.preview(), moves)
    after = copied.build_portrait().set_index("customer_id")
    assert portraits.preview().eval("before == after").all()
    for what in ("lifecycle_stage", "tier"):
        both = before.set_index("customer_id").join(after[what].rename("after")).fillna("unknown")
        expected = both.groupby(["kind", what, "after"]).size()
        found = moves[moves["what"] == what].set_index(["kind", "before", "after"])["n"].sort_index()
        assert found.to_dict() == expected.to_dict()


def test_other_margins_are_previewed_from_the_banks_tables(copied: Project):
    file = copied.folder / "lifecycle.toml"
    file.write_text(file.read_text().replace("demand = 0.018", "demand = 0.0"))
    moves = copied.insight.portraits.preview()
    tiers = moves[moves["what"] == "tier"]
    copied.build_portrait()
    after = copied.customers(["tier"])["tier"].value_counts()
    assert tiers.groupby("after")["n"].sum().to_dict() == after.to_dict()
    assert (tiers["before"] != tiers["after"]).any()


def test_a_changed_file_makes_the_portrait_stale_and_stands_in_the_lineage(copied: Project):
    portraits = copied.insight.portraits
    assert not portraits.are_rules_new()
    used = portraits.artefact().artefact_id
    (copied.folder / "lifecycle.toml").write_text("dormant_days = 100\n")
    assert portraits.are_rules_new()
    status = copied.status().set_index("stage")
    assert status.loc["insight", "detail_key"] == "project.status.stale_rules"
    copied.build_portrait()
    assert portraits.artefact().artefact_id != used
    assert portraits.rules_of().dormant_days == 100
    rules = copied.store.artefacts.latest("lifecycle")
    edge = [rules.artefact_id, portraits.artefact().artefact_id]
    assert copied.lineage().path(*edge) == edge
    assert "Lifecycle rules" in copied.lineage().text()


def test_versions_are_kept_and_come_back(copied: Project):
    portraits = copied.insight.portraits
    first = int(portraits.rule_versions()["version"].max())
    assert portraits.save_rules({"dormant_days": 150}, note="earlier") == first + 1
    assert portraits.restore_rules(first) == first + 2
    versions = portraits.rule_versions().set_index("version")
    assert versions.loc[first + 1, "note"] == "earlier"
    assert versions["in_force"].tolist()[-1]
    assert versions["in_force"].sum() == 1
    assert portraits.rules().dormant_days == 180
    with pytest.raises(NotFound):
        portraits.restore_rules(99)
    with pytest.raises(Conflict):
        portraits.save_rules({"dormant_days": 150}, expected_sha256="other")
    with pytest.raises(ParameterProblem):
        portraits.save_rules({"dormant_days": 9_999})


def test_a_card_says_what_the_portrait_says(copied: Project):
    portraits, people = copied.insight.portraits, copied.customers().set_index("customer_id")
    for kind in ("retail", "corporate"):
        customer = portraits.typical(kind)
        card, row = portraits.card(customer), people.loc[customer]
        assert card.customer != customer
        cells = {cell.field.name: cell.value for cell in card.cells}
        assert cells["contribution"] == row["contribution"]
        assert card.tier == row["tier"]
        assert card.reason[0] == f"customers.why.{row['lifecycle_stage']}"
        assert not {"name", "phone", "birth_date"} & set(cells)
        last = copied.table("transactions")
        mine = last[last["customer_id"].eq(customer)]["occurred_at"]
        mine = mine[mine < pd.Timestamp(card.snapshot_date) + pd.Timedelta(days=1)]
        dated = {cell.field.name: cell.as_of for cell in card.cells}
        assert dated["recency"] == mine.max().date()
    with pytest.raises(NotFound, match="No customer"):
        portraits.card("nobody at all")


def test_only_analysts_see_customers(walked_folder: Path):
    portraits = wb.open_project(walked_folder, role="viewer").insight.portraits
    for forbidden in (
        lambda: portraits.search("0000"),
        lambda: portraits.typical(),
        lambda: portraits.card("1"),
    ):
        with pytest.raises(NotAllowed):
            forbidden()
    assert len(portraits.table("counts"))


def test_an_older_day_knows_nothing_of_later(copied: Project):
    first = copied.at(copied.cycles()[0].cycle_id)
    sources = first.insight.portraits.sources()
    assert sources["newest"].max() <= pd.Timestamp(first.cycle.snapshot_date)
    assert first.insight.portraits.cycles() == [cycle.cycle_id for cycle in copied.cycles()]
