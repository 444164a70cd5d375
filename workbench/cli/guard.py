"""Every command runs under one guard: a problem is a sentence, never a traceback."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path

import typer

from workbench.cli.words import machine_language, say
from workbench.errors import WorkbenchError

EXIT_PROBLEM = 2
EXIT_FAULT = 3
EXIT_INTERRUPTED = 130


def log_folder(project: Path | None) -> Path:
    """Return where logs go: under the project, or under this folder where there is none."""
    home = project if project is not None and project.is_dir() else Path.cwd()
    return home / ".work" / "logs"


def write_fault(reference: str, fault: BaseException, project: Path | None) -> Path:
    """Append a fault's traceback to the log and return the log's path."""
    folder = log_folder(project)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "workbench.log"
    handler = RotatingFileHandler(path, maxBytes=1_000_000, backupCount=3, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    record = logging.LogRecord(
        "workbench", logging.ERROR, __file__, 0, reference, None, (type(fault), fault, fault.__traceback__)
    )
    handler.emit(record)
    handler.close()
    return path


@contextmanager
def guarded(project: Path | None = None) -> Iterator[None]:
    """Turn whatever is raised inside into a sentence and an exit code.

    Parameters
    ----------
    project : pathlib.Path, default=None
        The project's folder, where its logs are kept.

    Raises
    ------
    typer.Exit
        With code 2 for a problem the user can mend, 3 for a fault of ours, 130 for Ctrl-C.
    """
    try:
        yield
    except WorkbenchError as problem:
        typer.echo(f"✕ {problem.message(machine_language())}", err=True)
        raise typer.Exit(EXIT_PROBLEM) from None
    except KeyboardInterrupt:
        typer.echo(say("cli.message.interrupted"), err=True)
        raise typer.Exit(EXIT_INTERRUPTED) from None
    except typer.Exit:
        raise
    except Exception as fault:
        reference = secrets.token_hex(4)
        try:
            path = write_fault(reference, fault, project)
        except OSError:
            # A disk that is full or read-only must not hide the fault itself.
            typer.echo(f"✕ {say('cli.error.unlogged', reference=reference, fault=repr(fault))}", err=True)
        else:
            typer.echo(f"✕ {say('cli.error.unexpected', reference=reference, log=path)}", err=True)
        raise typer.Exit(EXIT_FAULT) from fault
