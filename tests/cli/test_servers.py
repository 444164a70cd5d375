"""Programs beside this one: started, watched, and ended with everything under them."""

from __future__ import annotations

import http.server
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from workbench.cli.launch import Launch, first_page, lab_command
from workbench.cli.servers import (
    Server,
    Stopped,
    end_marked,
    is_alive,
    last_line,
    signals_ignored,
    signals_stop,
    wait_until_answering,
)
from workbench.errors import MachineProblem

# A server that starts a program in a group of its own, as a kernel is, and ignores being asked to end.
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
print(child.pid, flush=True)
time.sleep(60)
"""


def wait_for(condition: object, seconds: float = 10.0) -> None:
    until = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.05)


def test_nothing_is_left_of_a_stubborn_family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.cli.servers._PATIENCE", 0.3)
    log = tmp_path / "logs" / "server.log"
    env = {**os.environ, "WORKBENCH_RUN": "mark-of-this-test"}
    server = Server("stubborn", [sys.executable, "-c", STUBBORN], env=env, log=log)
    wait_for(lambda: last_line(log).isdigit())
    grandchild = int(last_line(log))
    assert server.is_running
    assert is_alive(grandchild)
    server.stop()
    end_marked("mark-of-this-test")
    assert not server.is_running
    assert not is_alive(grandchild)


def test_others_are_left_alone(tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        end_marked("no-such-mark")
        assert is_alive(other.pid)
    finally:
        other.kill()
        other.wait()
    assert not is_alive(other.pid)
    assert not is_alive(None)


def test_a_zombie_is_not_alive() -> None:
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    try:
        wait_for(lambda: psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE)
        assert not is_alive(child.pid)
    finally:
        child.wait()


def test_an_answer_that_asks_for_a_token_is_an_answer(tmp_path: Path) -> None:
    class Refusing(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(403)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}/"
        wait_until_answering(address, lambda: True, name="x", log=tmp_path / "x.log", seconds=5)
        server.shutdown()
        thread.join()


def test_a_program_that_ends_is_said_with_its_last_line(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_text("starting\nOSError: no room\n\n", encoding="utf-8")
    with pytest.raises(MachineProblem, match="ended by itself: OSError: no room"):
        wait_until_answering("http://127.0.0.1:9/", lambda: False, name="JupyterLab", log=log)


def test_a_program_that_never_answers(tmp_path: Path) -> None:
    with pytest.raises(MachineProblem, match="did not answer within"):
        wait_until_answering(
            "http://127.0.0.1:9/", lambda: True, name="JupyterLab", log=tmp_path / "x", seconds=0.3
        )


def test_the_command_shows_no_token_and_asks_no_other_machine(tmp_path: Path) -> None:
    launch = Launch(tmp_path, "viewer", "en", True, 8888, 8866)
    command = lab_command(launch, tmp_path)
    text = " ".join(command)
    assert "token" not in text
    assert "--ip=127.0.0.1" in command
    assert "--LabApp.news_url=None" in command
    assert "--LabApp.extension_manager=readonly" in command
    assert "'voila.server_extension': False" in text


def test_the_index_opens_first(tmp_path: Path) -> None:
    assert first_page(tmp_path) == "/lab"
    (tmp_path / "01_insight.ipynb").touch()
    assert first_page(tmp_path) == "/lab/tree/01_insight.ipynb"
    (tmp_path / "index.ipynb").touch()
    assert first_page(tmp_path) == "/lab/tree/index.ipynb"


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX systems")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_request_to_end_is_heard_inside_the_block_alone(name: str) -> None:
    number = getattr(signal, name)
    before = signal.getsignal(number)
    with pytest.raises(Stopped), signals_stop():
        signal.raise_signal(number)
    assert signal.getsignal(number) == before


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX systems")
def test_a_second_ctrl_c_does_not_break_the_cleaning_up() -> None:
    with signals_ignored():
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.05)
    assert signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
