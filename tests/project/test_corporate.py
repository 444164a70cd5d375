"""Playbooks and journeys of a project: evidence, versions, conflicts, roles, lineage."""

from __future__ import annotations

from dataclasses import replace

import pytest

import workbench as wb
from workbench.errors import Conflict, NotAllowed, NotFound, ParameterProblem
from workbench.strategy import check_journey
from workbench.tables import STRATEGIES


@pytest.mark.parametrize("theirs", ["software", "logistics"])
def test_an_edit_in_the_same_moment_overwrites_nobody(copied, monkeypatch, theirs):
    corporate, artefacts = copied.strategy.corporate, copied.store.artefacts
    other = wb.open_project(copied.folder, role="analyst").strategy.corporate
    store, between = artefacts.save, [lambda: other.save_playbook(hers, expected_version=0)]
    hers = replace(other.playbook(theirs).playbook, response=0.3)

    def save(*arguments, **options):
        # Read, but not yet written: now the other one is faster.
        if between:
            between.pop()()
        return store(*arguments, **options)

    monkeypatch.setattr(artefacts, "save", save)
    mine = replace(corporate.playbook("software").playbook, response=0.11)
    if theirs == "software":
        with pytest.raises(Conflict) as caught:
            corporate.save_playbook(mine, expected_version=0)
        assert caught.value.difference == {"response": (0.11, 0.3)}
    else:
        assert corporate.save_playbook(mine, expected_version=0).version == 1
        assert corporate.playbook("software").playbook.response == 0.11
    assert corporate.playbook(theirs).playbook.response == 0.3


def test_evidence_is_what_the_tables_hold(walked):
    corporate = walked.strategy.corporate
    companies = corporate.companies()
    industry = companies["industry"].value_counts().index[0]
    found = corporate.evidence(industry)
    portrait = walked.customers()
    mine = portrait[portrait["kind"].eq("corporate") & portrait["industry"].eq(industry)]
    assert found.n == len(mine)
    assert found.balance == pytest.approx(mine["balance_total"].sum())
    links = walked.table("links")
    retail = portrait[portrait["kind"].eq("retail")]
    tied = links[links["relation"].eq("employer")].set_index("customer_id")["to_customer_id"]
    place = retail["customer_id"].map(tied).fillna(retail["employer_id"])
    # Beside ties and numbers some employers are known by name only.
    assert found.n_employees >= place.isin(mine["customer_id"]).sum() > 0
    names = walked.table("customers", ["customer_id", "kind", "name"])
    names = names.loc[names["kind"].eq("corporate"), ["customer_id", "name"]]
    links = links[links["customer_id"].isin(portrait["customer_id"])]
    behind = wb.companies_behind(portrait, links, names)
    assert found.n_employees == behind.loc[behind["industry"].eq(industry), "n_employees"].sum()
    by_industry = portrait.set_index("customer_id")["industry"]
    chain = links[links["relation"].eq("supplier") & links["customer_id"].isin(portrait["customer_id"])]
    buys = chain[chain["to_customer_id"].map(by_industry).eq(industry)]
    assert dict(zip(found.suppliers["industry"], found.suppliers["n"], strict=True)) == (
        buys["customer_id"].map(by_industry).fillna("unknown").value_counts().to_dict()
    )
    assert corporate.map()["n"].sum() == portrait["kind"].eq("corporate").sum()


def test_a_playbook_gets_versions_and_the_second_editor_sees_a_difference(copied):
    corporate = copied.strategy.corporate
    brought = corporate.playbook("software")
    assert (brought.version, brought.is_own) == (0, True)
    mine = replace(brought.playbook, response=0.11)
    first = corporate.save_playbook(mine, expected_version=0, note="We know better")
    assert (first.version, first.playbook.response) == (1, 0.11)
    assert corporate.save_playbook(mine, expected_version=0).version == 1
    with pytest.raises(Conflict) as caught:
        corporate.save_playbook(replace(brought.playbook, response=0.2), expected_version=0)
    assert caught.value.difference == {"response": (0.2, 0.11)}
    # Another industry is nobody's conflict.
    assert corporate.save_playbook(corporate.playbook("logistics").playbook, expected_version=0).version == 1
    corporate.save_playbook(replace(mine, channels=("email",)), expected_version=1)
    history = corporate.playbook_history("software")
    assert history["version"].tolist() == [2, 1]
    assert copied.lineage().path(history["artefact_id"][1], history["artefact_id"][0]) is not None
    again = wb.open_project(copied.folder, role="viewer").strategy.corporate
    assert again.playbook("software").playbook.channels == ("email",)
    with pytest.raises(NotAllowed):
        again.save_playbook(mine)


def test_an_industry_of_the_banks_own_starts_neutral(copied):
    corporate = copied.strategy.corporate
    found = corporate.playbook("=cmd|'/c calc'!A1")
    assert not found.is_own
    assert "=cmd|'/c calc'!A1" not in corporate.own_playbooks()
    corporate.save_playbook(found.playbook, 0)
    assert corporate.playbook("=cmd|'/c calc'!A1").is_own
    assert "=cmd|'/c calc'!A1" in corporate.own_playbooks()


def test_a_card_is_drafted_for_a_tier_once(copied):
    corporate = copied.strategy.corporate
    before = len(copied.strategy.cards())
    name = corporate.make_card("wholesale", "value")
    cards = copied.strategy.cards()
    STRATEGIES.check(cards.drop(columns=["row_version", "updated_at", "updated_by"]))
    card = cards.set_index("strategy_id").loc[name]
    assert (card["tier"], card["journey"], card["segment"]) == (
        "value",
        "company_visit",
        "Companies · wholesale",
    )
    assert len(cards) == before + 1
    with pytest.raises(ParameterProblem, match=name):
        corporate.make_card("wholesale", "value")
    assert corporate.make_card("wholesale", "basic") != name
    cells = corporate.map().set_index(["industry", "tier"])
    assert name in cells.at[("wholesale", "value"), "planned_ids"]
    # Such a card stops nothing: the plan is approved with it.
    assert name in set(copied.strategy.approve().criteria["strategy_id"])


def test_a_card_reaches_companies_once_their_segment_is_approved(copied):
    members = copied.insight.segmentation().membership
    companies = copied.strategy.corporate.companies()
    rows = companies.loc[companies["industry"].eq("wholesale"), ["customer_id"]]
    rows = rows.assign(cluster=99, segment="Companies · wholesale")
    copied.strategy.corporate.make_card("wholesale", "value")
    from workbench.strategy import build_corporate_map

    cells = build_corporate_map(companies, copied.strategy.cards(), rows[list(members.columns)])
    mine = cells[cells["industry"].eq("wholesale") & cells["tier"].eq("value")].iloc[0]
    assert mine["n_reached"] == mine["n"]


def test_journeys_have_versions_and_the_banks_own_rates(copied):
    journeys = copied.strategy.corporate.journeys
    stored = journeys.find("branch_app")
    steps = [replace(step, wait=step.wait + 1) for step in stored.journey.steps]
    changed = replace(stored.journey, steps=steps)
    assert journeys.save(changed, stored.version).version == 1
    with pytest.raises(Conflict):
        journeys.save(replace(changed, steps=[replace(s, wait=0) for s in steps]), 0)
    own = replace(changed, name="our_way")
    journeys.save(own)
    assert journeys.names()[-1] == "our_way"
    with pytest.raises(NotFound, match="our_way"):
        journeys.find("their_way")
    rates = journeys.rates().set_index("channel")
    contacts = [copied.at(cycle.cycle_id).execution.contacts() for cycle in copied.cycles()]
    made = sum(int(frame["channel"].eq("phone").sum()) for frame in contacts)
    assert rates.at["phone", "n"] in (0, made)
    reachable = journeys.reachable("retail")
    assert 0 < reachable["app"] < 1
    assert reachable["phone"] == 1.0
    path = journeys.expected("branch_app", "retail")
    assert 0 < path.won < 1
    assert set(check_journey(changed, journeys.customers("retail"))["severity"]) <= {"warn"}


def test_a_new_project_has_playbooks_and_journeys_and_no_companies(tmp_path):
    project = wb.create_project(tmp_path / "bank", "My bank")
    corporate = project.strategy.corporate
    assert corporate.companies().empty
    assert corporate.evidence("software").n == 0
    assert corporate.journeys.reachable() == {}
    assert corporate.journeys.expected("app_call_branch").won > 0
    with pytest.raises(NotFound):
        corporate.draft_card("software", "value")
