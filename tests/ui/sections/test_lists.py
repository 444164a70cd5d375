"""The section on lists: gates, rules, lists, the look-up, roles and empty states."""

from __future__ import annotations

import pandas as pd
import pytest

import workbench as wb
from workbench import locale
from workbench.errors import NotFound
from workbench.strategy import GATES
from workbench.ui.screens.strategy import StrategyScreen
from workbench.ui.state.sections.lists import _fold


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_a_viewer_reads_gates_reasons_lists_and_rules(viewed, lang, text, opened):
    state = opened(viewed, lang=lang, mode="dark")
    section = state.current_section
    view = StrategyScreen(state)._sections["lists"]
    gates = section.gates()
    assert gates["gate"].tolist() == ["all", *GATES]
    worst = gates[~gates["gate"].isin(["all", "segment"])].sort_values("lost_n", ascending=False).iloc[0]
    assert locale.count(worst["lost_n"], lang) in state.heading().title
    assert len(state.kpis()) == 6
    # No gate shows a handful of customers, nor lets one be derived.
    assert not gates["lost_n"].between(1, viewed.small_cell - 1).any()
    assert (gates["n"].shift(1, fill_value=gates["n"].iloc[0]) - gates["n"]).tolist() == gates[
        "lost_n"
    ].tolist()
    assert gates["n"].iloc[-1] == viewed.strategy.funnel()["n_out"].iloc[-1] == len(viewed.strategy.targets())
    assert (section.reasons()["n"] >= viewed.small_cell).all()
    # One customer appears nowhere, and nothing can be looked up.
    assert view.look_card not in view.cards
    shown = " ".join(text(panel) for panel in (view.gates_head, view.reasons_head, view.lists, view.rules))
    assert not any(name in shown for name in viewed.strategy.targets()["customer_id"].head(300))
    with pytest.raises(NotFound):
        section.look_up({"customer": viewed.strategy.targets()["customer_id"].iloc[0]})
    assert viewed.strategy.contact_policy.limits[0].describe(lang) in shown
    assert len(section.rules()) == len(GATES)


def test_lists_add_up_to_what_is_launched(viewed, opened):
    section = opened(viewed).current_section
    shown = {row["strategy_id"]: row for row in section.lists()}
    for row in viewed.strategy.lists().to_dict("records"):
        assert shown[row["strategy_id"]]["n"] == row["n"]
        assert shown[row["strategy_id"]]["n_control"] == row["n_control"]
    values = [row["expected_value"] for row in section.lists()]
    assert values == sorted(values, reverse=True)


def test_an_analyst_looks_a_customer_up_gate_by_gate(walked, text, opened):
    state = opened(walked)
    view = StrategyScreen(state)._sections["lists"]
    target = walked.strategy.targets().iloc[0]
    view.look.press("look-up", "", {"customer": target["customer_id"]})
    assert state.jobs.wait()
    steps = state.current_section.steps()
    assert steps[0]["listed"]
    assert [gate["state"] for gate in steps[0]["gates"]] == ["in"] * len(GATES)
    said = text(view.look)
    assert target["customer_id"] not in said
    assert "****" in said
    customers = walked.customers(["customer_id", "consent"])
    refused = customers.loc[customers["consent"].eq(False).fillna(False).to_numpy(dtype=bool), "customer_id"]
    answer = next(
        found for name in refused if (found := walked.strategy.why(name))["gate"].eq("consent").any()
    )
    row = answer[answer["gate"] == "consent"].iloc[0]
    assert "not agreed" in row["reason"]
    for asked, words in (("nobody", "took no part"), (" ", "customer's id")):
        view.look.press("look-up", "", {"customer": asked})
        state.jobs.wait()
        assert words in state.t(state.banner.key, **state.banner.values)


def test_a_planned_cycle_reads_the_stored_preview_and_can_be_cut_anew(walked, monkeypatch, opened):
    project = walked.open_cycle("2027 Q1", walked.cycle.snapshot_date)
    customers = project.customers()
    members = walked.insight.segmentation().membership
    features = wb.build_features(customers)
    project.insight.approve(
        wb.Segmenter(n_clusters=2).fit(features), features, labels={0: "<script>x</script>", 1: '=cmd|"/c"'}
    )
    plan = project.strategy.approve()
    assert len(members)
    preview = project.strategy.preview()
    assert preview.problem is None
    fresh = project.strategy.select()
    pd.testing.assert_frame_equal(preview.funnel, fresh.funnel)
    pd.testing.assert_series_equal(
        preview.targets["customer_id"].sort_values(ignore_index=True),
        fresh.targets["customer_id"].sort_values(ignore_index=True),
    )

    def refuse(*_, **__):
        raise AssertionError("a screen cut lists while it opened")

    with monkeypatch.context() as patch:
        patch.setattr("workbench.strategy.select_targets", refuse)
        state = opened(project)
        view = StrategyScreen(state)._sections["lists"]
        assert state.heading().subtitle.startswith(f"Stored with plan v{plan.version}")
        assert "<script>" not in view.lists.html + view.rules.html
    state.current_section.cut()
    assert state.jobs.wait()
    assert state.banner.kind == "done"
    assert state.heading().subtitle.startswith("Cut just now")
    assert len(state.priced) == len(fresh.targets)
    # An offer out of date is left out of the preview, and named; cutting its list is refused.
    cards = project.strategy.cards()
    first = cards["strategy_id"].iloc[0]
    card = project.strategy.card(first) | {
        "starts_on": pd.Timestamp("2020-01-01"),
        "ends_on": pd.Timestamp("2020-02-01"),
    }
    project.strategy.save_card(card)
    project.strategy.approve()
    assert project.strategy.preview().out_of_date == (first,)
    state.load()
    assert first in state.current_section.warning()
    state.current_section.cut()
    assert state.jobs.wait()
    assert "out of date" in state.t(state.banner.key, **state.banner.values)
    assert state.current_section.ready
    # A card that asks for a column that is not there: the plan is kept, the reason is said.
    card |= {
        "ends_on": pd.NaT,
        "eligibility": '[{"column": "shoe_size", "operator": "at_least", "value": 40}]',
    }
    project.strategy.save_card(card)
    project.strategy.approve()
    state.load()
    assert "shoe_size" in state.heading().subtitle
    assert state.kpis() == []
    StrategyScreen(state)


def test_a_bank_changes_its_contact_policy_in_the_folder(walked, text, opened):
    file = walked.folder / "contact_policy.toml"
    file.write_text("[standard]\nlimits = [{ most = 3, days = 7 }]\n", encoding="utf-8")
    assert walked.strategy.contact_policy.describe() == "at most 3 of any kind in any 7 days"
    assert "at most 3 of any kind" in text(StrategyScreen(opened(walked))._sections["lists"].rules)
    file.unlink()


def test_without_a_plan_it_is_said_what_to_do(tmp_path, opened):
    project = wb.create_project(tmp_path / "empty")
    state = opened(project)
    assert state.kpis() == []
    assert "plan first" in state.heading().subtitle
    StrategyScreen(state)


@pytest.mark.parametrize(
    ("lost", "folded"),
    [
        ([0, 50, 3, 30, 2], [0, 50, 0, 0, 35]),
        ([0, 3, 4, 20], [0, 0, 0, 27]),
        ([0, 0, 0], [0, 0, 0]),
        ([0, 40, 20], [0, 40, 20]),
    ],
)
def test_small_losses_are_folded_into_others(lost, folded):
    assert _fold(lost, 11) == folded
    assert sum(folded) == sum(lost)
