"""`workbench exchange …` on a small project, and an import that is killed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import workbench as wb
from workbench.cli import app

NAMES = ("leads", "outcomes", "corrections", "example", "serve")


@pytest.fixture
def folder(walked_folder: Path, tmp_path: Path) -> Path:
    shutil.copytree(walked_folder, tmp_path / "bank")
    return tmp_path / "bank"


def run(*arguments: object):
    return CliRunner().invoke(app, ["exchange", *map(str, arguments)], env={"WORKBENCH_LANG": "en"})


def test_leads_go_out_and_results_come_in(folder: Path, tmp_path: Path) -> None:
    project = wb.open_project(folder)
    work = project.execution.worklist()
    list_id = str(work.loc[work["status"].ne("done"), "list_id"].iloc[0])
    assert run("leads", folder, list_id).exit_code == 2
    done = run("leads", folder, list_id, "--reason", "nightly", "--format", "jsonl")
    assert done.exit_code == 0, done.output
    leads = pd.read_json(next((folder / "exports").glob("*.jsonl")), lines=True, dtype=False)
    rows = pd.DataFrame(
        {
            "lead_id": [*leads["lead_id"].head(2), "nobody"],
            "responded": "yes",
            "contacted_at": str(project.execution.day()),
        }
    )
    file, aside = tmp_path / "results.csv", tmp_path / "aside.csv"
    rows.to_csv(file, index=False)
    done = run("outcomes", folder, file, "--quarantine", aside)
    assert done.exit_code == 0, done.output
    assert "Letting all in at once" in done.output
    assert [int(n) for n in done.output.split("known already")[1].split()[2:6]] == [3, 2, 0, 1]
    assert pd.read_csv(aside)["cause"].tolist() == ["unknown_lead"]
    customer = work["customer_id"].iloc[0]
    pd.DataFrame([[customer, "branch", "West"]], columns=["customer_id", "column", "new_value"]).to_csv(
        file, index=False
    )
    assert run("corrections", folder, file).exit_code == 0
    assert "West" in set(project.execution.exchange.corrections.frame("open")["new_value"])


def test_the_example_is_a_mapping(folder: Path) -> None:
    done = run("example")
    (folder / "exchange").mkdir(exist_ok=True)
    (folder / "exchange" / "mine.toml").write_text(done.output, encoding="utf-8")
    mapping = wb.open_project(folder).execution.exchange.mapping("mine")
    assert [section.table for section in mapping.sections] == ["leads", "outcomes", "corrections"]


def test_an_import_that_is_killed_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    targets = wb.open_project(folder).strategy.targets()
    file = tmp_path / "results.csv"
    day = str(wb.open_project(folder).execution.day())
    targets[["list_id", "customer_id"]].assign(responded="no", contacted_at=f"{day} 09:00", note="x").to_csv(
        file, index=False
    )
    state = folder / "state.sqlite"
    before = state.read_bytes()
    # Killed in the very write: rows are in already, and it is not confirmed.
    code = (
        "import sys, time, workbench as wb\n"
        "def tell(share, phase):\n"
        "    if phase.endswith('writing') and share > 0.9:\n"
        "        print('in', flush=True); time.sleep(60)\n"
        "wb.open_project(sys.argv[1]).execution.import_outcomes(sys.argv[2], progress=tell)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(folder), str(file)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ},
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "in\n"
        # Nobody is held up for reading, and who writes waits its turn.
        child.kill()
    project = wb.open_project(folder)
    assert state.read_bytes() == before
    report = project.execution.import_outcomes(file)
    assert report.loaded > 0
