"""Scores on the screen: methods, ranks under sampled weights, what would change them, roles, empty states."""

from __future__ import annotations

import pandas as pd
import pytest

import workbench as wb
from workbench.strategy import CRITERIA, METHODS
from workbench.ui.screens.strategy import StrategyScreen

NASTY = "<img src=x onerror=alert(1)>"


def viewed_section(state):
    return StrategyScreen(state)._sections["scores"]


def test_the_title_says_who_is_first_and_what_would_change_it(viewed, opened):
    state = opened(viewed)
    plan = viewed.strategy.plan()
    compared = wb.compare_methods(plan.criteria, plan.weights)
    title = state.heading().title
    section = state.current_section
    assert section.tables.name(compared.first["weighted_sum"]) in title
    if len(set(compared.first.values())) == 1:
        moved = wb.find_weight_changes(plan.criteria, plan.weights)["moved"].iloc[0]
        assert f"{moved:.2f}" in title
    else:
        assert "disagree" in title
    figures = {kpi.label: kpi for kpi in state.kpis()}
    assert len(figures) == 6
    assert figures["First by weighted sum"].value == compared.first["weighted_sum"]
    near = wb.rank_distribution(plan.criteria, plan.weights)
    first = near[(near["strategy_id"] == compared.first["weighted_sum"]) & (near["rank"] == 1)]
    assert figures["Stays first, weights near"].value == f"{first['share'].iloc[0] * 100:.0f}%"
    tau = compared.agreement.set_index(["method", "other"]).at[
        ("weighted_sum", "topsis_vector"), "kendall_tau"
    ]
    assert figures["Weighted sum and TOPSIS, τ"].value == f"{tau:+.2f}".replace("-", "−")


def test_figures_on_screen_are_the_rooms(viewed, opened):
    state = opened(viewed)
    section = state.current_section
    plan = viewed.strategy.plan()
    ranks = wb.compare_methods(plan.criteria, plan.weights).ranks.set_index("strategy_id")
    bumps = section.tables.bumps()
    assert len(bumps) == len(METHODS) * len(ranks)
    for row in bumps.itertuples():
        assert row.rank == ranks.at[row.strategy_id, f"rank_{METHODS[row.place]}"]
    shares = section.tables.shares()
    assert (shares.groupby("strategy_id")["share"].sum() - 1).abs().max() < 1e-9
    assert shares["own"].sum() == len(ranks)
    scored = wb.score_strategies(plan.criteria, plan.weights)
    rows = section.tables.contributions()
    assert [row["id"] for row in rows] == scored["strategy_id"].tolist()
    assert [row["score"] for row in rows] == [f"{score:.2f}" for score in scored["score"]]
    assert not any(row["move"] for row in rows)


def test_a_slider_changes_order_and_sentence_and_nothing_stored(viewed, text, opened):
    state = opened(viewed)
    screen = StrategyScreen(state)
    view = screen._sections["scores"]
    version, title = viewed.strategy.plan().version, state.heading().title
    sliders, before, sentence = view.sliders.html, text(view.table), text(view.change)
    for name in CRITERIA:
        view.sliders.press(f"weight-{name}", "1" if name == "cost" else "0")
    assert view.sliders.html == sliders
    assert text(view.table) != before
    assert text(view.change) != sentence
    cheapest = viewed.strategy.plan().criteria.sort_values("cost", kind="stable").iloc[0]
    assert state.current_section.tables.contributions()[0]["id"] == cheapest["strategy_id"]
    drawn = view.bump.frame("methods")
    own = drawn[(drawn["strategy_id"] == cheapest["strategy_id"]) & (drawn["place"] == 1)]
    assert own["rank"].tolist() == [1]
    assert "↑" in text(view.table)
    # The finding is the plan's; no slider touches it, nor what is stored.
    assert state.heading().title == title
    assert viewed.strategy.plan().version == version
    view.change.press("reset")
    assert text(view.table) == before
    # The overview shows the same what-if, when it is opened.
    view.sliders.press("weight-cost", "0.6")
    state.open_section("overview")
    assert state.ranking()["strategy_id"].tolist() == [
        row["id"] for row in state._sections["scores"].tables.contributions()
    ]
    assert state.banner is None


def test_all_weights_at_zero_is_said(viewed, opened):
    state = opened(viewed)
    view = viewed_section(state)
    for name in CRITERIA:
        view.sliders.press(f"weight-{name}", "0")
    assert "All weights would be 0" in state.t(state.banner.key, **state.banner.values)
    assert sum(state.weights.values()) > 0
    view.sliders.press("weight-fame", "1")
    view.sliders.press("weight-cost", "nan")
    view.sliders.press("weight-cost", "<b>")
    assert set(state.weights) == set(CRITERIA)


def test_another_method_and_reach_are_drawn(viewed, text, opened):
    state = opened(viewed)
    view = viewed_section(state)
    section = state.current_section
    plan = viewed.strategy.plan()
    near = view.shares.frame("shares")["share"].tolist()
    view.shares_head.press("method", "topsis_vector")
    view.shares_head.press("reach", "any")
    assert (section.method, section.reach) == ("topsis_vector", "any")
    assert view.shares.frame("shares")["share"].tolist() != near
    expected = wb.rank_distribution(plan.criteria, plan.weights, method="topsis_vector", concentration=None)
    pd.testing.assert_frame_equal(section.shares(), expected)
    assert "equally likely" in text(view.shares_head)
    view.shares_head.press("method", "fame")
    view.shares_head.press("reach", "<script>")
    assert (section.method, section.reach) == ("topsis_vector", "any")


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_a_viewer_may_try_but_not_save(viewed, lang, opened):
    state = opened(viewed, lang=lang, mode="dark")
    view = viewed_section(state)
    view.sliders.press("weight-cost", "0.7")
    assert 'data-action="reset"' in view.change.html
    assert "save-plan" not in view.change.html
    everything = " ".join(
        panel.html for panel in (view.bump_head, view.shares_head, view.table, view.change, view.sliders)
    )
    assert 'class="py"' not in everything
    assert len([part for part in view.cards if part.layout.display != "none"]) == 4
    assert [kpi.value for kpi in state.kpis()]


def test_an_analyst_saves_the_weights_as_a_plan(walked, opened):
    state = opened(walked)
    view = viewed_section(state)
    before = walked.strategy.plan().version
    assert "save-plan" not in view.change.html
    view.sliders.press("weight-cost", "0.7")
    assert "project.strategy.approve({" in view.change.html.replace("&#34;", '"')
    assert "wb.find_weight_changes(" in view.change.html
    view.change.press("approve", "", {"note": "cheaper"})
    assert state.jobs.wait()
    plan = walked.strategy.plan()
    assert plan.version == before + 1
    assert plan.note == "cheaper"
    assert plan.weights["cost"] == pytest.approx(0.7)
    assert state.banner.kind == "done"
    assert "save-plan" not in view.change.html
    assert f"Plan v{plan.version}" in state.heading().subtitle


def test_methods_that_disagree_are_named(walked, opened):
    state = opened(walked)
    section = state.current_section
    criteria = section.plan.criteria
    # All value in one strategy, all balances in another.
    criteria.loc[:, ["expected_value", "balances"]] = 0.0
    criteria.loc[criteria.index[0], "expected_value"] = 9.0
    criteria.loc[criteria.index[1], "balances"] = 9.0
    state.weights = {"expected_value": 0.2, "balances": 0.8, "satisfaction": 0.0, "cost": 0.0}
    section.load()
    title, _ = section.findings.bump_title()
    names = [section.tables.name(each) for each in criteria["strategy_id"].iloc[:2]]
    assert title == f"“{names[1]}” comes first by 3 of 4 methods, “{names[0]}” by expected value"
    sentence = section.findings.change()
    assert f"then “{names[0]}” comes first" in sentence
    assert "balances kept 0.80 → 0.50" in sentence


def test_one_strategy_has_nothing_to_be_weighed_against(walked, text, opened):
    state = opened(walked)
    section = state.current_section
    object.__setattr__(section.plan, "criteria", section.plan.criteria.iloc[:1].reset_index(drop=True))
    section.load()
    view = viewed_section(state)
    assert "only strategy" in state.heading().title
    assert "no other strategy" in text(view.change)
    assert [kpi.value for kpi in state.kpis()][4:] == ["–", "–"]


def test_more_strategies_than_are_drawn(walked, opened):
    state = opened(walked)
    section = state.current_section
    criteria = section.plan.criteria
    many = pd.concat([criteria] * 4, ignore_index=True).iloc[:18]
    many["strategy_id"] = [f"S{i}" for i in range(18)]
    many["expected_value"] = [float(i) for i in range(18)]
    object.__setattr__(section.plan, "criteria", many)
    section.load()
    shares = section.tables.shares()
    assert shares["strategy_id"].nunique() == 12
    assert shares["column"].iloc[11] == "12+"
    assert (shares.groupby("strategy_id")["share"].sum() - 1).abs().max() < 1e-9
    assert "first 12 of n = 18" in section.findings.bump_title()[1]
    assert section.tables.bumps()["strategy_id"].nunique() == 12


def test_a_strategys_name_is_escaped(walked, opened):
    card = walked.strategy.card(walked.strategy.cards()["strategy_id"].iloc[0])
    walked.strategy.save_card({**card, "name": NASTY}, card["row_version"])
    view = viewed_section(opened(wb.open_project(walked.folder, role="analyst")))
    everything = "".join(panel.html for panel in (view.bump_head, view.table, view.change, view.shares_head))
    assert "<img" not in everything
    assert "&lt;img" in everything


def test_the_value_of_a_strategy_for_few_is_hidden_from_viewers(walked, opened):
    for role, hidden in (("viewer", True), ("analyst", False)):
        section = opened(wb.open_project(walked.folder, role=role)).current_section
        first = section.criteria.index[0]
        section.criteria.loc[first, "n"] = 3
        row = next(
            r for r in section.tables.contributions() if r["id"] == section.criteria["strategy_id"][first]
        )
        assert (row["value"] == "hidden") == hidden
        assert (section.tables.bumps()["score"].iloc[0] == "hidden") == hidden


def test_without_a_plan_it_is_said_what_to_do(tmp_path, text, opened):
    project = wb.create_project(tmp_path / "p", "P")
    for role in ("analyst", "viewer"):
        state = opened(wb.open_project(project.folder, role=role))
        view = viewed_section(state)
        assert "No segmentation is approved" in state.heading().title
        assert "01_insight" in text(view.missing)
        assert state.kpis() == []
        assert not [part for part in view.shown if part.layout.display != "none"]
        view.sliders.press("weight-cost", "0.7")
