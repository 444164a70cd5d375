"""`workbench up`: JupyterLab and the dashboards, side by side, until Ctrl-C."""

from __future__ import annotations

import os
import secrets
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from workbench import locale
from workbench.cli.guard import log_folder
from workbench.cli.servers import (
    Server,
    Stopped,
    end_marked,
    last_line,
    signals_ignored,
    signals_stop,
    wait_until_answering,
)
from workbench.errors import MachineProblem, NotFound
from workbench.machine import check_port

if TYPE_CHECKING:
    from workbench.publish import Dashboards

_UPLOAD_LIMIT = 256 * 1024 * 1024


@dataclass(frozen=True)
class Launch:
    """What `up` was asked for.

    Parameters
    ----------
    project : pathlib.Path
        The project's folder.
    role : str
        Role of the dashboards: viewer, contributor or analyst.
    lang : str
        ``"en"`` or ``"zh_CN"``.
    lab : bool
        Whether JupyterLab is wanted.
    port : int
        JupyterLab's port.
    dashboards_port : int
        The dashboards' port.
    """

    project: Path
    role: str
    lang: str
    lab: bool
    port: int
    dashboards_port: int

    def say(self, key: str, **values: Any) -> None:
        """Print a message in the chosen language."""
        typer.echo(locale.text(key, self.lang, **values))


def find_notebooks() -> Path:
    """Return the folder of the four notebooks: in this folder, or beside the package.

    Raises
    ------
    NotFound
        If there is none.
    """
    for home in (Path.cwd(), Path(__file__).resolve().parents[2]):
        if any((home / "notebooks").glob("*.ipynb")):
            return home / "notebooks"
    raise NotFound("cli.error.no_notebooks", folder=Path.cwd())


def environment(launch: Launch, mark: str, role: str) -> dict[str, str]:
    """Return the environment of a server and of the kernels under it."""
    ours = {
        "WORKBENCH_PROJECT": str(launch.project),
        "WORKBENCH_ROLE": role,
        "WORKBENCH_LANG": launch.lang,
        "WORKBENCH_RUN": mark,
        # The kernels of this environment, not a namesake in the user's own folder.
        "JUPYTER_PREFER_ENV_PATH": "1",
        "JUPYTER_CONFIG_PATH": str(Path(__file__).with_name("jupyter")),
    }
    return {**os.environ, **ours}


def lab_command(launch: Launch, notebooks: Path) -> list[str]:
    """Return the command that starts JupyterLab; it asks nothing of any other machine."""
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1"),
        f"--port={launch.port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={notebooks}",
        # The token comes by the environment: arguments can be read by every user of the machine.
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
        "--LabApp.collaborative=False",
        f"--ServerApp.tornado_settings={{'websocket_max_message_size': {_UPLOAD_LIMIT}}}",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    return command


def first_page(notebooks: Path) -> str:
    """Return the notebook that opens first."""
    names = ("index.ipynb", "01_insight.ipynb")
    found = next((name for name in names if (notebooks / name).is_file()), "")
    return f"/lab/tree/{found}" if found else "/lab"


def check_ports(launch: Launch) -> None:
    """Refuse ports that are taken, before anything is started."""
    if launch.lab:
        check_port(launch.port, "--port", avoid=(launch.dashboards_port,))
    check_port(launch.dashboards_port, "--dashboards-port")


def serve(launch: Launch) -> None:
    """Start the servers, print their addresses, wait, and stop them.

    Parameters
    ----------
    launch : Launch
        What is wanted.

    Raises
    ------
    MachineProblem
        If a port is taken, or a server does not start or ends by itself.
    """
    check_ports(launch)
    notebooks = find_notebooks()
    mark = secrets.token_hex(8)
    lab: Server | None = None
    dashboards: Dashboards | None = None
    with signals_stop():
        try:
            dashboards = _start_dashboards(launch, notebooks, mark)
            if launch.lab:
                lab = _start_lab(launch, notebooks, mark)
            launch.say("cli.up.hint")
            _wait(lab, dashboards)
        except (KeyboardInterrupt, Stopped):
            launch.say("cli.up.stopping")
        finally:
            with signals_ignored():
                if lab is not None:
                    lab.stop()
                if dashboards is not None:
                    dashboards.stop()
                end_marked(mark)
        launch.say("cli.up.stopped")


def _start_lab(launch: Launch, notebooks: Path, mark: str) -> Server:
    launch.say("cli.up.starting_lab")
    token = secrets.token_urlsafe(24)
    lab = Server(
        "JupyterLab",
        lab_command(launch, notebooks),
        env={**environment(launch, mark, "analyst"), "JUPYTER_TOKEN": token},
        log=log_folder(launch.project) / "jupyterlab.log",
    )
    try:
        address = f"http://127.0.0.1:{launch.port}"
        wait_until_answering(f"{address}/api", lambda: lab.is_running, name=lab.name, log=lab.log)
    except BaseException:
        lab.stop()
        raise
    launch.say("cli.up.lab", address=f"{address}{first_page(notebooks)}?token={token}")
    return lab


def _start_dashboards(launch: Launch, notebooks: Path, mark: str) -> Dashboards:
    from workbench.publish import Dashboards

    launch.say("cli.up.starting_dashboards")
    raise NotImplementedError


def _wait(lab: Server | None, dashboards: Dashboards) -> None:
    while True:
        time.sleep(0.5)
        if lab is not None and not lab.is_running:
            last = last_line(lab.log)
            raise MachineProblem("cli.error.server_ended", name=lab.name, log=lab.log, last=last)
