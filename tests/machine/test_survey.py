"""The doctor's checks: each can find its trouble."""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench import machine
from workbench.errors import MachineProblem
from workbench.machine import survey
from workbench.machine.finding import Finding


def only(found: Iterator[Finding]) -> Finding:
    (finding,) = list(found)
    assert finding.message("en")
    assert finding.message("zh_CN")
    return finding


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize(
    ("version", "bits", "level"),
    [
        ((3, 11, 0), 64, "good"),
        ((3, 13, 9), 64, "good"),
        ((3, 10, 4), 64, "bad"),
        ((3, 14, 0), 64, "bad"),
        ((3, 12, 1), 32, "bad"),
    ],
)
def test_python(version: tuple[int, ...], bits: int, level: str) -> None:
    assert only(survey.check_python(version, bits)).level == level


# First and last versions with the fault, and the mended ones, as SQLite's own note lists them.
FAULTY = ["3.7.0", "3.40.1", "3.44.5", "3.45.0", "3.50.6", "3.51.2"]
SOUND = ["3.6.23", "3.44.6", "3.50.7", "3.51.3", "3.52.0"]


@pytest.mark.parametrize("version", [*FAULTY, *SOUND])
def test_wal_fault(version: str) -> None:
    numbers = tuple(int(part) for part in version.split("."))
    assert survey.has_wal_bug(numbers) is (version in FAULTY)


def test_sqlite() -> None:
    assert only(survey.check_sqlite((3, 40, 1))).key == "machine.sqlite.wal"
    assert only(survey.check_sqlite((3, 51, 3))).key == "machine.sqlite.good"
    assert only(survey.check_sqlite((3, 22, 0))).level == "bad"


@pytest.mark.parametrize(("free", "level"), [(1.5e9, "bad"), (3e9, "watch"), (8e9, "good")])
def test_memory(free: float, level: str) -> None:
    assert only(survey.check_memory(free)).level == level


@pytest.mark.parametrize(("free", "level"), [(5e8, "bad"), (3e9, "watch"), (8e9, "good")])
def test_disk(free: int, level: str, tmp_path: Path) -> None:
    assert only(survey.check_disk(tmp_path, int(free))).level == level


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "fuse.s3fs", "ceph"])
def test_a_network_drive(kind: str, tmp_path: Path) -> None:
    mounts = f"/dev/sda1 / ext4 rw 0 0\nfiler:/x {tmp_path} {kind} rw 0 0\n"
    finding = only(survey.check_drive(tmp_path / "bank", mounts))
    assert finding.level == "bad"
    assert finding.values["kind"] == kind


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "overlay", "tmpfs", "zfs", "fuseblk"])
def test_a_local_drive(kind: str, tmp_path: Path) -> None:
    assert only(survey.check_drive(tmp_path, f"/dev/sda1 / {kind} rw 0 0\n")).level == "good"


def test_the_nearest_mount_counts_and_a_space_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "our bank"
    folder.mkdir()
    written = str(folder).replace(" ", "\\040")
    mounts = f"filer:/x {tmp_path} nfs rw 0 0\n/dev/sdb1 {written} ext4 rw 0 0\n"
    assert survey.file_system(folder, mounts) == "ext4"
    assert survey.file_system(tmp_path, mounts) == "nfs"
    # A folder whose name only begins like a mount's lies elsewhere.
    assert survey.file_system(Path(f"{folder}2"), mounts) == "nfs"


def test_writing_leaves_nothing_behind(tmp_path: Path) -> None:
    findings = list(survey.check_writing(tmp_path, megabytes=1))
    assert {finding.level for finding in findings} <= {"good", "watch"}
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_refuses(tmp_path: Path) -> None:
    finding = only(survey.check_writing(tmp_path / "absent", megabytes=1))
    assert (finding.level, finding.key) == ("bad", "machine.writing.refused")


def test_locks_that_do_not_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert survey.holds_locks(tmp_path)

    def open_without_locks(path: Path, **options: object) -> sqlite3.Connection:
        # What a drive that ignores locks looks like to the second program.
        return sqlite3.Connection(f"file:{path}?nolock=1", uri=True, isolation_level=None)

    monkeypatch.setattr(survey.sqlite3, "connect", open_without_locks)
    assert not survey.holds_locks(tmp_path)
    findings = list(survey.check_writing(tmp_path, megabytes=1))
    assert findings[-1].key == "machine.writing.no_locks"


def test_ports(taken_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "PORTS", {"--port": taken_port})
    finding = only(survey.check_ports())
    assert finding.level == "watch"
    assert machine.is_port_free(finding.values["free"])


def test_a_taken_port_is_a_sentence_with_a_free_one(taken_port: int) -> None:
    with pytest.raises(MachineProblem, match=f"Port {taken_port} is taken") as problem:
        machine.check_port(taken_port, "--port", avoid=(taken_port + 1,))
    free = problem.value.values["free"]
    assert free > taken_port + 1
    assert f"--port {free}" in str(problem.value)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_what_is_no_port(port: int) -> None:
    with pytest.raises(MachineProblem, match="is not a port"):
        machine.check_port(port, "--port")


def test_two_servers_never_get_one_port() -> None:
    with pytest.raises(MachineProblem):
        machine.check_port(28_888, "--port", avoid=(28_888,))


def test_packages_against_a_lock(tmp_path: Path) -> None:
    import numpy

    lock = tmp_path / "requirements.lock"
    lock.write_text(
        f"numpy=={numpy.__version__} \\\n    --hash=sha256:0\nno-such-thing==1\n", encoding="utf-8"
    )
    assert only(survey.check_packages(lock)).level == "good"
    lock.write_text("numpy==1.0 ; python_full_version < '3.12'\nnumpy==1.1\n", encoding="utf-8")
    finding = only(survey.check_packages(lock))
    assert finding.values["packages"] == f"numpy {numpy.__version__} (1.0/1.1)"
    assert only(survey.check_packages(tmp_path / "absent")).level == "watch"


def test_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    for n, level in ((None, "watch"), (0, "watch"), (3, "good")):
        monkeypatch.setattr(survey, "chinese_fonts", lambda n=n: n)
        assert only(survey.check_fonts()).level == level


def test_browser(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "chrome"
    monkeypatch.setenv("WORKBENCH_BROWSER", str(program))
    assert only(survey.check_browser()).level == "watch"
    program.touch()
    assert only(survey.check_browser()).values["path"] == program


def test_browser_is_found_on_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("WORKBENCH_BROWSER", raising=False)
    program = tmp_path / "google-chrome"
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine.find_browser() == program


def test_everything_is_examined(tmp_path: Path) -> None:
    keys = {finding.key.split(".")[1] for finding in machine.examine(tmp_path)}
    assert keys >= {
        "python",
        "sqlite",
        "packages",
        "memory",
        "disk",
        "drive",
        "writing",
        "ports",
        "fonts",
        "browser",
    }
