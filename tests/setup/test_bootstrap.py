"""Setting up a bare machine: what is found, what goes wrong, and what is said then."""

from __future__ import annotations

import ast
import json
import os
import re
import signal
import string
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[2]


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def fake_python(folder: Path, name: str, answer: str) -> Path:
    """Make a program that answers the probe as an interpreter would."""
    program = folder / name
    program.write_text(f"#!/bin/sh\necho {answer}\n", encoding="utf-8")
    program.chmod(0o755)
    return program


def test_source_can_be_read_by_an_old_python() -> None:
    source = (ROOT / "scripts" / "bootstrap.py").read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 8))
    # Annotations are never evaluated, so that only these could fail.
    assert not any(isinstance(node, ast.Match) for node in ast.walk(tree))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert imported <= set(sys.stdlib_module_names)
    assert "tomllib" not in imported


def test_texts_are_in_both_languages_and_used() -> None:
    texts = json.loads((ROOT / "scripts" / "bootstrap.json").read_text(encoding="utf-8"))
    assert texts["en"].keys() == texts["zh"].keys()
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "scripts").glob("*.py"))
    for key, english in texts["en"].items():
        chinese = texts["zh"][key]
        assert placeholders(english) == placeholders(chinese), key
        assert f'"{key}"' in sources, f"{key} is not used"
        assert re.search(r"[\u4e00-\u9fff]", re.sub(r"\{.*?\}", "", chinese)) or key == "step.package", key


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_GB.UTF-8", "WORKBENCH_LANG": "zh"}, "zh"),
        ({}, "en"),
    ],
)
def test_language(bootstrap: ModuleType, environ: dict[str, str], expected: str) -> None:
    assert bootstrap.language(environ) == expected


class TestFindPython:
    """Which interpreter is taken."""

    @pytest.fixture(autouse=True)
    def _only_these(self, bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bin = tmp_path / "bin"
        self.bin.mkdir()
        self.find = bootstrap.find_python
        self.stop = bootstrap.Stop
        monkeypatch.setenv("PATH", str(self.bin))
        monkeypatch.setattr(bootstrap.sys, "executable", str(fake_python(self.bin, "running", "3 8 18 64 1")))

    def test_the_newest_fit_one(self) -> None:
        fake_python(self.bin, "python3.12", "3 12 1 64 1")
        newest = fake_python(self.bin, "python3.13", "3 13 0 64 1")
        assert self.find().path == str(newest)

    def test_one_that_can_make_an_environment_comes_first(self) -> None:
        fake_python(self.bin, "python3.13", "3 13 0 64 0")
        older = fake_python(self.bin, "python3.11", "3 11 2 64 1")
        assert self.find().path == str(older)

    @pytest.mark.parametrize("answer", ["3 10 13 64 1", "3 14 0 64 1", "3 12 1 32 1", "nonsense"])
    def test_an_unfit_one_is_refused_by_name(self, answer: str) -> None:
        fake_python(self.bin, "python3", answer)
        with pytest.raises(self.stop, match=r"3\.11, 3\.12 or 3\.13") as stop:
            self.find()
        assert "3.8.18" in str(stop.value)

    def test_the_one_asked_for(self) -> None:
        fake_python(self.bin, "python3.13", "3 13 0 64 1")
        wanted = fake_python(self.bin, "mine", "3 12 4 64 1")
        assert self.find(str(wanted)).path == str(wanted)


INSTALLER = {
    "error.network": "WARNING: Retrying (Retry(total=0)) after connection broken by "
    "'NewConnectionError: Failed to establish a new connection: [Errno -3] Temporary failure in name "
    "resolution'\n"
    "ERROR: Could not find a version that satisfies the requirement altair==6.3.0\n"
    "ERROR: No matching distribution found for altair==6.3.0\n",
    "error.certificate": "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]'))\n"
    "ERROR: No matching distribution found for altair==6.3.0\n",
    "error.hash": "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. …\n"
    "    altair==6.3.0 from https://mirror/altair.whl:\n        Expected sha256 a\n        Got        b\n",
    "error.disk": "ERROR: Could not install packages due to an OSError [Errno 28] No space left on device\n",
    "error.writable": "ERROR: Could not install packages due to an OSError [Errno 13] Permission denied\n",
    "error.install": "ERROR: Something nobody thought of\n",
}


@pytest.mark.parametrize(("key", "output"), INSTALLER.items(), ids=INSTALLER)
def test_what_the_installer_says_becomes_a_sentence(bootstrap: ModuleType, key: str, output: str) -> None:
    stop = bootstrap.explain(output, "3.12.1")
    assert stop.key == key
    assert "\n" not in str(stop)
    if key == "error.hash":
        assert "altair==6.3.0" in str(stop)


@pytest.mark.parametrize(("compiler", "key"), [("/usr/bin/cc", "error.wheel"), (None, "error.compiler")])
def test_no_ready_built_file(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, compiler: str | None, key: str
) -> None:
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: compiler)
    stop = bootstrap.explain("ERROR: No matching distribution found for numba==0.68.1\n", "3.12.1")
    assert stop.key == key
    assert "numba==0.68.1" in str(stop)
    assert "BUILD=1" in str(stop)


def test_a_full_disk_is_said_before_anything_is_fetched(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap.shutil, "disk_usage", lambda path: SimpleNamespace(free=1.2e9))
    with pytest.raises(bootstrap.Stop, match=r"1\.2 GB are free, 3 GB are needed"):
        bootstrap.check_room()


def test_a_folder_that_refuses_is_said(bootstrap: ModuleType) -> None:
    (bootstrap.ROOT / ".work").write_text("a file where a folder must be", encoding="utf-8")
    with pytest.raises(bootstrap.Stop, match="can't be written"):
        bootstrap.check_room()


def test_missing_lock(bootstrap: ModuleType) -> None:
    with pytest.raises(bootstrap.Stop, match=r"requirements\.lock is missing"):
        bootstrap.prepare("run")


class Steps:
    """Stand-ins for the two steps that take minutes."""

    def __init__(self, bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[str] = []
        (bootstrap.ROOT / "requirements.lock").write_text("a==1", encoding="utf-8")
        (bootstrap.ROOT / "requirements-test.lock").write_text("a==1\nb==2", encoding="utf-8")
        python = bootstrap.ROOT / ".venv" / "bin" / "python"

        def make_venv(_chosen: object) -> None:
            self.done.append("venv")
            python.parent.mkdir(parents=True, exist_ok=True)
            fake_python(python.parent, "python", "3 12 1 64 1")

        monkeypatch.setattr(bootstrap, "find_python", lambda wanted: SimpleNamespace(path="p", name="3.12.1"))
        monkeypatch.setattr(bootstrap, "make_venv", make_venv)
        monkeypatch.setattr(bootstrap, "install", lambda kind, version: self.done.append(kind))


@pytest.fixture
def steps(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Steps:
    return Steps(bootstrap, monkeypatch)


class TestPrepare:
    """What is done, and what is skipped."""

    def test_the_second_run_does_nothing(self, bootstrap: ModuleType, steps: Steps) -> None:
        bootstrap.prepare("run")
        bootstrap.prepare("run")
        assert steps.done == ["venv", "run"]

    def test_what_the_tests_need_serves_a_run(self, bootstrap: ModuleType, steps: Steps) -> None:
        bootstrap.prepare("test")
        bootstrap.prepare("run")
        assert steps.done == ["venv", "test"]

    def test_the_tests_need_more_than_a_run(self, bootstrap: ModuleType, steps: Steps) -> None:
        bootstrap.prepare("run")
        bootstrap.prepare("test")
        assert steps.done == ["venv", "run", "test"]

    def test_a_changed_lock_is_installed(self, bootstrap: ModuleType, steps: Steps) -> None:
        bootstrap.prepare("run")
        (bootstrap.ROOT / "requirements.lock").write_text("a==2", encoding="utf-8")
        bootstrap.prepare("run")
        assert steps.done == ["venv", "run", "run"]

    def test_a_moved_folder_is_installed_again(
        self, bootstrap: ModuleType, steps: Steps, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bootstrap.prepare("run")
        moved = bootstrap.ROOT.with_name("elsewhere")
        bootstrap.ROOT.rename(moved)
        monkeypatch.setattr(bootstrap, "ROOT", moved)
        bootstrap.prepare("run")
        assert steps.done == ["venv", "run", "run"]

    def test_an_interrupted_one_starts_afresh(
        self,
        bootstrap: ModuleType,
        steps: Steps,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        def interrupted(_kind: str, _version: str) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(bootstrap, "install", interrupted)
            assert bootstrap.main(["env", "run"]) == 130
        assert "Stopped" in capsys.readouterr().err
        bootstrap.prepare("run")
        assert steps.done == ["venv", "venv", "run"]
        assert "interrupted" in capsys.readouterr().out

    def test_two_at_once(self, bootstrap: ModuleType, steps: Steps) -> None:
        other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        try:
            (bootstrap.ROOT / ".work").mkdir()
            (bootstrap.ROOT / ".work" / "installing").write_text(str(other.pid), encoding="utf-8")
            with pytest.raises(bootstrap.Stop, match=f"process {other.pid}"):
                bootstrap.prepare("run")
        finally:
            other.kill()
            other.wait()
        assert steps.done == []


def test_a_python_without_ensurepip_names_the_package(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "apt_install", lambda packages: False)
    lacking = SimpleNamespace(has_ensurepip=False, version=(3, 11, 2), path="python3.11")
    with pytest.raises(bootstrap.Stop, match=r"apt-get install python3\.11-venv"):
        bootstrap.make_venv(lacking)


def test_an_environment_is_made_in_a_path_with_spaces(
    bootstrap: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    bootstrap.make_venv(bootstrap.Python(sys.executable))
    assert bootstrap.Python(str(bootstrap.venv_python())).is_fit
    assert "virtual environment" in capsys.readouterr().out


def test_packages_are_counted(bootstrap: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    progress = bootstrap.Progress(50)
    for number in range(25):
        progress(f"Collecting package{number}==1.0 (from -r lock (line 1))\n")
    progress("Processing /wheels/altair-6.3.0-py3-none-any.whl (from …)\n")
    assert progress.done == 26
    assert "25/50  package24" in capsys.readouterr().out


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT to send")
def test_ctrl_c_is_a_sentence_and_ends_what_runs_underneath(tmp_path: Path) -> None:
    root = tmp_path / "bank"
    (root / "scripts").mkdir(parents=True)
    for name in ("bootstrap.py", "bootstrap.json"):
        (root / "scripts" / name).write_bytes((ROOT / "scripts" / name).read_bytes())
    (root / "requirements.lock").write_text("a==1 --hash=sha256:0", encoding="utf-8")
    slow = tmp_path / "slow"
    slow.write_text(
        '#!/bin/sh\ncase "$1" in -c) echo 3 12 1 64 1;; *) exec sleep 61;; esac\n', encoding="utf-8"
    )
    slow.chmod(0o755)
    env = {**os.environ, "PYTHON": str(slow), "WORKBENCH_LANG": "en"}
    command = [sys.executable, str(root / "scripts" / "bootstrap.py"), "env", "run"]
    child = subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert child.stdout is not None
    while "virtual environment" not in child.stdout.readline():
        pass
    time.sleep(0.5)
    os.killpg(child.pid, signal.SIGINT)
    _, said = child.communicate(timeout=20)
    assert child.returncode == 130
    assert said.strip().startswith("Stopped.")
    with pytest.raises(ProcessLookupError):
        os.killpg(child.pid, 0)
