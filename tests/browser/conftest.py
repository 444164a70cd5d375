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
STAGES = ("insight", "strategy", "execution", "review")
NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
DESK, SHOWN = "desk", "shown_{}"
"""Pages of a shared server that are written anew: a desk as in JupyterLab, and a stage's."""
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


class Running:
    """The browser that the modules of this folder share; a playwright of its own goes with it."""

    def __init__(self) -> None:
        self.browser, self.until = None, ExitStack()

    def start(self) -> None:
        """Launch it, if it does not run."""
        from playwright.sync_api import sync_playwright

        if self.browser is None:
            program = find_browser()
            if program is None:
                pytest.fail("no Chromium, Chrome or Edge was found; WORKBENCH_BROWSER may name one")
            playwright = self.until.enter_context(sync_playwright())
            self.browser = playwright.chromium.launch(executable_path=str(program), args=browser_flags())
            self.until.callback(self.browser.close)

    def stop(self) -> None:
        """End it; stopping twice does no harm."""
        self.browser = None
        self.until.close()


_RUNNING = Running()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item, nextitem) -> None:
    """End the browser before a test of another folder: its event loop would look like a notebook's."""
    if nextitem is None or nextitem.path.parent != item.path.parent:
        _RUNNING.stop()


@pytest.fixture(scope="module")
def chromium():
    """Return a running browser."""
    _RUNNING.start()
    return _RUNNING.browser


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


class Hall:
    """Servers that the journeys share, one a role: a server of its own would cost each five seconds.

    Every page has a new kernel all the same. Each server shows the walked project by the
    product's own notebooks, and beside them pages that are written anew for a journey.
    """

    def __init__(self, walked: Path, place: Path) -> None:
        self._walked, self._place, self._until = walked, place, ExitStack()
        self._servers: dict[str, Dashboards] = {}

    def server(self, role: str) -> Dashboards:
        """Return the server of a role; it starts when first asked for."""
        if role not in self._servers:
            folder = self._place / role
            shutil.copytree(NOTEBOOKS, folder, ignore=shutil.ignore_patterns("cases"))
            for name in (DESK, *map(SHOWN.format, STAGES)):
                write_notebook(folder / f"{name}.ipynb")
            log = self._place / f"{role}.log"
            server = Dashboards(self._walked, role=role, notebooks=folder, preheat=False, log=log)
            self._until.callback(server.stop)
            server.start()
            self._servers[role] = server
        return self._servers[role]

    def write(self, role: str, name: str, *cells: str) -> Dashboards:
        """Write a page of a role's server, for those who open it from now on."""
        server = self.server(role)
        write_notebook(server.folder / f"{name}.ipynb", *cells)
        return server

    def stop(self) -> None:
        """Stop all servers."""
        self._until.close()


@pytest.fixture(scope="session")
def hall(walked_folder, tmp_path_factory) -> Iterator[Hall]:
    """Return the servers that journeys share."""
    made = Hall(walked_folder, tmp_path_factory.mktemp("hall"))
    yield made
    made.stop()


@pytest.fixture(scope="session")
def board(hall) -> Dashboards:
    """Return the dashboards of the walked project, which everybody reads and nobody changes."""
    return hall.server("viewer")


@pytest.fixture(scope="module")
def stage_folder(walked_folder, tmp_path_factory) -> Callable[[str], Path]:
    """Return a function that copies the walked project, with one stage's notebook beside the copy."""

    def make(stage: str) -> Path:
        folder = tmp_path_factory.mktemp(stage) / "my_bank"
        shutil.copytree(walked_folder, folder)
        number = STAGES.index(stage) + 1
        write_notebook(
            folder.parent / "notebooks" / f"0{number}_{stage}.ipynb",
            f"import workbench as wb\n\nproject = wb.open_project({str(folder)!r})",
            f"wb.ui.{stage}(project)",
        )
        return folder

    return make


class Shown:
    """What `publish_as` has published: addresses, as `Dashboards` gives them."""

    def __init__(self, server: Dashboards) -> None:
        self.server = server

    def address(self, stage: str, **asked: str) -> str:
        """Return the address of a stage's page."""
        return self.server.address(SHOWN.format(stage), **asked)


@pytest.fixture(scope="module")
def show(hall) -> Callable[[dict[str, list]], Shown]:
    """Return a function that shows cells as stages' pages, ``{stage: [cells]}``, until somebody else does.

    For pages that ask nothing of their server; others have a server of their own by `publish`.
    """

    def start(pages: dict[str, list]) -> Shown:
        for stage, cells in pages.items():
            server = hall.write("viewer", SHOWN.format(stage), *cells)
        return Shown(server)

    return start


@pytest.fixture
def publish_as(hall) -> Callable[[Path, str], Shown]:
    """Return a function that publishes a folder of `stage_folder` for a role, until somebody else does."""

    def start(folder: Path, role: str) -> Shown:
        server = hall.server(role)
        for file in (folder.parent / "notebooks").glob("*.ipynb"):
            shutil.copy(file, server.folder / f"{SHOWN.format(file.stem.split('_')[1])}.ipynb")
        return Shown(server)

    return start


def _desks(
    stage: str, walked_folder, tmp_path_factory, lasting_visit, hall
) -> Iterator[Callable[[str, str], tuple[Visit, Path]]]:
    """Yield a function that opens a section of a stage as JupyterLab shows it to an analyst."""
    with ExitStack() as stack:

        def start(section: str, ready: str) -> tuple[Visit, Path]:
            folder = tmp_path_factory.mktemp(section) / "bank"
            shutil.copytree(walked_folder, folder)
            server = hall.write(
                "viewer",
                DESK,
                "import workbench as wb\nfrom workbench.ui import request\n"
                "request.is_published = lambda: False\n"
                f"project = wb.open_project({str(folder)!r}, role='analyst')\n"
                f"screen = wb.ui.{stage}(project)\n"
                f"screen.workbench_screen.state.open_section({section!r})\n"
                "screen",
            )
            opened = lasting_visit()
            opened.open(server.address(DESK))
            opened.page.wait_for_selector(ready, timeout=60_000)
            stack.callback(opened.page.goto, "about:blank")
            return opened, folder

        yield start


@pytest.fixture(scope="module")
def desk(
    walked_folder, tmp_path_factory, lasting_visit, hall
) -> Iterator[Callable[[str, str], tuple[Visit, Path]]]:
    """Return a function that opens a section of insight as JupyterLab shows it to an analyst.

    ``desk(section, ready)`` returns the visit, once the selector `ready` is there, and the
    project's folder, a copy.
    """
    yield from _desks("insight", walked_folder, tmp_path_factory, lasting_visit, hall)


@pytest.fixture(scope="module")
def strategy_desk(
    walked_folder, tmp_path_factory, lasting_visit, hall
) -> Iterator[Callable[[str, str], tuple[Visit, Path]]]:
    """Like `desk`, for the sections of strategy; the section "" is the overview."""
    yield from _desks("strategy", walked_folder, tmp_path_factory, lasting_visit, hall)


@pytest.fixture(scope="module")
def review_desk(
    walked_folder, tmp_path_factory, lasting_visit, hall
) -> Iterator[Callable[[str, str], tuple[Visit, Path]]]:
    """Like `desk`, for the sections of review."""
    yield from _desks("review", walked_folder, tmp_path_factory, lasting_visit, hall)
