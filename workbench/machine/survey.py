"""The checks, one function each, and the survey that runs them all."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

from workbench.machine.browser import find_browser
from workbench.machine.finding import Finding
from workbench.machine.ports import is_port_free, next_free_port

PORTS = {"--port": 8888, "--dashboards-port": 8866}
"""Ports that `workbench up` uses unless told otherwise, by the option that changes them."""

_FIT = ((3, 11), (3, 13))
_NETWORK = re.compile(
    r"nfs\d?|cifs|smb\w*|9p|afs|ceph|glusterfs|lustre|davfs|fuse\.(sshfs|s3fs|rclone|glusterfs|davfs2?|smbnetfs)"
)


def check_python(version: tuple[int, ...] = sys.version_info[:3], bits: int = 64) -> Iterator[Finding]:
    """Report the interpreter: 3.11 to 3.13, 64 bit."""
    shown = ".".join(map(str, version[:3]))
    is_fit = _FIT[0] <= tuple(version[:2]) <= _FIT[1] and bits == 64
    if is_fit:
        yield Finding("good", "machine.python.good", {"version": shown})
    else:
        yield Finding("bad", "machine.python.bad", {"version": shown, "bits": bits})


def has_wal_bug(version: tuple[int, ...]) -> bool:
    """Say whether a SQLite can damage a database in WAL mode with two connections.

    Parameters
    ----------
    version : tuple of int
        For example ``(3, 40, 1)``.

    Returns
    -------
    bool

    Examples
    --------
    >>> has_wal_bug((3, 51, 2)), has_wal_bug((3, 51, 3)), has_wal_bug((3, 44, 6)), has_wal_bug((3, 45, 0))
    (True, False, False, True)
    """
    if not (3, 7, 0) <= version <= (3, 51, 2):
        return False
    mended_branches = {(3, 50): 7, (3, 44): 6}
    mended = mended_branches.get((version[0], version[1]))
    return mended is None or version[2] < mended


def check_sqlite(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> Iterator[Finding]:
    """Report SQLite and what its version means for WAL mode."""
    shown = ".".join(map(str, version))
    if version < (3, 31, 0):
        yield Finding("bad", "machine.sqlite.old", {"version": shown})
    elif has_wal_bug(tuple(version)):
        yield Finding("good", "machine.sqlite.wal", {"version": shown})
    else:
        yield Finding("good", "machine.sqlite.good", {"version": shown})


def chinese_fonts() -> int | None:
    """Return how many fonts can show Chinese; None where that can't be asked."""
    if sys.platform in ("darwin", "win32"):
        return 1  # both systems always carry one
    lister = shutil.which("fc-list")
    if lister is None:
        return None
    done = subprocess.run(  # noqa: S603 - a fixed program with fixed arguments
        [lister, ":lang=zh", "family"], capture_output=True, text=True, check=False, timeout=60
    )
    return len([line for line in done.stdout.splitlines() if line.strip()])


def check_fonts() -> Iterator[Finding]:
    """Report whether Chinese can be shown by a browser on this machine."""
    n = chinese_fonts()
    if n is None:
        yield Finding("watch", "machine.fonts.unknown")
    elif n == 0:
        yield Finding("watch", "machine.fonts.none")
    else:
        yield Finding("good", "machine.fonts.good")


def check_ports() -> Iterator[Finding]:
    """Report whether the usual ports are free."""
    for option, port in PORTS.items():
        if is_port_free(port):
            yield Finding("good", "machine.ports.good", {"port": port})
        else:
            free = next_free_port(port, avoid=tuple(PORTS.values()))
            yield Finding("watch", "machine.ports.taken", {"port": port, "option": option, "free": free})


def check_memory(available: float | None = None) -> Iterator[Finding]:
    """Report the memory that is free, in bytes; 2 GB is the least, 4 GB is comfortable."""
    if available is None:
        import psutil

        available = float(psutil.virtual_memory().available)
    free = f"{available / 1e9:.1f}"
    if available < 2e9:
        yield Finding("bad", "machine.memory.bad", {"free": free})
    elif available < 4e9:
        yield Finding("watch", "machine.memory.watch", {"free": free})
    else:
        yield Finding("good", "machine.memory.good", {"free": free})


def check_disk(folder: Path, free: int | None = None) -> Iterator[Finding]:
    """Report the room on the folder's disk, in bytes."""
    room = shutil.disk_usage(folder).free if free is None else free
    values = {"folder": folder, "free": f"{room / 1e9:.1f}"}
    if room < 1e9:
        yield Finding("bad", "machine.disk.bad", values)
    elif room < 5e9:
        yield Finding("watch", "machine.disk.watch", values)
    else:
        yield Finding("good", "machine.disk.good", values)


def file_system(folder: Path, mounts: str | None = None) -> str | None:
    r"""Return the type of the file system that a folder lies on; None where that is not known.

    Parameters
    ----------
    folder : pathlib.Path
        Any folder.
    mounts : str, default=None
        The text of Linux's ``/proc/mounts``; read from there unless given.

    Returns
    -------
    str or None

    Examples
    --------
    >>> file_system(Path("/srv/share/bank"), "/dev/sda1 / ext4 rw 0 0\nfiler:/x /srv/share nfs4 rw 0 0")
    'nfs4'
    """
    if mounts is None:
        table = Path("/proc/mounts")
        if not table.is_file():
            return None
        mounts = table.read_text(encoding="utf-8", errors="replace")
    best, kind = "", None
    where = folder.resolve().as_posix()
    for line in mounts.splitlines():
        words = line.split()
        if len(words) < 3:
            continue
        # The kernel writes a space in a path as \040.
        point = re.sub(r"\\(\d{3})", lambda octal: chr(int(octal.group(1), 8)), words[1])
        inside = where == point or where.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, words[2]
    return kind


def check_drive(folder: Path, mounts: str | None = None) -> Iterator[Finding]:
    """Report whether a folder lies on a network drive, where databases lose their locks."""
    kind = file_system(folder, mounts)
    if str(folder).startswith("\\\\") or (kind and _NETWORK.fullmatch(kind)):
        yield Finding("bad", "machine.drive.network", {"folder": folder, "kind": kind or "UNC"})
    else:
        yield Finding("good", "machine.drive.good", {"folder": folder})


def holds_locks(folder: Path) -> bool:
    """Say whether a second writer of a database in this folder is kept out."""
    trial = folder / f".lock-trial-{os.getpid()}.sqlite"
    first = sqlite3.connect(trial, timeout=0, isolation_level=None)
    second = sqlite3.connect(trial, timeout=0, isolation_level=None)
    try:
        first.execute("CREATE TABLE t (x)")
        first.execute("BEGIN IMMEDIATE")
        try:
            second.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        return False
    finally:
        first.close()
        second.close()
        for leftover in folder.glob(trial.name + "*"):
            leftover.unlink()


def check_writing(folder: Path, megabytes: int = 16) -> Iterator[Finding]:
    """Report whether the folder can be written, how fast, and whether locks hold there."""
    trial = folder / f".write-trial-{os.getpid()}"
    try:
        started = time.perf_counter()
        with trial.open("wb") as file:
            for _ in range(megabytes):
                file.write(os.urandom(1 << 20))
            file.flush()
            os.fsync(file.fileno())
        speed = megabytes / max(time.perf_counter() - started, 1e-6)
        locks = holds_locks(folder)
    except OSError as error:
        yield Finding("bad", "machine.writing.refused", {"folder": folder, "reason": error.strerror or error})
        return
    except sqlite3.Error as error:
        yield Finding("bad", "machine.writing.no_locks", {"folder": folder, "reason": error})
        return
    finally:
        trial.unlink(missing_ok=True)
    if speed >= 20:
        yield Finding("good", "machine.writing.good", {"speed": round(speed)})
    else:
        yield Finding("watch", "machine.writing.slow", {"speed": round(speed)})
    if not locks:
        yield Finding("bad", "machine.writing.no_locks", {"folder": folder, "reason": "-"})


def pinned_versions(lock: Path) -> dict[str, set[str]]:
    """Return each package of a lock file with its versions, over all machines and Pythons."""
    pins: dict[str, set[str]] = {}
    for line in lock.read_text(encoding="utf-8").splitlines():
        found = re.match(r"([A-Za-z0-9._-]+)==([^\s;\\]+)", line)
        if found:
            pins.setdefault(found.group(1).lower(), set()).add(found.group(2))
    return pins


def check_packages(lock: Path | None = None) -> Iterator[Finding]:
    """Report packages whose version is not the pinned one."""
    lock = lock or Path(__file__).resolve().parents[2] / "requirements.lock"
    if not lock.is_file():
        yield Finding("watch", "machine.packages.no_lock")
        return
    other = []
    for name, versions in pinned_versions(lock).items():
        try:
            installed = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue  # for another system or Python; what is needed and absent fails at import
        if installed not in versions:
            other.append(f"{name} {installed} ({'/'.join(sorted(versions))})")
    if other:
        shown = ", ".join(other[:5]) + (" …" if len(other) > 5 else "")
        yield Finding("watch", "machine.packages.other", {"n": len(other), "packages": shown})
    else:
        yield Finding("good", "machine.packages.good")


def check_browser() -> Iterator[Finding]:
    """Report whether a browser of the Chromium family is here."""
    found = find_browser()
    if found:
        yield Finding("good", "machine.browser.good", {"path": found})
    else:
        yield Finding("watch", "machine.browser.none")


def examine(folder: Path) -> Iterator[Finding]:
    """Run every check, the project's folder included.

    Parameters
    ----------
    folder : pathlib.Path
        The project's folder, or the one a project would be made in. It must exist.

    Yields
    ------
    Finding
        One or more a check, in a fixed order.
    """
    checks: tuple[Callable[[], Iterator[Finding]], ...] = (
        lambda: check_python(bits=64 if platform.architecture()[0] == "64bit" else 32),
        check_sqlite,
        check_packages,
        check_memory,
        lambda: check_disk(folder),
        lambda: check_drive(folder),
        lambda: check_writing(folder),
        check_ports,
        check_fonts,
        check_browser,
    )
    for check in checks:
        yield from check()
