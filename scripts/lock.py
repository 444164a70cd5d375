"""Resolve both lock files anew from pyproject.toml: ``make lock``.

Needs ``uv`` on the path. The locks hold for Python 3.11 to 3.13 and every system, carry a
hash for every file, and name no index. The run lock is cut from the test lock's versions,
so that both always agree. ``--upgrade`` takes the newest versions; without it, what is
pinned stays where it can. ``environment.yml`` installs the run lock, so it needs no change.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUN, TEST = ROOT / "requirements.lock", ROOT / "requirements-test.lock"


def resolve(uv: str, out: Path, groups: tuple[str, ...], *, constraint: Path | None, upgrade: bool) -> None:
    """Write one lock."""
    command = [uv, "pip", "compile", "pyproject.toml", "--universal", "--python-version", "3.11"]
    command += ["--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url"]
    command += [part for group in groups for part in ("--group", group)]
    command += ["--constraint", str(constraint)] if constraint else []
    command += ["--upgrade"] if upgrade else []
    subprocess.run([*command, "--quiet", "-o", str(out)], cwd=ROOT, check=True)


def main(arguments: list[str]) -> int:
    """Write both locks."""
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv is None:
        print("✕ uv is needed to resolve the locks: pip install uv", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as scratch:
        pins = Path(scratch) / "pins.txt"
        resolve(uv, TEST, ("build", "test", "peers"), constraint=None, upgrade="--upgrade" in arguments)
        lines = TEST.read_text(encoding="utf-8").splitlines()
        pins.write_text(
            "\n".join(line.rstrip(" \\") for line in lines if line[:1].isalnum()), encoding="utf-8"
        )
        resolve(uv, RUN, ("build",), constraint=pins, upgrade=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
