"""Customers over time on the screen: figures, filters, what is hidden, and a first cycle."""

from __future__ import annotations

import re

import numpy as np
import pytest

from workbench import locale
from workbench.ui.screens.review import ReviewScreen
from workbench.ui.state.review import ReviewState
from workbench.ui.state.sections.customers_figures import coarse


class SectionAlone(ReviewState):
    """The screen without its overview, whose figures take longer than the section's."""

    def _load_overview(self) -> None:
        self.segments = self._read_segments()


def opened(project, **traits):
    state = SectionAlone(project, section="customers", **traits)
    return state, ReviewScreen(state)._sections["customers"]


def text(panel) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", panel.html))


def test_the_title_and_the_figures_are_those_stored(walked):
    state, _ = opened(walked)
    step = walked.review.movement.back()
    both = step.matrix()
    both = both[both["status"].isin(["stayed", "moved"])]
    moved = both.loc[both["status"].eq("moved"), "n"].sum() / both["n"].sum()
    assert f"{100 * moved:.1f}%" in state.heading().title or f"{100 * moved:.0f}%" in state.heading().title
    kpis = state.kpis()
    assert len(kpis) == 6
    churn = step.churn()
    row = churn[churn["kind"].eq("churn") & churn["part"].isna()].iloc[0]
    assert kpis[2].value == locale.percent(row["rate"])
    section = state.current_section
    bridge = section.figures.bridge().set_index("step")
    whole = step.value()[lambda rows: rows["part"].isna()].iloc[0]
    assert bridge.loc["total", "amount"] == pytest.approx(whole["value_after"] - whole["value_before"])
    steps = bridge.drop(index="total")
    assert steps["amount"].sum() == pytest.approx(bridge.loc["total", "amount"])
    assert (steps["begin"].to_numpy()[1:] == steps["end"].to_numpy()[:-1]).all()


@pytest.mark.parametrize("lang, by", [("en", "segment"), ("zh_CN", "lifecycle_stage")])
def test_a_viewer_follows_customers_and_is_shown_no_small_cell(viewed, lang, by):
    state, view = opened(viewed, lang=lang, mode="dark")
    section = state.current_section
    view.pick.press("by", by)
    assert section.by == by
    cells = section.cells()
    shown = cells[~cells["hidden"]]
    assert not shown["n"].between(1, viewed.small_cell - 1).any()
    assert cells["hidden"].any()
    assert cells.loc[cells["hidden"], ["value_before", "value_after"]].isna().all().all()
    rates = section.figures.rates()
    whole = viewed.review.movement.back().churn(by)
    for row in rates.to_dict("records"):
        known = whole[whole["kind"].eq(row["kind"])]
        counts = np.array([r["k"] / r["n"] for r in known.to_dict("records") if r["n"]])
        assert np.abs(counts - row["rate"]).min() < 0.11
    html = "".join(p.html for p in (view.matrix, view.value, view.treated, view.churn_head, view.flow_head))
    ids = viewed.customers(["customer_id"])["customer_id"]
    assert not any(str(each) in html for each in ids.head(300))
    if not section.withheld():
        nodes, ribbons = section.flow()
        assert not ribbons["n"].isna().any()
        assert (ribbons["n"] >= viewed.small_cell).all()
        assert set(nodes["side"]) == {"before", "after"}


def test_an_analyst_sees_every_cell_and_a_part_alone(walked):
    state, view = opened(walked)
    section = state.current_section
    assert not section.cells()["hidden"].any()
    assert section.figures.n_hidden_rates("churn") == 0
    part = section.part_choices()[1][0]
    view.pick.press("part", part)
    assert section.part == part
    row = walked.review.movement.back().value()
    mine = row[row["part"].eq(part)].iloc[0]
    assert section.figures.bridge().set_index("step").loc["total", "amount"] == pytest.approx(
        mine["value_after"] - mine["value_before"]
    )
    assert section.shown(part) in section.findings.bridge_title()[1]
    assert set(section.figures.rates()["label"]) <= {section.shown(part)}
    view.matrix.press("measure", "value")
    assert "¥" in text(view.matrix)
    view.pick.press("part", "nobody")
    assert section.part == part
    view.pick.press("by", "lifecycle_stage")
    assert section.part == ""
    assert "project.review.movement.back()" in text(view.pick)


def test_a_first_cycle_looks_on_and_alone_shows_where_everybody_stands(viewed, walked):
    first = viewed.at(viewed.cycles()[0].cycle_id)
    state, _ = opened(first)
    section = state.current_section
    assert list(section.steps) == ["on"]
    assert viewed.cycle.cycle_id in state.heading().subtitle
    # A cycle whose neighbour shows the same day has nothing to compare.
    later = walked.open_cycle("2027 Q4", walked.cycle.snapshot_date)
    state, _ = opened(later)
    assert "Press Evaluate" in state.heading().subtitle
    later.build_portrait()
    later.review.movement.fill()
    state, view = opened(later)
    assert "can have moved" in state.heading().subtitle
    assert state.kpis() == []
    assert view.now_card.layout.display == ""
    view.pick.press("by", "lifecycle_stage")
    rows = state.current_section.figures.parts_now()
    assert rows["share"].sum() == pytest.approx(1.0)


def test_rates_of_few_are_told_coarsely():
    assert coarse(0.123, 20_000, 11) == 0.123
    assert coarse(0.123, 2_000, 11) == 0.12
    assert coarse(0.123, 100, 11) == 0.2
    assert coarse(0.5, 30, 11) is None
    assert coarse(0.123, 30, 1) == 0.123


def test_the_money_of_a_few_does_not_stand_alone(viewed):
    section = opened(viewed)[0].current_section
    figures = section.figures
    row = figures.value_row()
    few = {**row, "n_joined": 3, "n_left": 2}
    assert figures.few_moved(few)
    assert not figures.few_moved({**few, "n_left": 0, "n_joined": 0})
    assert not figures.few_moved({**row, "part": "A", "n_joined": 3, "n_left": 2, "n_in": 40, "n_out": 0})
    section.step._kept["decompose_value", "segment"] = section.step.value().assign(n_joined=3, n_left=2)
    section._kept.clear()
    assert figures.bridge()["step"].tolist() == ["unsplit", "total"]
    assert "mostly" not in section.findings.bridge_title()[0]
    assert section.kpis()[4].note == ""
