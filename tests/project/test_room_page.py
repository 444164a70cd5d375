"""The participants' page is found, started and stopped, from a screen and from the command line."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import psutil
import pytest
from typer.testing import CliRunner

import workbench as wb
from workbench.cli import app
from workbench.errors import MachineProblem, ParameterProblem
from workbench.project import room_page
from workbench.project.room_page import FILE, find_page, join_address, start_page, stop_page, write_page

OPENER = build_opener(ProxyHandler({}))
pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX systems")


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("room page") / "bank"
    wb.create_project(folder).store.cycles.open("2026 Q2", dt.date(2026, 6, 30))
    return folder


@pytest.fixture
def stopped(bare: Path) -> Iterator[Path]:
    """A project whose page is stopped at the end, whatever the test found."""
    yield bare
    stop_page(bare)


def test_a_screen_starts_the_page_and_finds_it_again(stopped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # As a kernel of JupyterLab asks: what it was told of itself is not the page's.
    monkeypatch.setenv("WORKBENCH_ROLE", "analyst")
    monkeypatch.setenv("VOILA_PREHEAT", "True")
    address = start_page(stopped, port=0, seconds=120)
    assert find_page(stopped) == start_page(stopped) == address
    assert OPENER.open(join_address(address, "048213", "en"), timeout=30).status == 200
    pid = json.loads((stopped / FILE).read_text())["pid"]
    told = psutil.Process(pid).environ()
    assert "WORKBENCH_ROLE" not in told
    assert "VOILA_PREHEAT" not in told
    # It is not a child that dies with the kernel that asked: it leads a session of its own.
    assert os.getsid(pid) == pid
    assert stop_page(stopped)
    assert find_page(stopped) is None
    assert not (stopped / FILE).exists()
    assert not psutil.pid_exists(pid)
    assert not stop_page(stopped)


def test_only_a_page_of_this_folder_that_still_runs_is_found(bare: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bank"
    shutil.copytree(bare, folder)
    write_page(folder, "http://127.0.0.1:1/")
    assert find_page(folder) == "http://127.0.0.1:1/"
    shutil.copytree(folder, tmp_path / "copied")
    assert find_page(tmp_path / "copied") is None
    known = json.loads((folder / FILE).read_text())
    for changed in ({"since": known["since"] - 60}, {"pid": 2**22 + 1}, {"address": None}, {"pid": "x"}):
        (folder / FILE).write_text(json.dumps(known | changed))
        assert find_page(folder) is None
    for text in ("", "[]", "{}", "\x00"):
        (folder / FILE).write_text(text)
        assert find_page(folder) is None


@pytest.mark.parametrize("address", ["rooms.bank", "ftp://bank/", "http://", "https://bank/?token=1"])
def test_an_address_that_phones_cannot_open_is_said(bare: Path, address: str) -> None:
    with pytest.raises(ParameterProblem, match="not an address that a phone can open"):
        start_page(bare, public_address=address)


def test_what_cannot_start_is_said_with_its_last_line(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def command(*_: object, **__: object) -> list[str]:
        return [sys.executable, "-c", "import sys; sys.exit('no such page')"]

    monkeypatch.setattr(room_page, "command", command)
    with pytest.raises(MachineProblem, match="no such page"):
        start_page(bare, port=0)
    monkeypatch.setattr(
        room_page, "command", lambda *_, **__: [sys.executable, "-c", "import time; time.sleep(60)"]
    )
    with pytest.raises(MachineProblem, match="did not answer within 0 seconds"):
        start_page(bare, port=0, seconds=0.2)
    for process in list(room_page._started.values()):
        process.wait(10)
    monkeypatch.undo()
    shutil.rmtree(bare / ".work")
    (bare / ".work").write_text("")
    with pytest.raises(MachineProblem, match="can't be written"):
        start_page(bare, port=0)
    (bare / ".work").unlink()


def test_the_usual_port_or_a_free_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_page, "_is_free", lambda port: True)
    assert room_page.check_page(None) == room_page.PORT
    monkeypatch.setattr(room_page, "_is_free", lambda port: False)
    assert room_page.check_page(None) == 0
    assert room_page.check_page(8899, "https://127.0.0.1/rooms/") == 8899


def test_the_command_serves_until_ctrl_c(stopped: Path) -> None:
    terminal = CliRunner(env={"WORKBENCH_LANG": "en"})
    nowhere = terminal.invoke(app, ["room", str(stopped / "nowhere")])
    assert nowhere.exit_code == 2
    assert nowhere.stderr.startswith("✕ There is no project in ")
    # A page that a screen has started is for this machine alone; asked for another way, it makes room.
    before = "http://127.0.0.1:1/"
    serve = (
        "import pathlib, signal, sys; from workbench.project.room_page import write_page;"
        f"write_page(pathlib.Path(sys.argv[1]), {before!r}); signal.pause()"
    )
    screens = subprocess.Popen([sys.executable, "-c", serve, str(stopped)])
    until = time.monotonic() + 30
    while find_page(stopped) is None and time.monotonic() < until:
        time.sleep(0.05)
    command = [sys.executable, "-m", "workbench.cli", "room", str(stopped), "--port", "0", "--lang", "zh"]
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    child = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    try:
        assert child.stdout is not None
        said = [child.stdout.readline() for _ in range(4)]
        assert screens.wait(30) == -signal.SIGTERM
        assert before in said[0]
        assert "参与者页面" in said[2]
        address = find_page(stopped)
        assert address not in (None, before)
        assert said[2].split()[-1] == address
        assert "Ctrl-C" in said[3]
        again = terminal.invoke(app, ["room", str(stopped)])
        assert (again.exit_code, str(address) in again.stdout) == (0, True)
        family = psutil.Process(child.pid).children(recursive=True)
        child.send_signal(signal.SIGINT)
        rest, _ = child.communicate(timeout=60)
    finally:
        for started in (child, screens):
            started.kill()
            started.communicate()
    assert child.returncode == 0
    assert "没有遗留" in rest
    until = time.monotonic() + 10
    while any(each.is_running() for each in family) and time.monotonic() < until:
        time.sleep(0.1)
    assert not any(each.is_running() for each in family)
    assert find_page(stopped) is None
