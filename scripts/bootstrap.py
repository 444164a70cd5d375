"""Bring a bare machine to a working environment: the first step of every make target.

Standard library only, and readable by any Python from 3.8 on, so that a machine without
a fit Python is told so in a sentence. What may go wrong ends in one sentence that says
what to do; the texts are in ``bootstrap.json``.

Usage: ``python3 scripts/bootstrap.py run|test|env [arguments of the next step]``
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIT = ((3, 11), (3, 12), (3, 13))
NEED_GB = 3.0
LOCKS = {"run": "requirements.lock", "test": "requirements-test.lock"}
_PROBE = (
    "import sys, struct, importlib.util as u, ssl, sqlite3, venv; "
    "print(*sys.version_info[:3], struct.calcsize('P') * 8, int(u.find_spec('ensurepip') is not None))"
)
_MARKERS = (
    "import sys; from pip._vendor.packaging.requirements import Requirement as R; "
    "rs = [R(l.strip().rstrip('\\\\')) for l in open(sys.argv[1], encoding='utf-8') if l[:1].isalnum()]; "
    "print(sum(r.marker is None or r.marker.evaluate() for r in rs))"
)


def language(environ: dict[str, str] | os._Environ[str]) -> str:
    """Return ``"zh"`` where the machine speaks Chinese, else ``"en"``."""
    for name in ("WORKBENCH_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if environ.get(name):
            return "zh" if environ[name].lower().startswith("zh") else "en"
    return "en"


TEXTS = json.loads((Path(__file__).resolve().parent / "bootstrap.json").read_text(encoding="utf-8"))


def say(key: str, **values: object) -> str:
    """Return a text in the machine's language."""
    return TEXTS[language(os.environ)][key].format(**values)


class Stop(Exception):
    """What ends the set-up, as a sentence."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(say(key, **values))
        self.key = key


class Python:
    """One interpreter that was found: where, which version, and whether it is fit."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.version: tuple[int, ...] = ()
        self.has_ensurepip = False
        bits = 0
        with contextlib.suppress(OSError, ValueError, subprocess.SubprocessError):
            done = subprocess.run(
                [path, "-c", _PROBE], capture_output=True, text=True, timeout=60, check=True, env=clean_env()
            )
            numbers = [int(word) for word in done.stdout.split()]
            self.version, bits, self.has_ensurepip = tuple(numbers[:3]), numbers[3], bool(numbers[4])
        self.is_fit = self.version[:2] in FIT and bits == 64

    @property
    def name(self) -> str:
        """The version as text."""
        return ".".join(map(str, self.version))


def clean_env() -> dict[str, str]:
    """Return the environment without what would bend a new interpreter."""
    bent = {"PYTHONHOME", "PYTHONPATH", "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "VIRTUAL_ENV"}
    return {k: v for k, v in os.environ.items() if k not in bent and not k.startswith("__PYVENV")}


def find_python(wanted: str | None = None) -> Python:
    """Return the first fit interpreter; those that can make an environment at once come first."""
    if wanted:
        names = [wanted]
    else:
        names = ["python3.13", "python3.12", "python3.11", sys.executable, "python3", "python"]
    seen: list[Python] = []
    for name in names:
        path = shutil.which(name)
        if path and path not in [python.path for python in seen]:
            seen.append(Python(path))
    fit = sorted((python for python in seen if python.is_fit), key=lambda python: not python.has_ensurepip)
    if not fit:
        found = ", ".join(f"{p.path} ({p.name})" for p in seen if p.version) or "-"
        raise Stop("error.python", found=found)
    return fit[0]


def log_path() -> Path:
    """Return the file that keeps the output of what runs underneath."""
    folder = ROOT / ".work" / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "setup.log"


def run_logged(command: list[str], on_line: object = None) -> tuple[int, str]:
    """Run a command; its output goes to the log, line by line through `on_line`."""
    lines: list[str] = []
    with log_path().open("a", encoding="utf-8") as log:
        log.write("\n$ {}\n".format(" ".join(command)))
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=clean_env(),
            cwd=str(ROOT),
        )
        assert child.stdout is not None
        try:
            for line in child.stdout:
                lines.append(line)
                log.write(line)
                if callable(on_line):
                    on_line(line)
            code = child.wait()
        except BaseException:
            child.terminate()
            child.wait()
            raise
        finally:
            child.stdout.close()
    return code, "".join(lines)


def venv_python() -> Path:
    """Return the environment's interpreter, whether or not it is there."""
    return ROOT / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def apt_install(packages: list[str]) -> bool:
    """Install Debian packages; say whether this machine and this user could try."""
    if os.name == "nt" or os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    print(say("step.apt", packages=" ".join(packages)), flush=True)
    os.environ.setdefault("DEBIAN_FRONTEND", "noninteractive")
    run_logged(["apt-get", "update", "-q"])
    code, _ = run_logged(["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages])
    if code:
        raise Stop("error.apt", packages=" ".join(packages), log=log_path())
    return True


def check_room() -> None:
    """Stop where the folder can't be written or the disk is too full."""
    try:
        (ROOT / ".work").mkdir(exist_ok=True)
        trial = ROOT / ".work" / "write-test"
        trial.write_text("x", encoding="utf-8")
        trial.unlink()
    except OSError:
        raise Stop("error.writable", path=ROOT) from None
    free = shutil.disk_usage(str(ROOT)).free / 1e9
    if free < NEED_GB:
        raise Stop("error.disk", path=ROOT, free=f"{free:.1f}", need=f"{NEED_GB:.0f}")


def make_venv(python: Python) -> None:
    """Make the environment anew with an interpreter."""
    if not python.has_ensurepip:
        package = "python{}.{}-venv".format(*python.version)
        if not apt_install([package]):
            raise Stop("error.venv", package=package)
    print(say("step.venv"), flush=True)
    code, _ = run_logged([python.path, "-m", "venv", "--clear", str(ROOT / ".venv")])
    if code or not Python(str(venv_python())).is_fit:
        raise Stop("error.venv_failed", path=ROOT / ".venv", log=log_path())


def explain(output: str, version: str) -> Stop:
    """Return the sentence for what the installer printed."""
    log = log_path()
    if re.search(r"No space left on device|Errno 28|not enough space", output):
        free = f"{shutil.disk_usage(str(ROOT)).free / 1e9:.1f}"
        return Stop("error.disk", path=ROOT, free=free, need=f"{NEED_GB:.0f}")
    if "DO NOT MATCH THE HASHES" in output:
        named = re.search(r"HASHES.*?\n\s*([A-Za-z0-9._-]+==\S+|\S+)(?= from|\s)", output, re.S)
        return Stop("error.hash", name=named.group(1) if named else "?", log=log)
    if re.search(r"CERTIFICATE_VERIFY_FAILED|SSLCertVerificationError|certificate verify failed", output):
        return Stop("error.certificate", log=log)
    missing = re.search(r"No matching distribution found for ([^\s;]+)", output)
    unreached = (
        r"NewConnectionError|NameResolutionError|name resolution|Network is unreachable|ProxyError"
        r"|Read timed out|ConnectTimeout|ReadTimeoutError|Connection (?:refused|reset)|ConnectionError"
        r"|RemoteDisconnected"
    )
    if re.search(unreached, output):
        return Stop("error.network", log=log)
    building = re.search(r"Failed (?:building wheel for|to build)(?: installable wheels for)? (\S+)", output)
    if missing or building:
        named = missing or building
        assert named is not None
        has_compiler = any(shutil.which(name) for name in (os.environ.get("CC") or "cc", "gcc", "clang"))
        return Stop(
            "error.wheel" if has_compiler and not building else "error.compiler",
            name=named.group(1),
            machine=f"{platform.system()} {platform.machine()}",
            version=version,
        )
    if re.search(r"Permission denied|Errno 13", output):
        return Stop("error.writable", path=ROOT)
    errors = re.findall(r"^ERROR: (.+)$", output, re.M)
    return Stop("error.install", reason=errors[-1] if errors else "?", log=log)


class Progress:
    """Turns the installer's lines into a count on one line."""

    def __init__(self, n: int) -> None:
        self.n, self.done = n, 0
        self.is_terminal = sys.stdout.isatty()

    def __call__(self, line: str) -> None:
        """Take one line of output."""
        found = re.match(
            r"(?:Collecting|Requirement already satisfied:) ([\w.-]+)|Processing .*[\\/]([\w.]+)-", line
        )
        if found:
            self.done += 1
            name = found.group(1) or found.group(2)
            shown = say("step.package", done=min(self.done, self.n), n=self.n, name=name)
            if self.is_terminal:
                print("\r" + shown.ljust(60), end="", flush=True)
            elif self.done % 25 == 0:
                print(shown, flush=True)
        elif line.startswith("Installing collected packages"):
            print(("\r" if self.is_terminal else "") + say("step.unpack").ljust(60), flush=True)


def install(kind: str, version: str) -> None:
    """Install the pinned packages and the workbench into the environment."""
    lock, python = ROOT / LOCKS[kind], str(venv_python())
    counted = subprocess.run(
        [python, "-c", _MARKERS, str(lock)], capture_output=True, text=True, check=False, env=clean_env()
    )
    n = int(counted.stdout) if counted.returncode == 0 and counted.stdout.strip().isdigit() else 0
    if not n:
        raise Stop("error.lock", lock=lock.name)
    quiet = ["--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
    pip = [python, "-m", "pip", "install", *quiet]
    print(say("step.install", n=n, lock=lock.name), flush=True)
    binary = [] if os.environ.get("BUILD") else ["--only-binary", ":all:"]
    hashed = ["--require-hashes", "--no-compile", *binary, "-r", str(lock)]
    code, output = run_logged(pip + hashed, Progress(n))
    if code:
        raise explain(output, version)
    print(say("step.compile"), flush=True)
    library = [p for p in sorted((ROOT / ".venv").glob("**/site-packages")) if p.is_dir()][:1]
    compiled = [str(p) for p in [*library, ROOT / "workbench"]]
    # Packages bring their own tests, which nobody starts, and a few files for other Pythons
    # that don't compile; that is no fault.
    every = ["-q", "-j", "0", "-x", r"site-packages.*[\\/]tests?[\\/]"]
    run_logged([python, "-W", "ignore", "-m", "compileall", *every, *compiled])
    print(say("step.self"), flush=True)
    code, output = run_logged([*pip, "--no-deps", "--no-build-isolation", "-e", str(ROOT)])
    if code:
        raise explain(output, version)


def fingerprint(kind: str) -> dict[str, str]:
    """Return what the environment must have been made from."""
    digest = hashlib.sha256()
    for name in (LOCKS[kind], "pyproject.toml"):
        with contextlib.suppress(OSError):
            digest.update((ROOT / name).read_bytes())
    return {"kind": kind, "sha256": digest.hexdigest(), "root": str(ROOT)}


def is_current(kind: str) -> bool:
    """Say whether the environment was made from today's lock, in this folder."""
    try:
        stamp = json.loads((ROOT / ".venv" / "workbench.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    # What the tests need holds all that a run needs.
    enough = {"run": ("run", "test"), "test": ("test",)}[kind]
    return any(stamp == fingerprint(one) for one in enough) and Python(str(venv_python())).is_fit


def _check_marker(marker: Path) -> bool:
    """Say whether an earlier set-up broke off; stop if it still runs."""
    try:
        pid = int(marker.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return marker.exists()
    if os.name != "nt" and pid != os.getpid():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, 0)
            raise Stop("error.busy", pid=pid)
    return True


def prepare(kind: str) -> Path:
    """Make or complete the environment; return its interpreter."""
    if is_current(kind):
        return venv_python()
    started = time.monotonic()
    if not (ROOT / LOCKS[kind]).is_file():
        raise Stop("error.lock", lock=LOCKS[kind])
    check_room()
    marker = ROOT / ".work" / "installing"
    broke_off = _check_marker(marker)
    if broke_off:
        print(say("step.afresh"), flush=True)
    marker.write_text(str(os.getpid()), encoding="utf-8")
    present = Python(str(venv_python()))
    wanted = os.environ.get("PYTHON") or None
    if broke_off or not present.is_fit or not present.has_ensurepip:
        python = find_python(wanted)
        print(say("step.python", version=python.name, path=python.path), flush=True)
        make_venv(python)
        present = Python(str(venv_python()))
    install(kind, present.name)
    stamp = json.dumps(fingerprint(kind), indent=1)
    (ROOT / ".venv" / "workbench.json").write_text(stamp, encoding="utf-8")
    marker.unlink()
    print(say("step.done", seconds=round(time.monotonic() - started)), flush=True)
    return venv_python()


def main(arguments: list[str]) -> int:
    """Prepare the environment and go on to what was asked for."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    target, rest = (arguments[0] if arguments else "run"), arguments[1:]
    try:
        python = str(prepare("run" if target == "run" or rest[:1] == ["run"] else "test"))
    except Stop as stop:
        print(f"\n✕ {stop}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\n" + say("stopped"), file=sys.stderr)
        return 130
    following = {"run": ["-m", "workbench.cli", "up"], "test": [str(ROOT / "scripts" / "checks.py")]}
    if target not in following:
        return 0
    command = [python, *following[target], *rest]
    if os.name == "nt":
        return subprocess.call(command)
    # The next step takes this process's place, so that Ctrl-C reaches it and nothing stands between.
    os.execv(python, command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
