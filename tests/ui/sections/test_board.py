"""The board on the screen: filters, figures, roles, alerts, action items, empty states."""

from __future__ import annotations

import re

import pandas as pd
import pytest

import workbench as wb
from workbench.ui.screens.review import ReviewScreen
from workbench.ui.state.review import ReviewState

NASTY = "<script>alert(1)</script>"


def first(project):
    return project.at(project.cycles()[0].cycle_id)


def opened(project, **traits):
    state = ReviewState(project, **traits)
    state.open_section("board")
    return state


def text(panel) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", panel.html))


def said(state) -> str:
    return state.t(state.banner.key, **state.banner.values)


@pytest.fixture(scope="module")
def desks(walked_folder):
    """A screen for each role, made once; who uses one takes it as it was left and clears it."""
    made = {}
    for role, lang in (("analyst", "en"), ("viewer", "en")):
        state = opened(first(wb.open_project(walked_folder, role=role)), lang=lang)
        made[role] = (state, ReviewScreen(state)._sections["board"])
    return made


@pytest.fixture
def desk(desks):
    """Return a function that gives a role's state and view without filters."""

    def give(role="analyst", lang="en"):
        state, view = desks[role]
        state.open_section("board")
        state.choose_language(lang)
        state.banner = None
        section = state.current_section
        section.clear()
        section.by, section.all_rows = "", False
        return state, view, section

    return give


def test_the_finding_and_the_figures_are_the_boards(desk):
    state, _, section = desk()
    row = state.project.review.board.kpis().iloc[0]
    assert f"{row['responded_to_plan']:.0%}" in state.heading().title
    kpis = {kpi.label: kpi for kpi in state.kpis()}
    assert len(kpis) == 6
    assert kpis["Responded"].value == f"{row['responded']:,.0f}"
    assert f"n = {row['listed']:,.0f}" in state.heading().subtitle
    steps = section.tables.funnel().set_index("step")
    assert steps.at["responded", "n"] == row["responded"]
    assert steps.at["contacted", "plan"] == pytest.approx(row["plan_contacts"])
    drawn = section.tables.returns()
    assert (drawn["value"].diff().dropna() <= 0).all()


@pytest.mark.parametrize(("role", "lang"), [("analyst", "en"), ("viewer", "zh_CN")])
def test_a_filter_acts_on_everything(desk, role, lang):
    state, view, section = desk(role, lang)
    project = state.project
    chosen = section.values("segment")[0]
    before = (state.heading().title, state.kpis(), text(view.heat))
    view.bar.press("filter-segment", chosen)
    assert section.segment == chosen
    assert all(now != then for now, then in zip((state.kpis(), text(view.heat)), before[1:], strict=True))
    row = project.review.board.kpis("", {"segment": chosen}).iloc[0]
    if row["listed"] == row["listed"]:
        assert f"{row['listed']:,.0f}" in state.heading().subtitle
    view.bar.press("filter-segment", "no such segment")
    assert section.segment == chosen
    view.bar.press("clear")
    assert (state.heading().title, state.kpis(), text(view.heat)) == before
    ids = project.customers(["customer_id"])["customer_id"]
    shown = "".join(panel.html for panel in (view.bar, view.heat, view.alerts, view.items))
    assert not any(str(each) in shown for each in ids.head(300))


def test_weeks_begin_before_they_end(desk):
    state, view, section = desk()
    view.bar.press("filter-week_from", "3")
    assert section.weeks() == (3, len(section.begins))
    whole = state.project.review.board.kpis(weeks=section.weeks()).iloc[0]
    assert state.kpis()[0].value == f"{whole['contacted']:,.0f}"
    view.bar.press("filter-week_to", "2")
    assert section.weeks() == (2, 2)
    view.bar.press("filter-week_to", "99")
    view.bar.press("filter-week_to", "x")
    assert section.weeks() == (2, 2)
    assert "weeks=(2, 2)" in section.hint()


def test_every_dimension_is_a_table(desk):
    state, view, section = desk()
    for by in section.dimensions():
        view.heat.press("by", by)
        rows = state.project.review.board.kpis(by)
        table = section.tables.heat()
        assert table["n"] == len(rows)
        assert state.t(f"review_board.by.{by}") in text(view.heat)
    view.heat.press("by", "shoe_size")
    assert section.by == section.dimensions()[-1]
    view.heat.press("by", "branch")
    if section.tables.heat()["n"] > 10:
        view.heat.press("rows")
        assert len(section.tables.heat()["rows"]) == section.tables.heat()["n"]
    member = next(row["member"] for row in section.tables.heat()["rows"] if row["dimension"])
    view.heat.press("member", member)
    assert section.branch == member


def test_a_viewer_is_shown_no_small_count_and_no_control_to_write(desk):
    state, view, section = desk("viewer")
    for by in section.dimensions():
        view.heat.press("by", by)
        for row in section.tables.heat()["rows"]:
            for name in ("listed", "n_responded"):
                figure = row[name]["shown"].replace(",", "")
                assert not (figure.isdigit() and 0 < int(figure) < state.project.small_cell), (by, row)
    html = view.items.html + view.bar.html + view.heat.html
    assert not re.search(r'data-action="(new|act|edit|save|end-\w+)"', html)
    assert "py " not in text(view.heat)
    view.items.press("new")
    assert section.form.open == ""


def test_filters_that_leave_too_few_say_so_and_can_be_taken_away(desk):
    state, view, section = desk("viewer")
    view.bar.press("filter-strategy_id", section.values("strategy_id")[0])
    view.bar.press("filter-branch", section.values("branch")[0])
    assert "too few customers" in state.heading().title
    assert state.kpis() == []
    assert "too few customers" in text(view.empty)
    view.empty.press("clear")
    assert len(state.kpis()) == 6


def test_an_alert_leads_where_it_is_looked_into(desk):
    state, view, section = desk()
    rows = [
        (
            "over_budget",
            "warn",
            "strategy",
            section.values("strategy_id")[0],
            "board",
            '{"cost_to_plan": 1.4}',
        ),
        ("below_everywhere", "warn", "place", section.values("branch")[0], "board", "{}"),
        ("sample_ratio", "bad", "strategy", "S1", "evaluation", '{"sample_ratio_p": 0.0001}'),
    ]
    kept = section.raised
    section.raised = pd.DataFrame(rows, columns=["alert", "severity", "scope", "member", "section", "values"])
    state.touch()
    assert "140%" in text(view.alerts)
    view.alerts.press("look", "0")
    assert section.strategy_id == rows[0][3]
    view.alerts.press("look", "1")
    assert section.branch == rows[1][3]
    view.alerts.press("look", "77")
    view.alerts.press("look", "2")
    assert state.section == ("evaluation" if "evaluation" in state.homes else "board")
    section.raised = kept


def test_a_comment_becomes_an_action_item_and_is_ended(walked):
    project = first(walked)
    project.comment("review", f"Branch 31 needs help {NASTY}")
    state = opened(project)
    view, section = ReviewScreen(state)._sections["board"], state.current_section
    (comment,) = section.tables.comments()
    view.items.press("act", str(comment["id"]))
    form = section.form.values()
    assert form["text"].startswith("Branch 31")
    mistaken = {"text": form["text"], "owner": " ", "due_on": form["due_on"], "row_version": "0"}
    view.items.press("save", "", mistaken)
    assert "who does it" in said(state)
    # Another kernel finds the form as it was left.
    again = opened(first(wb.open_project(walked.folder, role="analyst"))).current_section
    assert (again.form.open, again.form.comment_id) == ("new", comment["id"])
    view.items.press("save", "", {**mistaken, "owner": "Team A", "due_on": "2020-01-31"})
    assert state.banner.kind == "done"
    row = project.review.board.actions().iloc[0]
    assert (row["owner"], row["comment_id"]) == ("Team A", comment["id"])
    assert section.tables.comments() == []
    assert "overdue" in text(view.items)
    assert NASTY not in view.items.html
    assert section.draft() is None
    number = str(row["action_id"])
    view.items.press("end-done", number)
    assert project.review.board.actions()["state"].tolist() == ["done"]
    view.items.press("end-open", number)
    view.items.press("edit", number)
    assert section.form.values()["owner"] == "Team A"
    view.items.press("cancel")
    # The next cycle sees it, and where it is from.
    later = opened(walked)
    shown = text(ReviewScreen(later)._sections["board"].items)
    assert f"carried over from {project.cycle.cycle_id}" in shown


def test_the_second_of_two_editors_sees_the_difference(walked):
    project = first(walked)
    number = project.review.board.act_on(None, "Team A", "2027-01-31", "Visit")
    state = opened(project)
    view, section = ReviewScreen(state)._sections["board"], state.current_section
    view.items.press("edit", str(number))
    mine = {"text": "Visit", "owner": "Mine", "due_on": "2027-01-31", "state": "open", "note": ""}
    mine["row_version"] = str(section.form.values()["row_version"])
    project.review.board.change_action(number, {"owner": "Theirs"}, 1)
    view.items.press("save", "", mine)
    assert "Theirs" in text(view.items)
    assert project.review.board.actions()["owner"].tolist() == ["Theirs"]
    view.items.press("overwrite")
    assert project.review.board.actions()["owner"].tolist() == ["Mine"]
    view.items.press("edit", str(number))
    view.items.press("keep")
    assert section.form.open == ""


def test_without_a_board_it_is_said_what_to_do(walked):
    later = walked.open_cycle()
    state = opened(later)
    view = ReviewScreen(state)._sections["board"]
    assert state.heading().title == "There is no board of this cycle yet"
    assert "target list" in text(view.empty)
    assert state.kpis() == []
    assert "No action item yet" in text(view.items)
