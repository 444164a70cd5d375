"""The demo: the sample bank's raw files in the inbox, and the loop walked on them."""

from __future__ import annotations

from pathlib import Path

import workbench as wb
from workbench.project import Project


def test_the_inbox_may_hold_the_sample_bank_itself(tmp_path: Path) -> None:
    project = wb.create_project(tmp_path / "demo")
    wb.create_sample_bank(project.inbox, customers=600, months=12)
    before = {path.relative_to(project.inbox) for path in project.inbox.rglob("*.csv")}
    last = project.walk(bank_folder=project.inbox, embedding=None, k_range=range(2, 4), sample_size=200)
    assert last.cycle.cycle_id == "2026 Q3"
    after = {path.relative_to(project.inbox) for path in project.inbox.rglob("*.csv")}
    assert after - before == {
        Path("outcomes/outcomes 2026 Q2.csv"),
        Path("outcomes/outcomes 2026 Q3.csv"),
    }
    # The outcomes beside the raw files are no part of an import.
    assert last.import_files().already


def test_the_truth_is_no_part_of_the_project(walked: Project) -> None:
    files = walked.imports.report().files["file"]
    assert not files.str.contains("truth").any()
    assert not (walked.inbox / "truth").exists()


def test_segments_keep_their_meaning_in_the_second_cycle(walked: Project) -> None:
    first = walked.at("2026 Q2").insight.segmentation()
    second = walked.insight.segmentation()
    assert first.model == second.model
    assert set(second.segments["segment"]) <= set(first.segments["segment"])


def test_what_was_stopped_is_not_drafted_again_in_the_same_channel(walked: Project) -> None:
    first = walked.at("2026 Q2")
    stopped = set(first.strategy.cards()["strategy_id"]) - set(walked.strategy.cards()["strategy_id"])
    names = ["segment", "offer", "channel"]
    ended = first.strategy.cards().set_index("strategy_id").loc[sorted(stopped), names]
    now = set(walked.strategy.cards()[names].itertuples(index=False, name=None))
    assert not set(ended.itertuples(index=False, name=None)) & now


def test_unreached_customers_stay_on_the_worklist(walked: Project) -> None:
    work = walked.execution.worklist("2026-11-01")
    assert {"open", "done"} <= set(work["status"])
    dispositions = set(walked.execution.contacts()["disposition"])
    assert {"reached", "no_answer"} <= dispositions
