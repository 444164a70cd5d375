"""The command line: its help, its exit codes, and what it says when something goes wrong."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

import workbench as wb
from workbench.cli import app
from workbench.cli.guard import guarded
from workbench.cli.printing import Progress, table_text
from workbench.cli.words import translate_help
from workbench.errors import NotFound

COMMANDS = ("up", "sample", "import", "check", "run", "doctor")
Terminal = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    wb.create_project(tmp_path / "bank")
    return tmp_path / "bank"


def test_help_lists_every_command(workbench: Terminal) -> None:
    done = workbench("--help")
    assert done.returncode == 0
    for name in COMMANDS:
        assert re.search(rf"^  {name} +[A-Z].+[^.]\.$", done.stdout, re.M), name


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_is_in_the_machines_language(workbench: Terminal, name: str) -> None:
    english = workbench(name, "--help").stdout
    chinese = workbench(name, "--help", WORKBENCH_LANG="zh_CN.UTF-8").stdout
    assert english.startswith("Usage: ")
    assert "Show this message and exit." in english
    assert chinese.startswith("用法：")
    assert "显示本帮助并退出。" in chinese
    # What is left in Latin letters are names, not sentences.
    assert not re.search(r"(?:\b[a-z]{2,} ){4,}", re.sub(r"--?[\w-]+|<\w+>|\[.*?\]", "", chinese))


def test_no_command_shows_help(workbench: Terminal) -> None:
    done = workbench()
    assert "Commands:" in done.stdout + done.stderr


def test_help_is_quick_because_it_loads_nothing_heavy() -> None:
    heavy = ("pandas", "sklearn", "altair", "sqlalchemy", "tornado", "papermill")
    code = f"import sys, workbench.cli; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_version(workbench: Terminal) -> None:
    assert workbench("--version").stdout.strip() == wb.__version__


@pytest.mark.parametrize("name", ["check", "run", "import"])
def test_no_project_is_one_sentence(workbench: Terminal, name: str) -> None:
    done = workbench(name, "nowhere")
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stderr.startswith("✕ There is no project in ")


def test_up_does_not_make_a_sample_for_a_mistyped_name(workbench: Terminal, tmp_path: Path) -> None:
    done = workbench("up", "--project", "demo_bnak")
    assert done.returncode == 2
    assert "There is no project in" in done.stderr
    assert not (tmp_path / "demo_bnak").exists()


@pytest.mark.parametrize(("option", "extra"), [("--port", ()), ("--dashboards-port", ("--no-lab",))])
def test_a_taken_port_is_said_before_anything_is_made(
    workbench: Terminal, tmp_path: Path, option: str, extra: tuple[str, ...]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = workbench("up", option, str(port), *extra)
    assert done.returncode == 2
    found = re.search(rf"Port {port} is taken by another program\..*workbench up {option} (\d+)", done.stderr)
    assert found
    assert int(found.group(1)) != port
    assert not (tmp_path / "demo_bank").exists()


def test_a_role_that_is_none(workbench: Terminal) -> None:
    done = workbench("up", "--role", "king")
    assert done.returncode == 2
    assert "viewer, contributor, analyst" in done.stderr


def test_a_folder_that_holds_something_is_not_overwritten(workbench: Terminal, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine", encoding="utf-8")
    done = workbench("sample", "full")
    assert done.returncode == 2
    assert "already holds something" in done.stderr
    assert [entry.name for entry in (tmp_path / "full").iterdir()] == ["thesis.txt"]


def test_a_wrong_option_is_exit_code_2(workbench: Terminal) -> None:
    assert workbench("doctor", "--nonsense").returncode == 2


class TestGuard:
    """What is raised becomes a sentence."""

    def test_a_problem(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WORKBENCH_LANG", "zh")
        with pytest.raises(Exception, match="2"), guarded():
            raise NotFound("errors.not_found.cycle", cycle="2026 Q3", known="2026 Q2")
        assert capsys.readouterr().err == "✕ 没有周期“2026 Q3”。本项目的周期有：2026 Q2。\n"

    def test_a_fault_has_a_reference_and_its_traceback_in_the_log(
        self, capsys: pytest.CaptureFixture[str], project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("WORKBENCH_LANG", "en")
        with pytest.raises(Exception, match="3"), guarded(project):
            raise ZeroDivisionError("secret detail")
        said = capsys.readouterr().err
        found = re.search(r"\(reference ([0-9a-f]{8})\)", said)
        assert found
        assert "secret detail" not in said
        log = (project / ".work" / "logs" / "workbench.log").read_text(encoding="utf-8")
        assert found.group(1) in log
        assert "ZeroDivisionError: secret detail" in log
        assert "Traceback" in log

    def test_a_log_that_cannot_be_written_hides_nothing(
        self, capsys: pytest.CaptureFixture[str], project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("WORKBENCH_LANG", "en")
        (project / ".work").write_text("in the way", encoding="utf-8")
        with pytest.raises(Exception, match="3"), guarded(project):
            raise ZeroDivisionError("why")
        assert "ZeroDivisionError('why')" in capsys.readouterr().err

    def test_ctrl_c(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WORKBENCH_LANG", "en")
        with pytest.raises(Exception, match="130"), guarded():
            raise KeyboardInterrupt
        assert capsys.readouterr().err == "Stopped.\n"


def test_doctor_reports_each_line_with_a_sign_and_a_word(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_LANG", "en")
    done = CliRunner().invoke(app, ["doctor", "--project", str(project)])
    lines = done.output.strip().splitlines()
    assert len(lines) >= 10
    assert all(re.match(r"[✓!✕] (fine |watch|wrong)  \S", line) for line in lines[:-1])
    bad = sum(line.startswith("✕") for line in lines)
    assert lines[-1].startswith(f"{bad} wrong")
    assert done.exit_code == (1 if bad else 0)


def test_doctor_exits_with_1_when_something_is_wrong(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench import machine
    from workbench.machine.finding import Finding

    def examine(_folder: Path) -> list[Finding]:
        return [
            Finding("good", "machine.fonts.good"),
            Finding("bad", "machine.python.bad", {"version": "3.9", "bits": 64}),
        ]

    monkeypatch.setattr(machine, "examine", examine)
    monkeypatch.setenv("WORKBENCH_LANG", "zh")
    done = CliRunner().invoke(app, ["doctor", "--project", str(project)])
    assert done.exit_code == 1
    assert "✕ 错误" in done.output
    assert "1 项错误" in done.output


def test_tables_line_up_in_both_scripts() -> None:
    shown = table_text(["文件", "n"], [["客户.csv", 1200], ["b.csv", 7]])
    assert shown.splitlines() == ["文件          n", "客户.csv  1,200", "b.csv         7"]
    assert table_text(["a", "b"], []) == "a  b"


def test_progress_on_a_pipe_says_each_phase_once(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress()
    for share in (0.1, 0.2, 0.3):
        progress(share, "reading")
    progress(0.9, "writing")
    progress.done()
    said = capsys.readouterr().out
    assert said.count("reading") == 1
    assert said.count("writing") == 1


def test_the_parsers_own_words_are_all_translated() -> None:
    text = "Usage: x\n\nOptions:\n  --a  [default: 1] [required]\n\nCommands:\nArguments:\n"
    assert not re.search(r"[a-z]{4,}", translate_help(text, "zh_CN"))
    assert translate_help(text, "en") == text
