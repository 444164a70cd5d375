"""Every notebook runs top to bottom without a screen, on the sample bank."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from workbench.cli.headless import STAGES

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def archive(terminal: Any, walked: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The four notebooks run for the latest cycle, archived by the command."""
    out = tmp_path_factory.mktemp("archive")
    done = terminal("run", str(walked), "--out", str(out))
    assert done.returncode == 0, done.stdout + done.stderr
    assert str(out) in done.stdout
    return out


def outputs(path: Path) -> list[dict[str, Any]]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [output for cell in cells for output in cell.get("outputs", [])]


def test_the_sample_is_a_walked_project(walked: Path) -> None:
    project = wb.open_project(walked, role="viewer")
    assert len(project.cycles()) == 2
    assert not list(walked.glob(".making*"))
    status = project.status().set_index("stage")["state"]
    assert status["insight"] == "done"


@pytest.mark.parametrize("stage", STAGES)
def test_stage_runs_without_a_fault(archive: Path, stage: str) -> None:
    found = outputs(archive / f"{stage}.ipynb")
    assert found, "it has shown nothing"
    # A widget's callback leaves its error in the output and lets the cell pass.
    assert [output for output in found if output["output_type"] == "error"] == []
    printed = "".join("".join(output.get("text", "")) for output in found if output.get("name") == "stderr")
    assert "Traceback" not in printed
    assert "Warning" not in printed


@pytest.mark.parametrize("stage", STAGES)
def test_stage_is_archived_as_a_page_that_stands_alone(archive: Path, stage: str) -> None:
    page = (archive / f"{stage}.html").read_text(encoding="utf-8")
    assert "<h1" in page
    markup = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.S)
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", markup)
    assert not re.search(r"<script[^>]+src=", page)


def test_the_loop_has_charts_in_its_archive(archive: Path) -> None:
    n_charts = sum(
        'class="workbench-chart"' in (archive / f"{stage}.html").read_text(encoding="utf-8")
        for stage in STAGES
    )
    assert n_charts >= 2


def test_the_archive_says_what_was_run(archive: Path, walked: Path) -> None:
    record = json.loads((archive / "run.json").read_text(encoding="utf-8"))
    assert record["cycle"] == wb.open_project(walked, role="viewer").cycle.cycle_id
    assert [one["name"] for one in record["notebooks"]] == [f"{stage}.ipynb" for stage in STAGES]
    archived = json.loads((archive / "01_insight.ipynb").read_text(encoding="utf-8"))
    sources = "".join("".join(cell["source"]) for cell in archived["cells"])
    assert f'cycle="{record["cycle"]}"' in sources


def test_index_runs(walked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv("WORKBENCH_PROJECT", str(walked))
    monkeypatch.setenv("WORKBENCH_ROLE", "viewer")
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "1")
    notebook = nbformat.read(ROOT / "notebooks" / "index.ipynb", as_version=4)
    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}).execute()


def test_the_project_is_sound_after_all_of_it(terminal: Any, archive: Path, walked: Path) -> None:
    done = terminal("check", str(walked))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "damaged" not in done.stdout


def test_an_import_of_the_same_files_changes_nothing(terminal: Any, walked: Path) -> None:
    before = len(wb.open_project(walked, role="viewer").imports.imports())
    done = terminal("import", str(walked))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing was changed" in done.stdout
    assert re.search(r"customers\.csv", done.stdout)
    assert len(wb.open_project(walked, role="viewer").imports.imports()) == before


def test_an_unknown_cycle_is_a_sentence(terminal: Any, walked: Path) -> None:
    done = terminal("run", str(walked), "--cycle", "1999 Q1")
    assert done.returncode == 2
    assert "1999 Q1" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_project_remembers_the_run_and_what_it_was_of(archive: Path, walked: Path) -> None:
    project = wb.open_project(walked, role="viewer")
    run = project.store.runs.frame().iloc[0]
    record = json.loads((archive / "run.json").read_text(encoding="utf-8"))
    assert (run["state"], run["folder"], run["cycle_id"]) == ("done", str(archive), record["cycle"])
    assert [one["name"] for one in run["notebooks"]] == [one["name"] for one in record["notebooks"]]
    assert not run["on_copy"]
    assert record["trouble"] == ""
    # Both cycles were walked unattended, and the second differs by what the first one's review accepted.
    origins = set(project.compare_cycles("2026 Q2", "2026 Q3").strategies["origin"])
    assert "accepted" in origins
    assert origins <= {"accepted", "calendar", "added"}


def test_a_closed_cycle_is_run_on_a_copy(
    walked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workbench.cli import headless

    seen: list[tuple[str, str]] = []

    def execute(source: Path, target: Path, cycle: str) -> Path:
        # What a notebook would find: another folder, and the cycle open in it.
        found = wb.open_project(cycle=cycle)
        assert found.folder != walked
        found.strategy.add_idea("only in the copy")
        seen.append((source.stem, found.cycle.state))
        return target

    monkeypatch.setattr(headless, "_execute", execute)
    monkeypatch.setattr(headless, "_write_page", lambda *_: None)
    told: list[str] = []
    place = headless.archive_run(walked, cycle="2026 Q2", out=tmp_path / "out", tell=told.append)
    assert seen == [(stage, "open") for stage in STAGES]
    project = wb.open_project(walked, role="viewer", cycle="2026 Q2")
    assert project.cycle.state == "closed"
    assert project.strategy.ideas().empty
    assert "on a copy" in told[0]
    assert json.loads((place / "run.json").read_text(encoding="utf-8"))["on_copy"] is True
    assert bool(project.store.runs.frame("2026 Q2").iloc[0]["on_copy"])


def test_a_run_that_breaks_off_is_remembered(
    walked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workbench.cli import headless
    from workbench.errors import WorkbenchError

    def broken(source: Path, target: Path, cycle: str) -> Path:
        raise WorkbenchError("cli.error.no_project", folder=source)

    monkeypatch.setattr(headless, "_execute", broken)
    with pytest.raises(WorkbenchError):
        headless.archive_run(walked, cycle="2026 Q3", out=tmp_path / "out")
    run = wb.open_project(walked, role="viewer").store.runs.frame().iloc[0]
    assert run["state"] == "failed"
    assert "01_insight" in run["trouble"]
