"""`workbench run`: the four notebooks executed for a cycle, and kept with their results."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import re
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from workbench import __version__, locale
from workbench.cli.launch import find_notebooks
from workbench.cli.page import notebook_page
from workbench.errors import NotFound, ParameterProblem, WorkbenchError

STAGES = ("01_insight", "02_strategy", "03_execution", "04_review")
_PREPARED = "from workbench.cli.page import keep_charts\n\nkeep_charts()"
_OPENING = re.compile(r"\bopen_project\(([^()]*)\)")


def archive_run(
    folder: Path,
    *,
    cycle: str | None = None,
    out: Path | None = None,
    lang: str = "en",
    tell: Callable[[str], Any] = lambda _: None,
) -> Path:
    """Execute the four notebooks and archive them; the project remembers the run.

    A frozen or closed cycle is run on a copy of the project, which is thrown away.

    Parameters
    ----------
    folder : pathlib.Path
        The project's folder.
    cycle : str, default=None
        The cycle; the latest unless given.
    out : pathlib.Path, default=None
        Folder for the archive; ``exports/runs/<time>`` in the project unless given.
    lang : {"en", "zh_CN"}, default="en"
        Language of the screens and of what is told.
    tell : callable, default does nothing
        Told a sentence when a notebook begins and ends.

    Returns
    -------
    pathlib.Path
        The archive: each notebook with its results and as a page that needs no other
        file, and ``run.json``, which says what was run on what.

    Raises
    ------
    NotFound
        If there is no project, no such cycle, or no notebooks.
    ParameterProblem
        If the cycle is frozen or closed, and the project's state is in a database elsewhere,
        so that it can't be copied.
    WorkbenchError
        If a cell fails. The notebook is kept as far as it came.
    """
    if not (folder / "project.toml").is_file():
        raise NotFound("cli.error.no_project", folder=folder)
    import workbench as wb

    project = wb.open_project(folder, role="analyst", cycle=cycle)
    notebooks = find_notebooks()
    missing = [f"{stage}.ipynb" for stage in STAGES if not (notebooks / f"{stage}.ipynb").is_file()]
    if missing:
        raise NotFound("cli.error.missing_notebooks", names=", ".join(missing), folder=notebooks)
    begun = dt.datetime.now(dt.UTC)
    place = (out or folder / "exports" / "runs" / begun.strftime("%Y%m%dT%H%M%SZ")).expanduser().resolve()
    place.mkdir(parents=True, exist_ok=True)
    home = folder.resolve()
    on_copy = project.cycle.state in ("frozen", "closed")
    record: dict[str, Any] = {
        "project": project.name,
        "cycle": project.cycle.cycle_id,
        "on_copy": on_copy,
        "code_version": __version__,
        "begun_at": begun.isoformat(timespec="seconds"),
        "notebooks": [],
    }
    runs = project.store.runs
    shown = place.relative_to(home).as_posix() if place.is_relative_to(home) else str(place)
    number = runs.begin(project.cycle.cycle_id, shown, on_copy=on_copy) if project.cycle.cycle_id else None
    trouble = ""
    try:
        with _worked_on(project, on_copy, tell, lang) as worked, _environment(worked, lang):
            _run_stages(notebooks, place, record, tell, lang)
    except BaseException as error:
        trouble = error.message(lang) if isinstance(error, WorkbenchError) else type(error).__name__
        raise
    finally:
        text = json.dumps(record | {"trouble": trouble}, ensure_ascii=False, indent=1)
        (place / "run.json").write_text(text + "\n", encoding="utf-8")
        if number is not None:
            runs.end(number, record["notebooks"], trouble)
    return place


def _run_stages(
    notebooks: Path, place: Path, record: dict[str, Any], tell: Callable[[str], Any], lang: str
) -> None:
    """Execute one notebook after the other; a page is written while the next one runs."""
    with ThreadPoolExecutor(1, "workbench-page") as pages:
        written = []
        for stage in STAGES:
            source = notebooks / f"{stage}.ipynb"
            tell(locale.text("cli.run.begin", lang, name=stage))
            started = time.monotonic()
            result = _execute(source, place / source.name, record["cycle"])
            seconds = round(time.monotonic() - started, 1)
            written.append(pages.submit(_write_page, result, stage, lang))
            digest = hashlib.sha256(source.read_bytes()).hexdigest()
            record["notebooks"].append({"name": source.name, "sha256": digest, "seconds": seconds})
            tell(locale.text("cli.run.end", lang, name=stage, seconds=round(seconds)))
        for page in written:
            page.result()


def _write_page(notebook: Path, stage: str, lang: str) -> None:
    page = notebook_page(notebook, title=stage, lang=lang)
    notebook.with_suffix(".html").write_text(page, encoding="utf-8")


@contextmanager
def _worked_on(project: Any, on_copy: bool, tell: Callable[[str], Any], lang: str) -> Iterator[Path]:
    """Give the folder that the notebooks write to: the project's, or a copy that is thrown away.

    A frozen or closed cycle takes no writes; in the copy it is opened again, so that its
    notebooks run as they did, and nothing of the project changes.
    """
    if not on_copy:
        yield project.folder
        return
    if project.settings.database:
        raise ParameterProblem("review_cycles.error.no_copy", cycle=project.cycle.cycle_id)
    import workbench as wb

    tell(locale.text("review_cycles.run.copy", lang, cycle=project.cycle.cycle_id))
    with TemporaryDirectory(prefix="workbench-run-") as scratch:
        copy = wb.open_copy(project, Path(scratch) / project.folder.name, raw_files=True)
        copy.reopen_cycle(locale.text("review_cycles.run.copy_reason", lang))
        yield copy.folder


def prepare(notebook: dict[str, Any], cycle: str) -> dict[str, Any]:
    """Return a notebook that works on one cycle and keeps its charts.

    Parameters
    ----------
    notebook : dict
        The notebook as read from its file; it is changed in place.
    cycle : str
        The cycle.

    Returns
    -------
    dict
        The same object. The cycle is written where the project is opened, so that the
        archived notebook says by itself what it ran on.

    Examples
    --------
    >>> cell = {"cell_type": "code", "source": "project = wb.open_project()"}
    >>> prepare({"cells": [cell]}, "2026 Q2")["cells"][1]["source"]
    'project = wb.open_project(cycle="2026 Q2")'
    """

    def with_cycle(found: re.Match[str]) -> str:
        given = found.group(1).strip()
        if "cycle" in given:
            return found.group(0)
        parts = [part for part in (given, f"cycle={json.dumps(cycle, ensure_ascii=False)}") if part]
        return f"open_project({', '.join(parts)})"

    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["source"] = _OPENING.sub(with_cycle, "".join(cell["source"]))
    first: dict[str, Any] = {
        "cell_type": "code",
        "id": "archive",
        "metadata": {"tags": ["archive"]},
        "source": _PREPARED,
        "outputs": [],
        "execution_count": None,
    }
    notebook["cells"].insert(0, first)
    return notebook


def _execute(source: Path, target: Path, cycle: str) -> Path:
    import papermill
    from jupyter_core.paths import jupyter_runtime_dir
    from papermill.exceptions import PapermillExecutionError
    from traitlets.config import Config

    from workbench.publish.config import transport

    prepared = prepare(json.loads(source.read_text(encoding="utf-8")), cycle)
    target.write_text(json.dumps(prepared, ensure_ascii=False, indent=1), encoding="utf-8")
    sockets = jupyter_runtime_dir()
    config = Config()
    config.KernelManager.transport = transport(sockets)
    # Sockets are named after this file; without one, two runs at once would share them.
    config.KernelManager.connection_file = str(Path(sockets) / f"kernel-{uuid.uuid4()}.json")
    try:
        papermill.execute_notebook(
            str(target),
            str(target),
            cwd=str(source.parent),
            progress_bar=False,
            kernel_name="python3",
            store_widget_state=False,
            config=config,
        )
    except PapermillExecutionError as error:
        raise WorkbenchError(
            "cli.error.cell_failed",
            notebook=source.name,
            # The prepared cell and papermill's own marker stand before it.
            cell=error.cell_index,
            reason=f"{error.ename}: {error.evalue}",
            file=target,
        ) from error
    return target


@contextmanager
def _environment(folder: Path, lang: str) -> Iterator[None]:
    """Let the notebooks' kernels find the project."""
    ours = {
        "WORKBENCH_PROJECT": str(folder),
        "WORKBENCH_ROLE": "analyst",
        "WORKBENCH_LANG": lang,
        "JUPYTER_PREFER_ENV_PATH": "1",
        "JUPYTER_PLATFORM_DIRS": "1",
    }
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
