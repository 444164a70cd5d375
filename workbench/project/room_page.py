"""Where the participants' page of a project is, and how it is started: a process of its own.

The process serves one page to whoever has its address, with the role of a participant. It
says where it is in a file of the project's folder, so that a facilitator's screen finds
the page that a command has started, and the other way round.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import psutil

from workbench.errors import MachineProblem, ParameterProblem
from workbench.locale import normal_language

FILE = ".participants_page.json"
"""In the project's folder while the page is served; only its owner can read it."""
PORT = 8867
"""The usual port: a page that is started again is where the phones look for it."""
_PATIENCE = 60.0
_ENDS_WITHIN = 15.0
# What a kernel was told about itself is not true of a process that it starts.
_OWN_TO_KERNELS = ("JPY_", "VOILA_", "WORKBENCH_PUBLISHED", "WORKBENCH_ROLE", "QUERY_STRING")
_started: dict[int, subprocess.Popen[bytes]] = {}


def find_page(folder: str | os.PathLike[str]) -> str | None:
    """Return the address of a project's participants' page, or None where none is served.

    Parameters
    ----------
    folder : path
        The project's folder.

    Returns
    -------
    str or None
        As phones must open it, with its token.

    Examples
    --------
    >>> find_page("/nowhere") is None
    True
    """
    known = _read(Path(folder))
    return None if known is None else str(known["address"])


def start_page(
    folder: str | os.PathLike[str],
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    public_address: str = "",
    seconds: float = _PATIENCE,
) -> str:
    """Start the participants' page of a project, or find the one there is, and return its address.

    The process outlives the one that asked for it; `stop_page` ends it.

    Parameters
    ----------
    folder : path
        The project's folder.
    host : str, default="127.0.0.1"
        The address that it listens at; ``0.0.0.0`` is every network of this machine.
    port : int, optional
        0 takes a free one; by default the usual one, or a free one where that is taken.
    public_address : str, default=""
        What phones must open where a proxy stands in front, for example the name of
        this machine and a path; by default the host and the port.
    seconds : float, default=60.0
        How long to wait for it.

    Returns
    -------
    str
        The page's address with its token.

    Raises
    ------
    MachineProblem
        If it does not start in time.
    ParameterProblem
        If the port or the public address is none.

    Examples
    --------
    >>> start_page("demo_bank", port=70_000)
    Traceback (most recent call last):
    workbench.errors.ParameterProblem: 70000 is no port. Give one from 1 to 65535, or 0 for a free one.
    """
    place = Path(folder).resolve()
    found = find_page(place)
    if found is not None:
        return found
    wanted = check_page(port, public_address)
    log = place / ".work" / "logs" / "participants.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as out:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                command(place, host=host, port=wanted, public_address=public_address),
                env={n: value for n, value in os.environ.items() if not n.startswith(_OWN_TO_KERNELS)},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
    except OSError as error:
        raise MachineProblem("room_page.error.log", folder=place, cause=error.strerror) from error
    _started[process.pid] = process
    return _wait(place, process, log, seconds)


def stop_page(folder: str | os.PathLike[str]) -> bool:
    """End the participants' page of a project, and say whether there was one.

    Parameters
    ----------
    folder : path
        The project's folder.

    Examples
    --------
    >>> stop_page("/nowhere")
    False
    """
    known = _read(Path(folder))
    if known is None:
        return False
    pid = int(known["pid"])
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        process.terminate()
        try:
            _ended(process, _ENDS_WITHIN)
        except psutil.TimeoutExpired:
            process.kill()
    return True


def join_address(address: str, code: str = "", lang: str = "") -> str:
    """Return the page's address that opens with a room's code, in a language: what a QR code holds.

    Parameters
    ----------
    address : str
        From `find_page` or `start_page`.
    code : str, default=""
        The room's six digits.
    lang : str, default=""
        ``"en"`` or ``"zh_CN"``; by default the phone's.

    Examples
    --------
    >>> join_address("http://127.0.0.1:8867/voila/render/room.ipynb?token=x", "048213", "zh_CN")
    'http://127.0.0.1:8867/voila/render/room.ipynb?code=048213&lang=zh&token=x'
    """
    parts = urlsplit(address)
    short = {"code": code, "lang": ("zh" if normal_language(lang) == "zh_CN" else "en") if lang else ""}
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name not in short]
    asked = [(name, value) for name, value in short.items() if value]
    return urlunsplit(parts._replace(query=urlencode([*asked, *kept])))


def check_page(port: int | None, public_address: str = "") -> int:
    """Return the port to listen at, or say what is wrong with it or with the public address.

    Raises
    ------
    ParameterProblem
        If there is no such port, or phones can't open that address.
    """
    if port is not None and not 0 <= port <= 65535:
        raise ParameterProblem("room_page.error.port", port=port)
    parts = urlsplit(public_address)
    if public_address and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query):
        raise ParameterProblem("room_page.error.address", address=public_address)
    return (PORT if _is_free(PORT) else 0) if port is None else port


def command(folder: Path, *, host: str, port: int, public_address: str = "") -> list[str]:
    """Return the command of the page's process."""
    served = [sys.executable, "-m", "workbench.publish", "--role", "participant", "--project", str(folder)]
    served += ["--host", host, "--port", str(port)]
    return [*served, "--public-address", public_address] if public_address else served


def write_page(folder: Path, address: str) -> None:
    """Write where this process serves the page; nobody but its owner can read it."""
    own = {"address": address, "pid": os.getpid(), "since": psutil.Process().create_time()}
    draft = folder / f"{FILE}.{os.getpid()}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump({**own, "folder": str(folder)}, file)
    draft.replace(folder / FILE)


def remove_page(folder: Path) -> None:
    """Take back what `write_page` wrote, if it was this process."""
    known = _read(folder)
    if known is not None and known["pid"] == os.getpid():
        (folder / FILE).unlink(missing_ok=True)


def _read(folder: Path) -> dict[str, Any] | None:
    """Return what the file says, if the process that wrote it still serves this folder."""
    try:
        known = json.loads((folder / FILE).read_text(encoding="utf-8"))
        process = psutil.Process(int(known["pid"]))
        # A number is given again to other processes, and a copied folder takes the file along.
        same = abs(process.create_time() - float(known["since"])) < 1.0
        here = Path(known["folder"]) == folder.resolve() and isinstance(known["address"], str)
        alive = process.status() != psutil.STATUS_ZOMBIE
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return None
    return known if same and here and alive else None


def _wait(place: Path, process: subprocess.Popen[bytes], log: Path, seconds: float) -> str:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = find_page(place)
        if found is not None:
            return found
        if process.poll() is not None:
            lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            reason = lines[-1] if lines else f"exit code {process.returncode}"
            raise MachineProblem("room_page.error.not_started", log=log, reason=reason)
        time.sleep(0.05)
    process.terminate()
    raise MachineProblem("room_page.error.slow", seconds=round(seconds), log=log)


def _ended(process: psutil.Process, seconds: float) -> None:
    ours = _started.pop(process.pid, None)
    if ours is None:
        until = time.monotonic() + seconds
        # What has ended stays a zombie until whoever started it asks after it.
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            if time.monotonic() >= until:
                raise psutil.TimeoutExpired(seconds, process.pid)
            time.sleep(0.02)
        return
    try:
        ours.wait(seconds)
    except subprocess.TimeoutExpired:
        ours.kill()
        ours.wait()


def _is_free(port: int) -> bool:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
