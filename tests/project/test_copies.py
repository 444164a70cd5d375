"""A copy to practise on takes everything that the work needs, and gives nothing back."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

import workbench as wb
from workbench.errors import ParameterProblem


def test_what_is_done_in_a_copy_stays_there(walked_folder: Path, tmp_path: Path) -> None:
    project = wb.open_project(walked_folder)
    before = project.insight.rooms.frame()["room_id"].tolist()
    copy = wb.open_copy(project, tmp_path / "copy")
    assert (copy.cycle.cycle_id, copy.role) == (project.cycle.cycle_id, project.role)
    assert copy.insight.segmentation().artefact_id == project.insight.segmentation().artefact_id
    copy.insight.rooms.open("What would make them stay?")
    assert len(copy.insight.rooms.frame()) == len(before) + 1
    assert project.insight.rooms.frame()["room_id"].tolist() == before
    assert [path for name in ("inbox", "exports") for path in (copy.folder / name).iterdir()] == []


def test_a_copy_brings_the_raw_files_where_they_are_wanted_and_opens_another_cycle(
    walked_folder: Path,
) -> None:
    project = wb.open_project(walked_folder)
    first = project.cycles()[0].cycle_id
    copy = wb.open_copy(project, cycle=first, raw_files=True)
    assert copy.cycle.cycle_id == first
    assert copy.folder.name == project.folder.name
    assert sorted(p.name for p in copy.inbox.iterdir()) == sorted(p.name for p in project.inbox.iterdir())


def test_a_state_that_lies_elsewhere_is_not_copied(walked_folder: Path) -> None:
    project = wb.open_project(walked_folder)
    project.settings = dataclasses.replace(project.settings, database="postgresql+psycopg://db.bank/state")
    with pytest.raises(ParameterProblem, match="would still write to it"):
        wb.open_copy(project)
