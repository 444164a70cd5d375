"""The board of a walked cycle: filled with the evaluation, exact for analysts, published for others."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

import workbench as wb
from workbench.errors import Conflict, NotAllowed, NotFound, ParameterProblem
from workbench.review import state_alert
from workbench.review.cube import COUNTS

FIRST = 0


@pytest.fixture
def decided(walked):
    """The first cycle, which was evaluated, as a viewer sees it."""
    return walked.at(walked.cycles()[FIRST].cycle_id)


@pytest.fixture
def analysed(walked_folder):
    project = wb.open_project(walked_folder, role="analyst")
    return project.at(project.cycles()[FIRST].cycle_id)


def test_the_board_is_there_once_a_cycle_is_evaluated(analysed):
    board = analysed.review.board
    evaluation = analysed.review.evaluation()
    assert board.artefact().summary["n"] == len(analysed.strategy.targets())
    way = analysed.lineage().path(evaluation.artefact_id, board.artefact().artefact_id)
    assert way == [evaluation.artefact_id, board.artefact().artefact_id]
    kpis = evaluation.kpis.set_index("kpi")
    whole = board.kpis().iloc[0]
    for ours, theirs in (("value", "value"), ("value_low", "low"), ("value_high", "high")):
        assert whole[ours] == pytest.approx(kpis.at["value_won", theirs])
    assert whole["responded"] == kpis.at["responded", "value"]
    assert whole["cost"] == pytest.approx(kpis.at["cost", "value"])
    assert whole["contacted"] / whole["listed"] == pytest.approx(kpis.at["contacted_share", "value"])
    weeks = board.weeks()
    assert [n for n, _ in weeks] == list(range(1, len(weeks) + 1))
    assert board.until() >= weeks[-1][1]
    assert "Board" in analysed.lineage().text()


def test_every_dimension_adds_up(analysed):
    board = analysed.review.board
    whole = board.kpis().iloc[0]
    for by in ("strategy_id", "segment", "channel", "script", "region", "branch", "person", "week"):
        rows = board.kpis(by)
        for name in ("listed", "responded", "cost", "plan_responses"):
            assert rows[name].sum() == pytest.approx(whole[name]), (by, name)


def test_a_viewer_is_told_the_same_or_nothing(decided, analysed):
    seen, exact = decided.review.board, analysed.review.board
    assert not seen.is_exact
    shown = 0
    for by in ("", "strategy_id", "segment", "channel", "region", "branch"):
        mine, theirs = seen.kpis(by), exact.kpis(by)
        if by:
            mine, theirs = mine.set_index(by), theirs.set_index(by)
        for name in COUNTS:
            known = mine[name].dropna()
            assert not known.between(1, decided.small_cell - 1).any(), (by, name)
            if by not in ("region", "branch"):
                # A few customers of no known place are counted with the largest.
                assert known.to_dict() == theirs.loc[known.index, name].to_dict(), (by, name)
            shown += len(known)
    assert shown > 50
    with pytest.raises(ParameterProblem, match="not published"):
        seen.kpis("branch", {"strategy_id": seen.members("strategy_id")[0]})
    assert "customer_id" not in seen.cube().columns
    assert seen.cube()[["amount", "tries"]].isna().all(axis=None)


def test_some_weeks_are_part_of_all(analysed):
    board = analysed.review.board
    last = len(board.weeks())
    parts = [board.kpis(weeks=span).iloc[0] for span in ((1, 2), (3, last))]
    whole = board.kpis().iloc[0]
    assert sum(part["contacted"] for part in parts) == whole["contacted"]
    assert all(part["listed"] == whole["listed"] for part in parts)


def test_alerts_are_said_in_both_languages(decided, analysed):
    for board in (decided.review.board, analysed.review.board):
        for row in board.alerts().to_dict("records"):
            for lang in ("en", "zh_CN"):
                assert row["member"] in state_alert(row, row["member"], lang, minimum=11)


def test_a_cycle_without_an_evaluation_has_no_board(copied):
    later = copied.open_cycle()
    with pytest.raises(NotFound, match=later.cycle.cycle_id):
        later.review.board.kpis()
    with pytest.raises(NotFound):
        later.review.board.fill()
    assert later.review.board.artefact() is None


def test_a_comment_becomes_an_action_item_that_the_next_cycle_sees(copied):
    first = copied.at(copied.cycles()[0].cycle_id)
    comment = first.comment("review", "Branch 31 needs help")
    number = first.review.board.act_on(comment, "Team A", "2027-01-31")
    row = first.review.board.actions("2027-02-01").iloc[0]
    assert (row["text"], row["owner"], row["state"]) == ("Branch 31 needs help", "Team A", "open")
    assert row["overdue"]
    assert not first.review.board.actions(dt.date(2027, 1, 31))["overdue"].any()
    carried = copied.review.board.actions("2027-01-01").iloc[0]
    assert carried["carried"]
    assert carried["cycle_id"] == first.cycle.cycle_id
    board = copied.review.board
    assert board.change_action(number, {"state": "done", "due_on": "2027-03-01"}, 1) == 2
    with pytest.raises(Conflict):
        board.change_action(number, {"owner": "Team B"}, 1)
    assert copied.review.board.actions("2028-01-01")["overdue"].tolist() == [False]


@pytest.mark.parametrize("day", ["soon", "", "2026-13-01"])
def test_a_day_that_is_none_is_said(copied, day):
    with pytest.raises(ParameterProblem, match="2026-12-31"):
        copied.review.board.act_on(None, "Team A", day, "Visit")
    with pytest.raises(NotFound, match="99"):
        copied.review.board.act_on(99, "Team A", "2027-01-31")


def test_a_viewer_writes_no_action_item(decided):
    assert decided.review.board.actions().empty
    with pytest.raises(NotAllowed):
        decided.review.board.act_on(None, "Team A", "2027-01-31", "Visit")


def test_the_value_of_a_part_that_is_hidden_is_left_out_and_counted(decided):
    rows = decided.review.board.kpis("strategy_id").set_index("strategy_id")
    whole = decided.review.board.kpis().iloc[0]
    hidden = rows["hide_responded"] | rows["hide_listed"]
    assert whole["left_out"] == hidden.sum()
    assert np.nansum(rows["value"]) == pytest.approx(whole["value"])
