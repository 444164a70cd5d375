"""`workbench up`: both servers answer, ask no other machine, and leave nothing behind."""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

import psutil
import pytest

import workbench as wb
from workbench.machine import next_free_port

OPENER = build_opener(ProxyHandler({}))
pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX systems")


def free_port() -> int:
    """Return a port below those that systems hand out: until the servers listen, nobody is given it."""
    return next_free_port(random.randrange(20_000, 30_000))


def terminal_environment() -> dict[str, str]:
    """The environment of a person's terminal, in English."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WORKBENCH_")}
    root = str(Path(__file__).resolve().parents[2])
    paths = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
    return {**kept, "WORKBENCH_LANG": "en", "OMP_NUM_THREADS": "1", "PYTHONPATH": paths}


class Running:
    """`workbench up` as a person starts it."""

    def __init__(self, folder: Path, environ: dict[str, str], *extra: str) -> None:
        first = free_port()
        self.ports = (first, next_free_port(first))
        wb.create_project(folder / "bank")
        command = [sys.executable, "-m", "workbench.cli", "up", "--project", str(folder / "bank")]
        command += ["--port", str(self.ports[0]), "--dashboards-port", str(self.ports[1]), *extra]
        self.said = ""
        self.child = subprocess.Popen(
            command, cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self.child.stdout is not None
        for line in self.child.stdout:
            self.said += line
            if "Ctrl-C" in line:
                break
        self.family = psutil.Process(self.child.pid).children(recursive=True)

    def address(self, port: int) -> str:
        found = re.search(rf"http://127\.0\.0\.1:{port}\S+", self.said)
        assert found, self.said
        return found.group()

    def end(self, number: int) -> str:
        self.family = psutil.Process(self.child.pid).children(recursive=True)
        self.child.send_signal(number)
        rest, _ = self.child.communicate(timeout=60)
        return rest

    def kill(self) -> None:
        """Leave nothing behind, whatever the test found."""
        if self.child.poll() is None:
            self.child.kill()
            self.child.communicate()
        for process in self.family:
            if process.is_running():
                process.kill()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    started = Running(tmp_path_factory.mktemp("up"), terminal_environment())
    yield started
    started.kill()


def status(address: str) -> int:
    try:
        return OPENER.open(address, timeout=30).status
    except HTTPError as refusal:
        refusal.close()
        return refusal.code


def asked(family: list[psutil.Process], what: str) -> list[Any]:
    """Return what the processes say that still run; a preheated kernel may have ended meanwhile."""
    told = []
    for process in family:
        with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            told.append(getattr(process, what)())
    return told


def test_both_answer_on_this_machine_to_their_token_alone(running: Running) -> None:
    lab, dashboards = (running.address(port) for port in running.ports)
    for address in (lab, dashboards):
        assert re.search(r"[?&]token=[\w-]{20,}", address)
        assert status(address) == 200
    bare = f"http://127.0.0.1:{running.ports[0]}/api/contents"
    assert status(bare) == 403
    assert status(dashboards.split("?")[0]) in (401, 403)
    # Other users of the machine can read every program's arguments.
    tokens = [address.rsplit("token=")[1] for address in (lab, dashboards)]
    arguments = " ".join(" ".join(told) for told in asked(running.family, "cmdline"))
    assert not any(token in arguments for token in tokens)
    # Nobody outside this machine is listened to.
    heard = {
        c.laddr.ip
        for connections in asked(running.family, "net_connections")
        for c in connections
        if c.status == "LISTEN"
    }
    assert heard <= {"127.0.0.1", "::1"}


@pytest.mark.browser
def test_jupyterlab_opens_and_asks_no_other_machine(running: Running) -> None:
    from playwright.sync_api import sync_playwright

    from workbench.machine import find_browser

    found = find_browser()
    if found is None:
        pytest.skip("no Chromium, Chrome or Edge")
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(found), args=["--no-sandbox", "--disable-background-networking"]
        )
        tab = browser.new_page()
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(running.address(running.ports[0]))
        # Of what an earlier session left open, only the front tab is visible.
        tab.locator(".jp-Notebook .jp-MarkdownOutput h1:visible").first.wait_for(timeout=90_000)
        time.sleep(3)  # what is asked after the page is up would come now
        # No questions on first opening: not about news, not about a kernel.
        assert tab.locator(".jp-Dialog, .jp-toastContainer .Toastify__toast").count() == 0
        tab.goto("about:blank")
        browser.close()
    local = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:", "about:")
    assert [url for url in asked if not url.startswith(local)] == []
    assert len(asked) > 10


def test_ctrl_c_leaves_nothing_behind(running: Running) -> None:
    said = running.end(signal.SIGINT)
    assert running.child.returncode == 0
    assert "Stopped; nothing is left running." in said
    _, left = psutil.wait_procs(running.family, timeout=5)
    assert [process for process in left if process.status() != psutil.STATUS_ZOMBIE] == []


def test_a_server_that_dies_ends_the_other_and_is_said(tmp_path: Path) -> None:
    started = Running(tmp_path, terminal_environment(), "--no-lab")
    try:
        assert "JupyterLab" not in started.said.split("\n")[0]
        # The first of the family; the kernels after it come and go.
        server = next(p for p in started.family if "workbench.publish" in " ".join(p.cmdline()))
        server.kill()
        rest, _ = started.child.communicate(timeout=60)
        assert started.child.returncode == 2
        assert "ended by itself" in rest
        _, left = psutil.wait_procs(started.family, timeout=5)
        assert [process for process in left if process.status() != psutil.STATUS_ZOMBIE] == []
    finally:
        started.kill()
