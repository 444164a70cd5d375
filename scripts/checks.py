"""The stages of ``make test``, in order; run by the environment's own interpreter.

Lint, format and import contracts come first, since they fail fast; then pytest runs
everything once: unit tests, notebooks, browser, with the types checked beside its start.
Each stage reports its time.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bootstrap import Stop, apt_install, say
from postgres import find_programs

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
WORKERS = 2
LINTED = ("workbench", "tests", "scripts", "benchmarks")


def find_browser() -> Path | None:
    """Return a browser of the Chromium family, by the product's own search."""
    from workbench.machine import find_browser as find

    return find()


def has_chinese_font() -> bool:
    """Say whether Chinese can be drawn."""
    from workbench.machine.survey import chinese_fonts

    return chinese_fonts() != 0


def set_up_browser() -> str:
    """Make sure that the browser journeys can run; return a sentence where they can't."""
    try:
        if find_browser() is None:
            apt_install(["chromium", "fonts-noto-cjk"])
        elif not has_chinese_font():
            apt_install(["fonts-noto-cjk"])
    except Stop as stop:
        return str(stop)
    return "" if find_browser() else say("error.browser")


def set_up_postgres() -> str:
    """Make sure that the store's tests have a server's programs; return a sentence where they can't."""
    try:
        if find_programs() is None:
            apt_install(["postgresql"])
    except Stop as stop:
        return str(stop)
    return "" if find_programs() else say("error.postgres")


def pytest_command(arguments: list[str]) -> list[str]:
    """Return the one pytest run: the cheap rules first, notebooks and browser last."""
    last = [f"tests/{name}" for name in ("notebooks", "browser") if (ROOT / "tests" / name).is_dir()]
    folders = sorted(
        path for path in (ROOT / "tests").iterdir() if path.is_dir() and path.name[0] not in "._"
    )
    first = [f"tests/{path.name}" for path in folders if f"tests/{path.name}" not in last]
    first = [name for name in first if not name.endswith("__pycache__")]
    command = [sys.executable, "-m", "pytest", "-q", "--durations=15"]
    workers = min(os.cpu_count() or 1, WORKERS)
    if not arguments and workers > 1:
        # The browser's tests stay on one worker, and are the longest: they begin first. By the
        # time the notebooks' turn comes, those have made the sample bank that both use.
        half = len(first) // 2
        return [
            *command,
            "-n",
            str(workers),
            "--dist",
            "loadscope",
            "--no-loadscope-reorder",
            *last[1:],
            *first[:half],
            *last[:1],
            *first[half:],
            "workbench",
        ]
    return [*command, *(arguments or [*first, "workbench", *last])]


def stages() -> list[tuple[str, list[str]]]:
    """Return the name and the command of each stage before pytest."""
    linted = [name for name in LINTED if (ROOT / name).is_dir()]
    tool = {name: str(BIN / name) for name in ("ruff", "lint-imports")}
    return [
        ("lint", [tool["ruff"], "check", *linted]),
        ("format", [tool["ruff"], "format", "--check", "--quiet", *linted]),
        ("types", [sys.executable, "-m", "mypy"]),
        ("imports", [tool["lint-imports"], "--no-logo"]),
    ]


def run_stage(name: str, command: list[str]) -> bool:
    """Run one stage, report it, and say whether it passed."""
    started = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    passed = done.returncode == 0
    print(f"{'✓' if passed else '✕'} {name}  {time.monotonic() - started:.0f} s", flush=True)
    if not passed:
        print((done.stdout + done.stderr).strip(), flush=True)
    return passed


def main(arguments: list[str]) -> int:
    """Run every stage; a failed one does not hide the next."""
    os.environ.setdefault("PYTHONUTF8", "1")
    # The tests' figures must not hang on how many threads a library chose.
    os.environ.setdefault("OMP_NUM_THREADS", "1" if (os.cpu_count() or 1) <= WORKERS else "2")
    started = time.monotonic()
    problem = set_up_browser()
    found = find_browser()
    if found:
        os.environ["WORKBENCH_BROWSER"] = str(found)
        print(f"✓ browser  {found}  {time.monotonic() - started:.0f} s", flush=True)
    else:
        print(f"✕ browser  {problem}", flush=True)
    unserved = set_up_postgres()
    print(f"✕ postgres  {unserved}" if unserved else f"✓ postgres  {find_programs()}", flush=True)
    if "--screenshots" in arguments:
        os.environ["WORKBENCH_SCREENSHOTS"] = str(ROOT / "docs" / "screenshots")
        return subprocess.call(
            pytest_command(["tests/browser", "-m", "browser", "-k", "screenshot"]), cwd=ROOT
        )
    if arguments:
        return subprocess.call(pytest_command(arguments), cwd=ROOT) or int(not found or bool(unserved))
    with ThreadPoolExecutor(1) as beside:
        # Types take a minute on one core; the tests begin meanwhile on the other.
        slow = [(name, command) for name, command in stages() if name == "types"]
        later = [beside.submit(run_stage, *stage) for stage in slow]
        passed = [run_stage(*stage) for stage in stages() if stage not in slow]
        code = subprocess.call(pytest_command(arguments), cwd=ROOT)
        passed += [each.result() for each in later]
    if all(passed) and found and not unserved:
        return code
    return code or 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
