"""`workbench sample`: a bank's raw files, a project, and the loop walked on it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbench.errors import ParameterProblem

_UNFINISHED = ".making-the-sample"
# Share of the whole that is done when the raw files are written, as measured.
_MADE = 0.1


def _silent(*_: Any) -> None:
    """Tell nobody."""


def is_unfinished(folder: Path) -> bool:
    """Say whether a sample was begun here and broke off."""
    return (folder / _UNFINISHED).is_file()


def make_sample(
    folder: Path,
    *,
    customers: int,
    months: int,
    seed: int,
    progress: Callable[..., Any] | None = None,
) -> float:
    """Make the sample project.

    What was begun and broke off is removed and made anew; anything else that is in the
    folder is left alone.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of the new project. Its raw files go to its ``inbox``.
    customers : int
        How many customers.
    months : int
        How many months of history.
    seed : int
        Random seed.
    progress : callable, default=None
        Told how far it is.

    Returns
    -------
    float
        Seconds taken.

    Raises
    ------
    ParameterProblem
        If the folder already holds something else.
    """
    import workbench as wb

    started = time.monotonic()
    if is_unfinished(folder):
        shutil.rmtree(folder)
    if folder.is_dir() and any(entry.name != ".work" for entry in folder.iterdir()):
        raise ParameterProblem("cli.error.sample_exists", folder=folder)
    folder.mkdir(parents=True, exist_ok=True)
    marker = folder / _UNFINISHED
    marker.touch()
    project = wb.create_project(folder, name=folder.name)
    bank = folder / "inbox"
    tell = progress or _silent
    wb.create_sample_bank(
        bank,
        customers=customers,
        months=months,
        random_state=seed,
        progress=lambda share: tell(_MADE * share, "cli.sample.files"),
    )
    project.walk(bank_folder=bank, progress=lambda share, phase: tell(_MADE + (1 - _MADE) * share, phase))
    marker.unlink()
    return time.monotonic() - started
