"""Cycles of a walked project: frozen, closed, reopened and compared, and where a figure comes from."""

from __future__ import annotations

import pandas as pd
import pytest

import workbench as wb
from workbench.errors import Conflict, NotAllowed, NotFound, ParameterProblem
from workbench.project import Project
from workbench.project.cards import STAMPS


def test_the_second_cycle_differs_by_exactly_what_was_accepted(walked: Project) -> None:
    compared = walked.compare_cycles("2026 Q2", "2026 Q3")
    assert (compared.before, compared.after) == ("2026 Q2", "2026 Q3")
    first = walked.at("2026 Q2")
    accepted = first.review.recommendations()
    accepted = accepted[accepted["status"].eq("accepted")]
    before, after = (each.strategy.cards().drop(columns=list(STAMPS)) for each in (first, walked))
    # Whoever reads the two cycles finds what `apply_recommendations` makes of the accepted ones.
    expected = wb.compare_strategies(
        before, wb.review.apply_recommendations(before, accepted, starts_on=after["starts_on"].min())
    )
    found = wb.compare_strategies(before, after)
    added = compared.strategies[compared.strategies["origin"].eq("added")]
    ours = found[~found["strategy_id"].isin(added["strategy_id"])]
    assert ours.values.tolist() == expected.values.tolist()
    # The walk itself adds by telephone what was stopped in the app; nothing else has another origin.
    assert set(compared.strategies["origin"]) <= {"accepted", "calendar", "added"}
    stopped = {row["strategy_id"] for row in accepted.to_dict("records") if row["action"] == "stop"}
    assert len(added) <= len(stopped)
    named = compared.strategies[compared.strategies["origin"].eq("accepted")]
    assert set(named["recommendation_id"]) <= set(accepted["recommendation_id"])
    assert len(named)


def test_what_is_accepted_now_is_all_that_differs_next(copied: Project) -> None:
    ids = copied.review.recommendations()["recommendation_id"].tolist()
    copied.freeze_cycle("The board decides on Friday")
    copied.review.reject(ids[0], "No time")
    for name in ids[1:]:
        copied.review.accept(name, "Good")
    copied.close_cycle()
    rows = copied.compare_cycles("2026 Q3", "2026 Q4").strategies
    assert set(rows["origin"]) <= {"accepted", "calendar"}
    assert ids[0] not in set(rows["recommendation_id"])
    following = copied.at("2026 Q4")
    card = following.strategy.card(str(following.strategy.cards()["strategy_id"].iloc[-1]))
    following.strategy.save_card({**card, "name": "Edited"}, card["row_version"])
    rows = copied.compare_cycles("2026 Q3", "2026 Q4").strategies
    assert rows.loc[rows["origin"].eq("edited"), "field"].tolist() == ["name"]


def test_figures_segments_and_overlap_of_two_cycles(walked: Project) -> None:
    compared = walked.compare_cycles()
    board = walked.review.evaluation().kpis.set_index("kpi")
    kpis = compared.kpis.set_index("kpi")
    for name in ("value_won", "return_on_cost", "cost", "strategies_proven"):
        assert kpis.loc[name, "after"] == pytest.approx(board.loc[name, "value"], nan_ok=True)
        assert kpis.loc[name, "before"] == pytest.approx(board.loc[name, "previous"], nan_ok=True)
    known = walked.insight.segmentation().segments.set_index("segment")["n"]
    assert compared.segments.set_index("segment")["n_after"][known.index].tolist() == known.tolist()
    first = set(walked.at("2026 Q2").strategy.targets()["customer_id"])
    assert compared.n_both == len(first & set(walked.strategy.targets()["customer_id"]))
    with pytest.raises(ParameterProblem, match="with itself"):
        walked.compare_cycles("2026 Q3", "2026 Q3")
    with pytest.raises(NotFound, match="opened from no other"):
        walked.at("2026 Q2").compare_cycles()
    with pytest.raises(NotFound, match="1999 Q1"):
        walked.compare_cycles("1999 Q1", "2026 Q3")


def test_a_frozen_cycle_keeps_its_evaluation_and_says_so(
    copied: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What the sections show beside the evaluation is not what this is about.
    monkeypatch.setattr("workbench.project.review.fill_parts", lambda _: None)
    assert copied.check_cycle() is None
    work = copied.execution.worklist("2026-11-01")
    row = work[work["status"].ne("done")].iloc[0]
    result = {"disposition": "reached", "responded": True, "amount": 5_000.0}
    copied.execution.record(row["list_id"], row["customer_id"], **result)
    with pytest.raises(ParameterProblem, match="Evaluate again, then freeze"):
        copied.freeze_cycle()
    before = copied.review.evaluate()
    sha256 = copied.freeze_cycle("Board on Friday")
    assert copied.cycle.state == "frozen"
    assert copied.check_cycle() == []
    assert copied.review.evaluate().version == before.version
    with pytest.raises(ParameterProblem, match="is kept as late"):
        copied.execution.record(row["list_id"], row["customer_id"], **result)
    with pytest.raises(ParameterProblem, match="takes no new version"):
        copied.review.evaluate(alpha=0.1)
    assert copied.review.evaluation().version == before.version
    late = copied.late_results()
    assert sorted(late["kind"]) == ["contact", "outcome"]
    events = copied.cycle_events().iloc[-1]
    assert (events["event"], events["reason"], events["sha256"]) == ("frozen", "Board on Friday", sha256)
    with pytest.raises(ParameterProblem, match="frozen"):
        copied.admit_late()
    copied.reopen_cycle("The board wants it in")
    assert copied.admit_late() == (1, 1)
    assert copied.review.evaluate().version == before.version + 1
    assert copied.late_results().empty


def test_a_file_that_comes_too_late_is_quarantined_and_lets_itself_in(copied: Project) -> None:
    copied.close_cycle()
    work = copied.strategy.targets()
    row = work[work["arm"].eq("treatment")].iloc[0]
    frame = pd.DataFrame(
        {
            "list_id": [row["list_id"], row["list_id"]],
            "customer_id": [row["customer_id"], "nobody"],
            "responded": ["yes", "yes"],
            "disposition": ["reached", "reached"],
            "contacted_at": ["2026-11-21 10:00", "2026-11-21 10:00"],
        }
    )
    before = copied.execution.outcomes()
    report = copied.execution.import_outcomes(frame, today="2026-12-01", lang="zh_CN")
    assert (report.loaded, report.contacts, report.late) == (0, 0, 2)
    assert report.quarantined.set_index("line")["cause"].to_dict() == {2: "late", 3: "unknown_customer"}
    assert "迟到" in report.quarantined["reason"].iloc[0]
    assert len(copied.execution.outcomes()) == len(before)
    assert copied.execution.import_outcomes(frame, today="2026-12-01").late == 0
    copied.reopen_cycle("One branch was late")
    again = copied.execution.import_outcomes(frame, today="2026-12-01")
    assert (again.loaded, again.contacts, again.late) == (1, 1, 0)
    assert copied.admit_late() == (0, 0)


def test_decisions_come_before_closing(copied: Project) -> None:
    first = copied.review.recommendations()["recommendation_id"].iloc[0]
    copied.close_cycle("Done")
    assert copied.check_cycle() == []
    with pytest.raises(ParameterProblem, match="can't be decided"):
        copied.review.accept(first)
    assert [c.cycle_id for c in copied.cycles()] == ["2026 Q2", "2026 Q3"]
    # The same recommendations again are no write.
    assert copied.review.recommend()["recommendation_id"].iloc[0] == first
    contributor = wb.open_project(copied.folder, role="contributor")
    for write in (contributor.freeze_cycle, lambda: contributor.reopen_cycle("x"), contributor.admit_late):
        with pytest.raises((NotAllowed, ParameterProblem)) as caught:
            write()
        assert isinstance(caught.value, NotAllowed)


def test_a_cycle_opens_from_another_or_fresh(copied: Project) -> None:
    opened = copied.open_cycle("Again", "2026-12-31", source="2026 Q2", reason="Second try")
    assert opened.cycle.opened_from == "2026 Q2"
    earlier, cards = copied.at("2026 Q2").strategy.cards(), opened.strategy.cards()
    assert cards["strategy_id"].tolist() == earlier["strategy_id"].tolist()
    moved = (cards["starts_on"] - earlier["starts_on"]).dt.days.unique()
    assert moved.tolist() == [(pd.Timestamp("2026-12-31") - pd.Timestamp("2026-06-30")).days]
    fresh = copied.open_cycle("Fresh", fresh=True)
    assert fresh.cycle.opened_from is None
    assert fresh.strategy.cards().empty
    assert fresh.store.objectives.rows("Fresh") == []
    for bad in ("", "x" * 41):
        with pytest.raises(ParameterProblem, match="1 to 40"):
            copied.open_cycle(bad)
    with pytest.raises(ParameterProblem, match="not both"):
        copied.open_cycle("Both", source="2026 Q2", fresh=True)
    with pytest.raises(NotFound, match="1999"):
        copied.open_cycle("x", source="1999")
    with pytest.raises(NotFound, match="Nothing is evaluated"):
        fresh.freeze_cycle()


def test_every_node_a_figure_was_made_from_down_to_the_raw_files(walked: Project) -> None:
    lineage = walked.lineage()
    evaluation = walked.review.evaluation().artefact_id
    above = lineage.ancestors(evaluation)
    raw = {f"raw:{sha}" for sha in walked.imports.report().files["sha256"]}
    assert raw & set(above)
    # Brute force: a node is an ancestor if a path leads from it.
    for node in lineage.graph_rows()["node_id"]:
        assert (node in above) == (node != evaluation and lineage.path(node, evaluation) is not None)
        assert (evaluation in lineage.descendants(node)) == (node in above)
    rows = lineage.graph_rows(evaluation)
    assert set(rows["node_id"]) == {evaluation, *above}
    lines = lineage.edge_rows(evaluation)
    assert set(lines["source"]) | set(lines["target"]) <= set(rows["node_id"])
    mine = rows.set_index("node_id").loc[evaluation]
    assert (mine["kind"], mine["cycle_id"], mine["state"]) == ("evaluation", "2026 Q3", "current")
    assert mine["sha256"] == walked.review.evaluation().sha256
    assert mine["made_at"] == walked.review.evaluation().computed_at
    assert set(lineage.inputs(evaluation)) < set(above)


def test_what_rests_on_an_older_version_is_stale_while_the_cycle_is_open(copied: Project) -> None:
    def states() -> pd.Series:
        return copied.lineage().graph_rows().set_index("node_id")["state"]

    old = copied.insight.artefact()
    plan, evaluation = copied.strategy.artefact(), copied.review.artefact()
    assert set(states()[[old.artefact_id, plan.artefact_id, evaluation.artefact_id]]) == {"current"}
    cluster = int(copied.insight.segmentation().segments["cluster"].iloc[0])
    copied.insight.relabel(cluster, "Renamed")
    now = states()
    assert now[old.artefact_id] == "superseded"
    assert set(now[[plan.artefact_id, evaluation.artefact_id]]) == {"stale"}
    assert now[copied.insight.artefact().artefact_id] == "current"
    copied.close_cycle()
    assert "stale" not in set(states())


def test_results_that_came_since_make_the_evaluation_stale(copied: Project) -> None:
    work = copied.execution.worklist("2026-11-01")
    row = work[work["status"].ne("done")].iloc[0]
    copied.execution.record(row["list_id"], row["customer_id"], disposition="reached", responded=False)
    state = copied.lineage().node(copied.review.artefact().artefact_id).state
    assert state == "stale"
    assert copied.lineage().node(copied.strategy.artefact().artefact_id).state == "current"


def test_two_analysts_freeze_once(copied: Project) -> None:
    other = wb.open_project(copied.folder, who="wang")
    copied.freeze_cycle()
    with pytest.raises((ParameterProblem, Conflict), match="frozen already"):
        other.freeze_cycle()
