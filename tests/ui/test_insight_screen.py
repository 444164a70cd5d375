"""The insight screen as widgets: presses reach the state, text is escaped."""

from __future__ import annotations

import pytest

from workbench import ui
from workbench.ui.screens.insight import InsightScreen
from workbench.ui.state.insight import InsightState

NASTY = "<img src=x onerror=alert(1)>"


@pytest.fixture
def screen(walked):
    return InsightScreen(InsightState(walked))


def test_pressing_a_row_shows_its_segment(screen):
    second = screen.state.summary()["segment"][1]
    screen.heat.press("select", second)
    assert screen.state.selected == second
    assert second in screen.side_head.html
    screen.chips.press("select", "")
    assert screen.state.selected == ""


def test_a_filter_repaints_the_figures(screen):
    before = screen.figures.html
    screen.controls["region"].value = screen.state.choices("region")[1][1]
    assert screen.state.region
    assert screen.figures.html != before


def test_language_and_theme_reach_every_part(screen):
    screen.top.press("lang", "zh_CN")
    assert "客户洞察" in screen.top.html
    assert screen.controls["region"].description == "地区"
    screen.top.press("mode", "dark")
    assert screen.map.mode == "dark"
    assert screen.top.page["theme"] == "dark"
    screen.top.press("lang", "xx")
    assert screen.state.lang == "zh_CN"


def test_a_comment_is_kept_and_escaped(screen):
    screen.title.press("comments")
    screen.remarks.press("comment", "", {"text": NASTY})
    assert NASTY not in screen.remarks.html
    assert "&lt;img" in screen.remarks.html
    assert NASTY in set(screen.state.project.comments("insight")["text"])


def test_a_segment_named_like_a_script_is_text(walked):
    cluster = int(walked.insight.segmentation().segments["cluster"].iloc[0])
    walked.insight.relabel(cluster, NASTY)
    screen = InsightScreen(InsightState(walked))
    for panel in (screen.heat, screen.side_head, screen.title, screen.map_head, screen.chips):
        assert NASTY not in panel.html


def test_a_viewer_has_no_comment_form(viewed, monkeypatch):
    monkeypatch.setenv("WORKBENCH_PUBLISHED", "1")
    screen = InsightScreen(InsightState(viewed))
    screen.title.press("comments")
    assert "<form" not in screen.remarks.html
    screen.remarks.press("comment", "", {"text": "hello"})
    assert screen.state.banner.kind == "error"
    assert len(viewed.comments("insight")) == 0


def test_a_project_without_a_segmentation_says_what_to_do(tmp_path):
    import workbench as wb

    screen = InsightScreen(InsightState(wb.create_project(tmp_path / "new")))
    assert screen.state.t("insight.nothing.title") in screen.title.html


def test_the_call_in_a_notebook_returns_the_screen(viewed):
    widget = ui.insight(viewed)
    assert widget.workbench_screen.state.banner is None
