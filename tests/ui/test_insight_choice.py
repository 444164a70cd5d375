"""Choosing customers on the insight screen, and what analysts do with them; without a browser."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench.errors import ParameterProblem
from workbench.ui.screens.insight import InsightScreen
from workbench.ui.state.insight import InsightState
from workbench.ui.state.insight_map import DIMMED, SHOWN

NASTY = "<img src=x onerror=alert(1)>"


@pytest.fixture
def screen(walked):
    return InsightScreen(InsightState(walked))


@pytest.fixture
def state(screen):
    return screen.state


def outline_of(state, share: float = 0.5) -> list[list[float]]:
    """The right-hand part of the picture, as an outline."""
    points = state.map_points()
    left = float(points["x"].quantile(1 - share))
    right, low, high = (float(v) for v in (points["x"].max(), points["y"].min(), points["y"].max()))
    return [[left, low - 1], [right + 1, low - 1], [right + 1, high + 1], [left, high + 1]]


def test_drawing_around_chooses_everyone_placed_there(screen, state):
    outline = outline_of(state)
    screen.map.outline = outline
    places = state.project.insight.everyone()
    inside = places.loc[places["x"] >= outline[0][0], "customer_id"]
    assert set(state.group_ids()) == set(inside)
    group = state.group()
    assert group["n"] == len(inside)
    assert group["share"] == pytest.approx(len(inside) / len(state.shown()))
    names = state.segmentation.membership.set_index("customer_id")["segment"].loc[inside].value_counts()
    assert {row["segment"]: row["n"] for row in group["mix"]} == names.to_dict()
    assert f"{len(inside):,}" in screen.side_head.html
    assert state.project.insight.select(outline=outline).isin(inside).all()


def test_what_sets_the_group_apart_is_what_the_room_says(state):
    state.draw_around(outline_of(state, 0.3))
    features = state.project.insight.features().loc[state.shown()["customer_id"]]
    expected = wb.describe_group(features, state.group_ids(), customers=state.project.customers())
    pd.testing.assert_frame_equal(state.profile_rows(), expected)
    assert state.sentence() == wb.describe_cluster(expected, 1)
    assert state.differences()["difference"].abs().max() == pytest.approx(expected["effect"].abs().max())


def test_one_choice_is_seen_in_every_chart(screen, state):
    second = state.summary()["segment"][1]
    screen.shares.selection = {"pick": {"segment": [state.summary()["shown"][1]]}}
    assert state.selected == second
    emphasis = screen.map.frame()["emphasis"].to_numpy()
    assert (emphasis == np.where(screen.map.frame()["segment"] == second, SHOWN, DIMMED)).all()
    assert screen.shares.frame()["emphasis"].tolist() == [
        1.0 if one == second else 0.25 for one in state.summary()["segment"]
    ]
    assert screen.heat.html.count("mp-dim") == len(state.summary()) - 1
    assert second in screen.side_head.html
    screen.map.cleared += 1
    assert state.selected == ""
    assert set(screen.map.frame()["emphasis"]) == {SHOWN}
    assert set(screen.shares.frame()["emphasis"]) == {1.0}


def test_only_columns_are_sent_when_somebody_chooses(screen, state, monkeypatch):
    whole: list[str] = []
    for view in (screen.map, screen.shares):
        monkeypatch.setattr(view, "send_state", lambda key=None, **_: whole.append(str(key)))
    state.select(state.summary()["segment"][1])
    assert [key for key in whole if "_look" in key or "_content" in key] == []


def test_a_click_takes_the_nearest_point_or_clears(screen, state):
    point = state.map_points().iloc[7]
    screen.map.picked = {"x": float(point["x"]), "y": float(point["y"]), "dx": 0.5, "dy": 0.5, "count": 1}
    assert state.selected == point["segment"]
    far = float(state.map_points()["x"].max()) + 1000
    screen.map.picked = {"x": far, "y": 0.0, "dx": 0.5, "dy": 0.5, "count": 2}
    assert state.selected == ""


def test_a_cell_of_the_lifecycle_is_a_group(screen, state):
    row = max(state.heat_rows(), key=lambda each: each["total"]["n"])
    cell = max(row["cells"], key=lambda each: each["n"])
    screen.heat.press("cell", f"{cell['stage']}:{row['segment']}")
    assert len(state.group_ids()) == cell["n"]
    rows = state.customers.set_index("customer_id").loc[state.group_ids()]
    assert set(rows["lifecycle_stage"]) == {cell["stage"]}
    assert state.t(f"insight.lifecycle.{cell['stage']}") in screen.chips.html
    screen.heat.press("cell", f"{cell['stage']}:{row['segment']}")
    assert not state.is_group


def test_the_lifecycle_table_follows_an_outline_for_analysts(state):
    state.draw_around(outline_of(state))
    total = sum(row["total"]["n"] for row in state.heat_rows())
    assert total <= len(state.group_ids())
    assert "chosen" in state.findings.heat_title()[0]


def test_the_slider_sends_the_emphasis_alone(screen, state):
    held = np.sort(state.shown()["balance_total"].dropna())[::-1]
    screen.top_share.value = 10
    n = round(len(held) * 0.1)
    assert state.richest() == {"n": n, "share": pytest.approx(held[:n].sum() / held.sum())}
    drawn = screen.map.frame()
    rich = drawn["emphasis"].eq(SHOWN).mean()
    assert rich == pytest.approx(0.1, abs=0.05)
    assert "10%" in screen.top_note.html
    screen.top_share.value = 100
    assert set(screen.map.frame()["emphasis"]) == {SHOWN}


def test_a_published_screen_tells_nothing_of_a_few(viewed, monkeypatch):
    monkeypatch.setenv("WORKBENCH_PUBLISHED", "1")
    screen = InsightScreen(InsightState(viewed))
    state = screen.state
    points = state.map_points()
    at = points.sort_values("x").iloc[-1]
    few = [[at["x"] - 1e-6, at["y"] - 1e-6], [at["x"] + 1e-6, at["y"] - 1e-6], [at["x"], at["y"] + 1e-6]]
    screen.map.outline = few
    assert 0 < len(state.group_ids()) < state.project.small_cell
    assert state.group()["hidden"]
    assert state.group_mix().empty
    assert state.profile_rows().empty
    assert set(screen.map.frame()["emphasis"]) == {DIMMED}
    assert state.t("insight.group.hidden_do") in screen.side_head.html
    assert state.heat_table() is state.lifecycle_table()
    # Nor of all but a few.
    state.draw_around(outline_of(state, 1.0))
    if len(state.shown()) - len(state.group_ids()) < state.project.small_cell:
        assert state.profile_rows().empty
    state.draw_around(outline_of(state, 0.5))
    assert state.group()["n"] % 10 == 0
    assert all(row["n"] >= state.project.small_cell for row in state.group()["mix"])


def test_a_viewer_finds_no_form_and_can_do_nothing(viewed):
    screen = InsightScreen(InsightState(viewed))
    assert "<form" not in screen.side_actions.html
    assert 'data-action="redraw"' not in screen.map_head.html
    before = viewed.insight.segmentation().version
    screen.side_actions.press("merge", "", {"into": screen.state.summary()["segment"][1]})
    assert screen.state.banner.kind == "error"
    assert viewed.insight.segmentation().version == before


def test_renaming_by_the_form(screen, state):
    focus, version = state.focus, state.segmentation.version
    screen.side_actions.press(
        "relabel", "", {"en": NASTY, "zh": "金色年华", "about_en": "x", "about_zh": "y"}
    )
    assert state.segmentation.version == version + 1
    assert NASTY in set(state.segmentation.segments["segment"])
    assert focus not in set(state.segmentation.segments["segment"])
    for panel in (screen.side_head, screen.side_actions, screen.heat, screen.chips, screen.message):
        assert NASTY not in panel.html
    assert NASTY in set(
        screen.map.frame("labels" if "labels" in screen.map.tables else None).get("segment", [NASTY])
    )
    screen.side_actions.press("undo")
    assert focus in set(state.segmentation.segments["segment"])
    screen.side_actions.press("relabel", "", {"en": " "})
    assert state.banner.kind == "error"


def test_splitting_and_merging_by_the_form(screen, state):
    n, focus = len(state.segments()), state.focus
    screen.side_actions.press("split", "", {"k": "2"})
    assert state.jobs.wait()
    assert len(state.segments()) == n + 1
    assert state.focus == focus
    other = next(one for one in state.segments()["segment"] if one.startswith(f"{focus} · "))
    screen.heat.press("select", other)
    screen.side_actions.press("merge", "", {"into": focus})
    assert len(state.segments()) == n
    with pytest.raises(ParameterProblem):
        state.split_segment("99")
    screen.side_actions.press("merge", "", {"into": NASTY})
    assert state.banner.kind == "error"


def test_an_outline_becomes_a_segment(screen, state):
    state.draw_around(outline_of(state, 0.2))
    ids = set(state.group_ids())
    screen.side_actions.press("split_off", "", {"en": "Right edge", "zh": "右缘"})
    names = state.segmentation.membership.set_index("customer_id")["segment"]
    assert set(names.index[names == "Right edge"]) == ids
    assert (state.focus, state.outline) == ("Right edge", [])
    state.draw_around(outline_of(state, 0.5))
    screen.side_actions.press("move", "", {"into": "Right edge"})
    assert state.segmentation.segments.set_index("segment").at["Right edge", "n"] >= len(ids)


def test_somebody_else_was_faster(screen, state, walked):
    cluster = int(walked.insight.segmentation().segments["cluster"].iloc[0])
    wb.open_project(walked.folder, role="analyst").insight.relabel(cluster, "Theirs")
    screen.side_actions.press("relabel", "", {"en": "Mine"})
    assert state.banner.kind == "error"
    assert "Mine" not in set(walked.insight.segmentation().segments["segment"])


def test_the_picture_can_be_made_anew(screen, state):
    version = state.segmentation.version
    screen.map_head.press("redraw", "pca")
    assert state.jobs.wait()
    assert state.segmentation.version == version + 1
    assert state.segmentation.embedding_info["placing"] == "none"
    screen.map_head.press("redraw", "tsne")
    assert state.segmentation.version == version + 1


def test_a_suggested_label_gives_reasons_and_can_be_taken(screen, state):
    cluster = int(state.segments().set_index("segment").at[state.focus, "cluster"])
    state.project.insight.relabel(cluster, "Something else")
    state.load()
    state.select("Something else")
    suggestion = state.suggestion()
    assert suggestion["reasons"]
    assert all(reason in screen.side_actions.html for reason in suggestion["reasons"][:1])
    screen.side_actions.press("suggested")
    assert suggestion["en"] in set(state.segmentation.segments["segment"])


def test_changes_since_the_cycle_before(state):
    before, figures = state.figures_before()
    assert before == state.project.cycle.opened_from
    rows = state.project.at(before).insight.segmentation()
    assert figures["n"] == rows.n
    change = len(state.shown()) / rows.n - 1
    assert f"{abs(change) * 100:.1f}%" in state.kpis()[0].note
    state.region = state.choices("region")[1][1]
    assert before not in state.kpis()[0].note


def test_a_segmentation_without_a_picture_and_one_of_a_single_segment(walked):
    features = walked.insight.features()
    segmenter = wb.Segmenter(n_clusters=1).fit(features)
    walked.insight.approve(segmenter, features, labels={0: NASTY})
    screen = InsightScreen(InsightState(walked))
    assert screen.state.banner is None
    assert screen.state.t("insight.nothing.map") in screen.map_head.html
    assert screen.state.sentence() == ""
    assert NASTY not in screen.side_head.html
    screen.map.outline = [[0, 0], [1, 0], [1, 1]]
    assert screen.state.t("insight.group.nobody") in screen.side_head.html


def test_artefacts_of_older_versions_are_shown(walked, monkeypatch):
    state = InsightState(walked)
    plain = ["cluster", "feature", "mean", "mean_others", "difference", "p_value"]
    object.__setattr__(state.segmentation, "profile", state.segmentation.profile[plain])
    monkeypatch.setattr(walked.insight, "typical", lambda: None)
    assert not state.differences().empty
    assert state.sentence() == ""
    assert state.typical_members()
