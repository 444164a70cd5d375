"""Start programs beside this one, wait for them, and leave nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

import psutil

from workbench.errors import MachineProblem

_PATIENCE = 8.0


class Server:
    """A program in a process group of its own, its output in a log.

    Parameters
    ----------
    name : str
        What it is called in messages.
    command : sequence of str
        The program and its arguments.
    env : mapping
        Its whole environment.
    log : pathlib.Path
        File that its output is added to.
    """

    def __init__(self, name: str, command: Sequence[str], *, env: Mapping[str, str], log: Path) -> None:
        self.name, self.log = name, log
        log.parent.mkdir(parents=True, exist_ok=True)
        new_group: dict[str, Any] = {"start_new_session": True}
        if sys.platform == "win32":
            new_group = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
        with log.open("ab") as output:
            self._child = subprocess.Popen(  # noqa: S603 - our own programs, arguments as a list
                list(command),
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                **new_group,
            )

    @property
    def is_running(self) -> bool:
        """Whether the program still runs."""
        return self._child.poll() is None

    def stop(self) -> None:
        """Ask the program to end, so that it can shut its kernels down; then make it."""
        if self.is_running:
            self._child.terminate()
            try:
                self._child.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()


def is_alive(pid: int | None) -> bool:
    """Say whether a process runs; one that has ended and was not yet collected does not."""
    try:
        return pid is not None and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def end_marked(mark: str) -> None:
    """End every process whose environment carries a run's mark, this one left out.

    Parameters
    ----------
    mark : str
        Value of ``WORKBENCH_RUN`` that the run gave to whatever it started.
    """
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get("WORKBENCH_RUN") == mark:
                process.terminate()
                found.append(process)
        except psutil.Error:
            continue  # somebody else's, or gone meanwhile
    _, stubborn = psutil.wait_procs(found, timeout=3)
    for process in stubborn:
        process.kill()
    psutil.wait_procs(stubborn, timeout=3)


def wait_until_answering(
    address: str, is_running: Callable[[], bool], *, name: str, log: Path, seconds: float = 90.0
) -> None:
    """Wait until a server answers.

    Parameters
    ----------
    address : str
        An address on this machine that answers once the server is up.
    is_running : callable
        Says whether the server's program still runs.
    name : str
        What the server is called in messages.
    log : pathlib.Path
        Its log, named in the message when it fails.
    seconds : float, default=90.0
        How long to wait.

    Raises
    ------
    MachineProblem
        If the program ends or does not answer in time.
    """
    # A bank's proxy must not be asked for an address on this machine.
    opener = build_opener(ProxyHandler({}))
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not is_running():
            raise MachineProblem("cli.error.server_ended", name=name, log=log, last=last_line(log))
        try:
            opener.open(address, timeout=5).close()
        except HTTPError:
            return  # it answers, if only to ask for its token
        except (URLError, OSError):
            time.sleep(0.2)
        else:
            return
    raise MachineProblem("cli.error.server_silent", name=name, seconds=round(seconds), log=log)


def last_line(log: Path) -> str:
    """Return the last line of a log that says something, or a dash."""
    if not log.is_file():
        return "-"
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "-")


class Stopped(BaseException):
    """A signal asked this program to end."""


@contextmanager
def signals_stop() -> Iterator[None]:
    """Let SIGTERM, and a closed terminal, end the block as Ctrl-C does."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise Stopped

    names = ("SIGTERM", "SIGHUP") if os.name != "nt" else ("SIGTERM", "SIGBREAK")
    before = {}
    for name in names:
        number = getattr(signal, name)
        before[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def signals_ignored() -> Iterator[None]:
    """Let a second Ctrl-C not interrupt the cleaning up."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
