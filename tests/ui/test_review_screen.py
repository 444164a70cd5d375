"""The review screen as widgets: presses reach the state, roles see what they may, text is escaped."""

from __future__ import annotations

import pandas as pd
import pytest

import workbench as wb
from workbench import ui
from workbench.ui.screens.review import ReviewScreen
from workbench.ui.state.review import ReviewState

NASTY = "<img src=x onerror=alert(1)>"


@pytest.fixture
def screen(walked):
    return ReviewScreen(ReviewState(walked))


def test_accepting_opens_the_next_cycle_with_a_link_to_its_insight(screen):
    row = screen.state.decisions.rows()[0]
    screen.side.press("accept", row["id"])
    assert screen.state.project.cycles()[-1].cycle_id == "2026 Q4"
    assert 'href="/lab/tree/01_insight.ipynb"' in screen.side.html
    assert "1 of" in screen.side.html
    assert "opens in 2026 Q4" in screen.side.html
    assert "✓" in screen.message.html


def test_rejecting_takes_the_reason_of_the_form(screen):
    row = screen.state.decisions.rows()[0]
    screen.side.press("reject", row["id"], {"reason": NASTY})
    assert NASTY not in screen.side.html
    assert "Reason: &lt;img" in screen.side.html
    assert "rejected" in screen.side.html


def test_a_blocked_close_says_why_and_does_nothing(screen):
    assert 'aria-disabled="true"' in screen.title.html
    screen.title.press("close")
    assert "Decide the open recommendations first" in screen.message.html
    assert screen.state.project.cycle.state == "open"


def test_closing_takes_the_button_away(screen):
    for row in screen.state.decisions.rows():
        screen.side.press("reject", row["id"], {"reason": "No."})
    assert "project.close_cycle()" in screen.side.html
    screen.title.press("close")
    assert screen.state.project.cycle.state == "closed"
    assert "Close cycle" not in screen.title.html


def test_filters_repaint_what_depends_on_them(screen):
    figures, plan = screen.figures.html, screen.plan.html
    screen.controls["channel"].value = screen.state.choices("channel")[1][1]
    assert screen.figures.html != figures
    assert screen.plan.html != plan
    assert len(screen.uplift.frame("rows")) == len(screen.state.shown_cards())
    screen.controls["channel"].value = ""
    assert screen.figures.html == figures


def test_another_measure_sends_rows_and_no_new_drawing(screen):
    chart = screen.uplift.chart
    screen.controls["measure"].value = "amount"
    assert screen.uplift.chart is chart
    assert screen.uplift.frame("heads")["figures"].item() == "CNY a customer (95%)"
    rows = screen.state.figures.uplift()
    pd.testing.assert_series_equal(screen.uplift.frame("rows")["uplift"], rows["uplift"], check_index=False)


def test_a_narrow_chart_is_drawn_for_a_phone_and_back(screen):
    screen.uplift.width = 900
    wide = screen.uplift.chart
    screen.uplift.width = 300
    assert screen.uplift.chart is not wide
    assert "heads" not in screen.uplift.tables
    screen.uplift.width = 900
    assert "heads" in screen.uplift.tables


def test_a_first_narrow_width_is_noticed(screen):
    screen.uplift.width = 300
    assert "heads" not in screen.uplift.tables


def test_another_strategy_is_tracked(screen):
    other = str(screen.state.cards["strategy_id"].iloc[-1])
    screen.daily_head.press("track", other)
    assert screen.state.figures.tracked() == other
    screen.daily_head.press("track", "no such")
    assert screen.state.figures.tracked() != "no such"


def test_the_plan_can_be_read_by_another_level_and_in_full(screen):
    screen.plan.press("level", "branch")
    few = screen.plan.html.count("<tr>")
    screen.plan.press("parts")
    assert screen.plan.html.count("<tr>") > few
    screen.plan.press("level", "nonsense")
    assert screen.state.level == "branch"
    assert screen.state.banner is None


def test_language_and_theme_reach_every_part(screen):
    screen.top.press("lang", "zh_CN")
    assert "建议" in screen.side.html
    assert screen.controls["measure"].description == "指标"
    screen.top.press("mode", "dark")
    assert {view.mode for view in (screen.uplift, screen.funnel, screen.daily, screen.past)} == {"dark"}


def test_python_hints_are_for_analysts(screen, viewed):
    row = screen.state.decisions.rows()[0]
    assert f"project.review.accept(&#39;{row['id']}&#39;)" in screen.side.html
    screen.tags.press("hints")
    assert "project.review" not in screen.side.html + screen.tags.html
    reader = ReviewScreen(ReviewState(viewed))
    whole = "".join(panel.html for panel in (reader.side, reader.tags, reader.title, reader.plan))
    assert "project.review" not in whole
    assert 'data-action="accept"' not in whole
    assert 'data-action="hints"' not in whole
    assert "<textarea" not in whole


def test_a_reader_who_sends_a_press_is_refused(viewed):
    reader = ReviewScreen(ReviewState(viewed))
    row = reader.state.decisions.rows()[0]
    for action, fields in (("accept", {}), ("reject", {"reason": "x"})):
        reader.side.press(action, row["id"], fields)
        assert reader.state.banner.kind == "error"
    reader.title.press("evaluate")
    assert reader.state.jobs.wait()
    assert reader.state.banner.kind == "error"
    assert viewed.review.recommendations()["status"].eq("open").all()


def test_no_customer_is_named_on_a_published_screen(viewed):
    reader = ReviewScreen(ReviewState(viewed))
    reader.plan.press("parts")
    whole = "".join(w.html for w in vars(reader).values() if hasattr(w, "html"))
    assert not any(customer_id in whole for customer_id in reader.state.targets["customer_id"].head(200))


def test_a_strategy_named_like_a_script_is_text(walked):
    lists = walked.strategy.lists()
    state = ReviewState(walked)
    state.cards = state.cards.assign(name=NASTY)
    state.segments = state.segments.assign(segment_zh=NASTY)
    screen = ReviewScreen(state)
    screen.plan.press("level", "segment")
    screen.top.press("lang", "zh_CN")
    whole = "".join(w.html for w in vars(screen).values() if hasattr(w, "html"))
    assert len(lists)
    assert NASTY not in whole
    assert "&lt;img src=x" in whole


def test_an_empty_project_shows_what_to_do(tmp_path):
    screen = ReviewScreen(ReviewState(wb.create_project(tmp_path / "empty")))
    assert "launch one in Strategy" in screen.title.html
    assert "Import a campaign history" in screen.past_head.html
    assert screen.filters.layout.display == "none"
    assert all(part.layout.display == "none" for part in screen.results)


def test_the_function_shows_the_screen(walked):
    widget = ui.review(walked, lang="zh_CN", measure="amount")
    assert widget.workbench_screen.state.measure == "amount"
    assert widget.workbench_screen.state.lang == "zh_CN"
