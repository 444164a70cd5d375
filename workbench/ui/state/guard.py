"""One guard around every handler: nothing is swallowed, nothing is lost.

A problem that the user can mend becomes a banner in the user's language. Anything else
becomes a banner with a reference number, and the traceback goes to the log under that
number.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import WorkbenchError
from workbench.ui.state.parts import Banner

if TYPE_CHECKING:
    from workbench.ui.state.base import ScreenState

LOG = logging.getLogger("workbench.screens")
UNEXPECTED: list[BaseException] = []
"""Faults that became a banner in this process; the tests fail on any."""


def log_to(folder: Path) -> None:
    """Write the screens' log into a project's folder; to standard error where it can't be written."""
    target = folder / ".work" / "screens.log"
    if any(getattr(h, "baseFilename", None) == str(target.absolute()) for h in LOG.handlers):
        return
    try:
        target.parent.mkdir(exist_ok=True)
        handler: logging.Handler = RotatingFileHandler(
            target, maxBytes=1_000_000, backupCount=3, encoding="utf-8", delay=True
        )
    except OSError:
        handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    LOG.addHandler(handler)


@contextmanager
def guarded(state: ScreenState) -> Iterator[None]:
    """Turn what goes wrong inside into the screen's banner."""
    try:
        yield
    except WorkbenchError as problem:
        state.banner = Banner("error", problem.key, problem.values)
    except Exception as fault:
        reference = secrets.token_hex(3)
        LOG.exception("reference %s", reference)
        UNEXPECTED.append(fault)
        state.banner = Banner("error", "shell.fault", {"reference": reference})
