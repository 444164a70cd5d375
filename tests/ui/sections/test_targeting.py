"""Targeting on the screen: findings from the figures, small cells, learning, empty states, roles."""

from __future__ import annotations

import re

import pytest

from workbench.ui.screens.review import ReviewScreen
from workbench.ui.state.review import ReviewState
from workbench.ui.state.sections.targeting_findings import per_thousand, verdict


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_a_viewer_reads_whether_the_order_was_any_good(viewed, lang, opened, text):
    state = opened(viewed, lang=lang, mode="dark")
    view = ReviewScreen(state)._sections["targeting"]
    section = state.current_section
    figure = section.figure("qini", of="")
    assert per_thousand(figure[1]) in state.heading().title
    if verdict(figure) == "same":
        assert {"en": "no better than a random one", "zh_CN": "并不优于随机顺序"}[
            lang
        ] in state.heading().title
    assert len(state.kpis()) == 6
    assert "Radcliffe" in text(view.side)
    assert "0.0597" in text(view.side)
    assert set(section.curves()["order"]) <= {"list", "propensity"}
    assert not re.search('data-action="(learn|fill)"', view.side.html + view.empty.html)
    shown = "".join(panel.html for panel in (view.lists, view.side, view.curve_head, view.tenths_head))
    ids = viewed.customers(["customer_id"])["customer_id"]
    assert not any(str(each) in shown for each in ids.head(300))


def test_every_list_has_its_row_and_a_reason_where_it_has_no_figure(viewed, opened):
    state = opened(viewed)
    section, view = state.current_section, ReviewScreen(state)._sections["targeting"]
    rows = {row["id"]: row for row in section.findings.rows()}
    stored = section.lists()
    assert set(rows) == {name for name in stored if name or not stored[""]["problem"]}
    for name, row in rows.items():
        assert bool(row["problem"]) == bool(stored[name]["problem"])
    one = next(name for name in section.judged() if name)
    view.lists.press("list", one)
    assert section.chosen == one
    assert set(section.curves()["strategy_id"]) == {one}
    view.lists.press("list", "no such list")
    assert section.chosen == one
    view.curve_head.press("source", "model")
    assert section.source == "lists"


def test_a_viewer_sees_no_figure_of_a_handful(viewed, walked, opened):
    seen, known = opened(viewed).current_section, opened(walked).current_section
    small = [
        name
        for name, row in seen.lists().items()
        if not row["problem"] and min(row["n_control"], row["n"] - row["n_control"]) * 0.1 < 11
    ]
    assert small
    for name in small:
        mine = {row["id"]: row for row in seen.findings.rows()}[name]
        theirs = {row["id"]: row for row in known.findings.rows()}[name]
        assert mine["shares"][0][0] == "hidden"
        assert theirs["shares"][0][0] != "hidden"
    few = [row for row in seen.findings.rows() if "fewer than 11" in row["n_control"]]
    for row in few:
        assert str(seen.lists()[row["id"]]["n_control"]) not in row["problem"].replace("30", "")


def test_a_part_with_too_few_is_not_drawn_for_a_viewer(viewed, walked, opened):
    for project, drawn in ((viewed, False), (walked, True)):
        section = opened(project).current_section
        tenths = section.quality.tables["tenths"]
        assert len(section.tenths())
        tenths.loc[tenths["strategy_id"].eq("") & tenths["group"].eq(2), "n_control"] = 3.0
        section._kept.clear()
        assert bool(len(section.tenths())) is drawn


def test_an_analyst_learns_a_model_and_sees_it_beside_the_list(walked, opened, text):
    state = opened(walked)
    view = ReviewScreen(state)._sections["targeting"]
    section = state.current_section
    learn = walked.review.targeting.learn
    section.project.review.targeting.learn = lambda **asked: learn(**asked, n_folds=2)
    view.side.press("method", "transformed_outcome")
    assert "method=&#39;transformed_outcome&#39;, learner=&#39;logistic&#39;" in view.side.html
    view.side.press("learn", "", {"method": "transformed_outcome", "learner": "logistic"})
    assert state.jobs.wait()
    assert state.banner.kind == "done", state.t(state.banner.key, **state.banner.values)
    assert section.source == "model"
    assert set(section.curves()["order"]) >= {"uplift", "list"}
    assert "Transformed outcome" in text(view.side)
    title, _ = section.findings.curve()
    assert per_thousand(section.learned_difference()[1]) in title
    assert "learned().tables" in view.curve_head.html
    view.curve_head.press("source", "lists")
    assert "uplift" not in set(section.curves()["order"])
    assert section.quality.curves().shape[0] == len(
        section.table("curves").groupby("strategy_id").get_group("")
    )


def test_a_method_that_is_not_offered_is_refused(walked, opened):
    state = opened(walked)
    view = ReviewScreen(state)._sections["targeting"]
    for fields in ({"method": "s_learner"}, {"learner": "<script>"}):
        state.banner = None
        view.side.press("learn", "", fields)
        assert state.banner.kind == "error"
        assert "Choose one of" in state.t(state.banner.key, **state.banner.values)


def test_without_an_evaluation_it_is_said_what_to_do(walked, text):
    later = walked.open_cycle("2027 Q2", walked.cycle.snapshot_date)
    state = ReviewState(later)
    state.open_section("targeting")
    view = ReviewScreen(state)._sections["targeting"]
    assert state.kpis() == []
    assert "launch one in Strategy" in text(view.empty)
    assert 'data-action="fill"' not in view.empty.html


def test_a_cycle_that_was_evaluated_before_can_be_judged_now(walked, text):
    state = ReviewState(walked)
    state.open_section("targeting")
    view = ReviewScreen(state)._sections["targeting"]
    section = state.current_section
    section.quality = None
    state.touch()
    assert "Evaluate it again" in text(view.empty)
    assert "project.review.targeting.fill()" in view.empty.html
    view.empty.press("fill")
    assert state.jobs.wait()
    assert section.ready


def test_lists_that_nobody_can_judge_say_why(viewed, opened, text):
    state = opened(viewed)
    section = state.current_section
    lists = section.quality.tables["lists"].assign(problem="no_control", n_control=0)
    empty = {name: table.iloc[:0] for name, table in section.quality.tables.items()}
    object.__setattr__(section.quality, "tables", {**empty, "lists": lists})
    section._kept.clear()
    view = ReviewScreen(state)._sections["targeting"]
    assert "Nobody was held back" in text(view.empty)


def test_an_order_that_is_the_same_for_all_is_no_order(viewed, opened):
    section = opened(viewed).current_section
    flat = section.quality.tables["coefficients"].copy()
    flat.loc[flat["order"].eq("propensity"), ["value", "ci_low", "ci_high"]] = 0.0
    object.__setattr__(section.quality, "tables", {**section.quality.tables, "coefficients": flat})
    assert section.gives_no_order()
    assert "the same for everybody" in section.findings.curve()[0]
    assert set(section.curves()["order"]) == {"list"}


def test_verdicts_follow_the_interval():
    assert [verdict((0.0, low, high)) for low, high in ((0.1, 0.2), (-0.1, 0.2), (-0.2, -0.1))] == [
        "better",
        "same",
        "worse",
    ]
