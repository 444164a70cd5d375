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
    is_alive,
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


def environment(launch: Launch, mark: str) -> dict[str, str]:
    """Return what the servers and the kernels under them are told by their environment."""
    return {
        "WORKBENCH_PROJECT": str(launch.project),
        "WORKBENCH_LANG": launch.lang,
        "WORKBENCH_RUN": mark,
        # The kernels of this environment, not a namesake in the user's own folder.
        "JUPYTER_PREFER_ENV_PATH": "1",
    }


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
        # As part of this server, Voilà would let whoever opens a dashboard run code.
        "--ServerApp.jpserver_extensions={'voila.server_extension': False, 'jupyterlab': True}",
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
    os.environ.update(environment(launch, mark))
    lab: Server | None = None
    dashboards = _dashboards(launch, notebooks)
    with signals_stop():
        try:
            launch.say("cli.up.starting_dashboards")
            dashboards.start()
            if launch.lab:
                launch.say("cli.up.starting_lab")
                lab, address = _start_lab(launch, notebooks)
                launch.say("cli.up.lab", address=address)
            launch.say("cli.up.dashboards", address=dashboards.address(lang=launch.lang))
            launch.say("cli.up.hint")
            _wait(lab, dashboards)
        except (KeyboardInterrupt, Stopped):
            launch.say("cli.up.stopping")
        finally:
            with signals_ignored():
                if lab is not None:
                    lab.stop()
                dashboards.stop()
                end_marked(mark)
        launch.say("cli.up.stopped")


def _dashboards(launch: Launch, notebooks: Path) -> Dashboards:
    from workbench.publish import Dashboards

    log = log_folder(launch.project) / "dashboards.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    return Dashboards(
        launch.project, role=launch.role, port=launch.dashboards_port, notebooks=notebooks, log=log
    )


def _start_lab(launch: Launch, notebooks: Path) -> tuple[Server, str]:
    token = secrets.token_urlsafe(24)
    own = {
        "WORKBENCH_ROLE": "analyst",
        "JUPYTER_CONFIG_PATH": str(Path(__file__).with_name("jupyter")),
        "JUPYTER_TOKEN": token,
    }
    log = log_folder(launch.project) / "jupyterlab.log"
    lab = Server("JupyterLab", lab_command(launch, notebooks), env={**os.environ, **own}, log=log)
    address = f"http://127.0.0.1:{launch.port}"
    try:
        wait_until_answering(f"{address}/api", lambda: lab.is_running, name=lab.name, log=log)
    except BaseException:
        lab.stop()
        raise
    return lab, f"{address}{first_page(notebooks)}?token={token}"


def _wait(lab: Server | None, dashboards: Dashboards) -> None:
    """Wait for ever; raise where a server ends by itself."""
    while True:
        time.sleep(0.5)
        ended: tuple[str, Path | None] | None = None
        if lab is not None and not lab.is_running:
            ended = ("JupyterLab", lab.log)
        elif not is_alive(dashboards.pid):
            ended = ("workbench.publish", dashboards.log)
        if ended and ended[1] is not None:
            last = last_line(ended[1])
            raise MachineProblem("cli.error.server_ended", name=ended[0], log=ended[1], last=last)
