"""A real browser for the few things that only a browser shows."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest

from workbench.machine.browser import find_browser
from workbench.publish import Dashboards

FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--force-color-profile=srgb",
)
HERE = ("127.0.0.1", "localhost", "[::1]", "::1")


def browser_flags() -> list[str]:
    """Return the flags of a browser that keeps to itself."""
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return [*FLAGS, *(["--no-sandbox"] if as_root else [])]


class Visit:
    """One page, with everything it tried and everything that went wrong.

    Attributes
    ----------
    page : playwright Page
    attempts : list of str
        Addresses outside this machine that the page asked for; each was refused.
    faults : list of str
        Errors of scripts and of the console.
    """

    def __init__(self, context) -> None:
        self.context, self.attempts, self.faults, self.sockets = context, [], [], []
        context.route("**/*", self._pass)
        self.page = context.new_page()
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._listen)
        self.page.on("websocket", self._socket)

    def _pass(self, route) -> None:
        address = urlsplit(route.request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname not in HERE:
            self.attempts.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    def _listen(self, message) -> None:
        if message.type == "error":
            self.faults.append(message.text)

    def _socket(self, socket) -> None:
        self.sockets.append(socket)
        if urlsplit(socket.url).hostname not in HERE:
            self.attempts.append(socket.url)

    def open(self, address: str, *, charts: int = 0, timeout: float = 60_000):
        """Go to an address, and wait until so many charts are drawn."""
        self.page.goto(address)
        if charts:
            self.page.wait_for_function(
                "n => document.querySelectorAll('.workbench-chart[data-marks]').length >= n",
                arg=charts,
                timeout=timeout,
            )
        return self.page

    def marks(self) -> list[int]:
        """Return how many marks each chart of the page has drawn."""
        return self.page.evaluate(
            "[...document.querySelectorAll('.workbench-chart')].map(each => Number(each.dataset.marks ?? -1))"
        )

    def close(self) -> None:
        """Leave the page first: a kernel of a page that is only closed stays."""
        if not self.page.is_closed():
            self.page.goto("about:blank")
        self.context.close()


@pytest.fixture(scope="module")
def chromium():
    """Return a running browser.

    It ends with the module: its event loop would look to other tests of the same worker
    like a notebook's.
    """
    from playwright.sync_api import sync_playwright

    program = find_browser()
    if program is None:
        pytest.fail("no Chromium, Chrome or Edge was found; WORKBENCH_BROWSER may name one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(program), args=browser_flags())
        yield browser
        browser.close()


def _visits(chromium) -> Iterator[Callable[..., Visit]]:
    with ExitStack() as stack:

        def make(width: int = 1440, height: int = 1000, **context) -> Visit:
            made = Visit(chromium.new_context(viewport={"width": width, "height": height}, **context))
            stack.callback(made.close)
            return made

        yield make


@pytest.fixture
def visit(chromium) -> Iterator[Callable[..., Visit]]:
    """Return a function that makes a page; all are left in order at the end.

    ``visit(width=1440, height=1000, **context)``: the rest goes to the browser's
    context, for example ``locale="zh-CN"``.
    """
    yield from _visits(chromium)


@pytest.fixture(scope="module")
def lasting_visit(chromium) -> Iterator[Callable[..., Visit]]:
    """Like `visit`, for a page that several tests of a module share."""
    yield from _visits(chromium)


def write_notebook(file: Path, *cells: str | tuple[str, str]) -> Path:
    """Write a notebook; a cell that is a pair has a tag: ``(tag, source)``."""
    made = []
    for cell in cells:
        tag, source = cell if isinstance(cell, tuple) else ("", cell)
        made.append(nbformat.v4.new_code_cell(source, metadata={"tags": [tag]} if tag else {}))
    notebook = nbformat.v4.new_notebook(cells=made)
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    file.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, file)
    return file


@pytest.fixture(scope="module")
def publish(tmp_path_factory) -> Iterator[Callable[..., Dashboards]]:
    """Return a function that publishes notebooks given as ``{name: [cells]}``."""
    with ExitStack() as stack:

        def start(notebooks: dict[str, list], **options) -> Dashboards:
            folder = tmp_path_factory.mktemp("published")
            for name, cells in notebooks.items():
                write_notebook(folder / "notebooks" / f"{name}.ipynb", *cells)
            options = {"preheat": False, "log": folder / "dashboards.log", **options}
            dashboards = Dashboards(folder / "my_bank", notebooks=folder / "notebooks", **options)
            stack.callback(dashboards.stop)
            dashboards.start()
            return dashboards

        yield start


@pytest.fixture(scope="module")
def stage_folder(walked_folder, tmp_path_factory) -> Callable[[str], Path]:
    """Return a function that copies the walked project, with one stage's notebook beside the copy."""

    def make(stage: str) -> Path:
        folder = tmp_path_factory.mktemp(stage) / "my_bank"
        shutil.copytree(walked_folder, folder)
        number = ("insight", "strategy", "execution", "review").index(stage) + 1
        write_notebook(
            folder.parent / "notebooks" / f"0{number}_{stage}.ipynb",
            "import workbench as wb\n\nproject = wb.open_project()",
            f"wb.ui.{stage}(project)",
        )
        return folder

    return make


@pytest.fixture
def publish_as() -> Iterator[Callable[[Path, str], Dashboards]]:
    """Return a function that publishes a folder of `stage_folder` for a role."""
    with ExitStack() as stack:

        def start(folder: Path, role: str) -> Dashboards:
            beside = folder.parent
            log = beside / f"{role}.log"
            server = Dashboards(folder, role=role, notebooks=beside / "notebooks", preheat=False, log=log)
            stack.callback(server.stop)
            server.start()
            return server

        yield start


def _desks(
    stage: str, walked_folder, tmp_path_factory, lasting_visit
) -> Iterator[Callable[[str, str], tuple[Visit, Path]]]:
    """Yield a function that opens a section of a stage as JupyterLab shows it to an analyst."""
    number = ("insight", "strategy", "execution", "review").index(stage) + 1
    with ExitStack() as stack:

        def start(section: str, ready: str) -> tuple[Visit, Path]:
            folder = tmp_path_factory.mktemp(section) / "bank"
            shutil.copytree(walked_folder, folder)
            write_notebook(
                folder.parent / "notebooks" / f"0{number}_{stage}.ipynb",
                "import workbench as wb\nfrom workbench.ui import request\n"
                "request.is_published = lambda: False\n"
                f"project = wb.open_project({str(folder)!r}, role='analyst')\n"
                f"screen = wb.ui.{stage}(project)\n"
                f"screen.workbench_screen.state.open_section({section!r})\n"
                "screen",
            )
            options = {"notebooks": folder.parent / "notebooks", "log": folder.parent / "log"}
            running = stack.enter_context(Dashboards(folder, preheat=False, **options))
            opened = lasting_visit()
            opened.open(running.address(stage))
            opened.page.wait_for_selector(ready, timeout=60_000)
            stack.callback(opened.page.goto, "about:blank")
            return opened, folder

        yield start


@pytest.fixture(scope="module")
def desk(
    walked_folder, tmp_path_factory, lasting_visit
) -> Iterator[Callable[[str, str], tuple[Visit, Path]]]:
    """Return a function that opens a section of insight as JupyterLab shows it to an analyst.

    ``desk(section, ready)`` returns the visit, once the selector `ready` is there, and the
    project's folder, a copy.
    """
    yield from _desks("insight", walked_folder, tmp_path_factory, lasting_visit)


@pytest.fixture(scope="module")
def strategy_desk(
    walked_folder, tmp_path_factory, lasting_visit
) -> Iterator[Callable[[str, str], tuple[Visit, Path]]]:
    """Like `desk`, for the sections of strategy; the section "" is the overview."""
    yield from _desks("strategy", walked_folder, tmp_path_factory, lasting_visit)


@pytest.fixture(scope="module")
def review_desk(
    walked_folder, tmp_path_factory, lasting_visit
) -> Iterator[Callable[[str, str], tuple[Visit, Path]]]:
    """Like `desk`, for the sections of review."""
    yield from _desks("review", walked_folder, tmp_path_factory, lasting_visit)
