"""The insight screen's behaviour, without a browser."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench import locale
from workbench.ui.state.insight import InsightState
from workbench.ui.state.insight_map import label_places


@pytest.fixture
def state(walked):
    return InsightState(walked)


def test_the_figures_are_those_of_the_membership(state):
    members = state.segmentation.membership
    balances = state.customers.set_index("customer_id")["balance_total"]
    summary = state.summary().set_index("segment")
    for segment, rows in members.groupby("segment"):
        assert summary.at[segment, "n"] == len(rows)
        held = balances[rows["customer_id"]].sum() / balances[members["customer_id"]].sum()
        assert summary.at[segment, "share_balance"] == pytest.approx(held)


def test_the_title_is_true_for_every_filter(state):
    for region in ["", *state.customers["region"].dropna().unique()]:
        state.region = region
        row = state.summary().set_index("segment").loc[state.focus]
        title = state.heading().title
        assert row["shown"] in title
        assert locale.percent(row["share_balance"], places=0) in title
        assert locale.percent(row["share_customers"], places=0) in title


def test_filters_that_leave_nobody_say_so(state):
    state.region, state.tier, state.lifecycle = "Nowhere", "strategic", "lost"
    assert state.shown().empty
    assert state.heading().title == state.t("insight.title.none_left")
    assert state.heat_rows() == []
    assert state.typical_members() == []


def test_choosing_a_segment_moves_the_focus_and_dims_the_rest(state):
    first, second = state.summary()["segment"][:2]
    assert state.focus == first
    state.select(second)
    assert state.focus == second
    points = state.map_points()
    assert set(points.loc[points["emphasis"] > 0.5, "segment"]) == {second}
    state.select(second)
    assert state.selected == ""
    state.select("<b>no such segment</b>")
    assert state.selected == ""


def test_small_cells_are_hidden_and_can_not_be_had_from_the_totals(state):
    table = state.lifecycle_table()
    counts = pd.crosstab(state.customers["segment"], state.customers["lifecycle_stage"])
    cells = table.dropna(subset=["segment", "lifecycle_stage"])
    for row in cells.itertuples():
        n = counts.get(row.lifecycle_stage, pd.Series(dtype=int)).get(row.segment, 0)
        if 0 < n < state.project.small_cell:
            assert row.hidden
        if not row.hidden:
            assert row.n == n
    for _, rows in cells.groupby("segment"):
        assert rows["hidden"].sum() != 1 or table[table["segment"].isin(rows["segment"])]["hidden"].sum() > 1


def test_a_viewer_sees_no_single_customer(viewed, walked):
    assert InsightState(walked).typical_members()
    assert InsightState(viewed).typical_members() == []


def test_typical_members_are_masked(state):
    for member in state.typical_members():
        assert "*" in member["id"]
        assert member["id"] not in set(state.customers["customer_id"])


def test_the_changed_share_compares_with_the_version_before(state):
    now = state.segmentation.membership.set_index("customer_id")["segment"]
    before = state.previous.membership.set_index("customer_id")["segment"]
    both = now.index.intersection(before.index)
    assert state.changed_share() == pytest.approx((now[both] != before[both]).mean())


def test_both_languages_say_the_same_figures(state):
    english = state.heading().title
    state.lang = "zh_CN"
    chinese = state.heading().title
    assert english != chinese
    assert [w for w in english.split() if "%" in w] != []
    for word in english.replace(",", " ").split():
        if "%" in word:
            assert word in chinese
    assert all(kpi.label for kpi in state.kpis())


def test_a_cycle_that_a_review_opened_says_so(state):
    assert state.project.cycle.opened_from in state.origin()
    state.choose_cycle(state.project.cycle.opened_from)
    assert state.origin() == ""


def test_names_stand_over_the_densest_part():
    rng = np.random.default_rng(0)
    dense = pd.DataFrame({"x": rng.normal(0, 0.1, 90), "y": rng.normal(0, 0.1, 90)})
    far = pd.DataFrame({"x": rng.normal(9, 0.1, 10), "y": rng.normal(9, 0.1, 10)})
    places = label_places(pd.concat([dense, far]).assign(segment="A"))
    assert abs(places.loc[0, "x"]) < 1
    assert 0 < places.loc[0, "y"] < 1


def test_a_result_of_an_older_job_is_not_shown(state):
    import threading

    go, shown = threading.Event(), []
    state.jobs.start(lambda report: go.wait(5), lambda _: shown.append("old"), "insight.bench.phase.fit")
    state.jobs.start(lambda report: None, lambda _: shown.append("new"), "insight.bench.phase.fit")
    state.jobs.wait()
    go.set()
    assert shown == ["new"]


def test_cancel_stops_at_the_next_report(state):
    import threading

    begun, go = threading.Event(), threading.Event()

    def work(report):
        begun.set()
        go.wait(5)
        report(0.5, "insight.bench.phase.fit")
        raise AssertionError("went on after Cancel")

    state.jobs.start(work, lambda _: None, "insight.bench.phase.fit")
    begun.wait(5)
    state.jobs.cancel()
    go.set()
    state.jobs.wait()
    assert state.banner.key == "shell.cancelled"
