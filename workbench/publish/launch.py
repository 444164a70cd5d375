"""Start the dashboards from Python, and know where they are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import quote, urlencode
from urllib.request import ProxyHandler, Request, build_opener

from workbench.errors import MachineProblem
from workbench.locale import normal_language
from workbench.publish.notebooks import ROOM, notebook_of, published_notebooks
from workbench.publish.roles import checked_role, cull_seconds
from workbench.publish.rooms import token_file
from workbench.publish.tokens import TOKEN_VARIABLE, kept_token, new_token

_PATIENCE = 60.0


class Dashboards:
    """The four dashboards of a project, or its participants' page, in a process of their own.

    The process has one role, and so has everybody who opens its address: publish the
    same project twice to give two groups different rights.

    Parameters
    ----------
    project_folder : str or Path
        The project that is shown.
    role : {"participant", "viewer", "contributor", "analyst"}, default="viewer"
        What the people who open it may do; the store enforces it. For a participant it
        is one page, where brainstorm rooms are joined, and nothing else.
    port : int, default=0
        0 takes a free one.
    host : str, default="127.0.0.1"
        For other machines put a reverse proxy in front; see the documentation.
    token : str, optional
        By default a new one.
    preheat : bool, default=True
        Keep one kernel a stage ready: dashboards open faster and take memory.
    notebooks : str or Path, optional
        Folder of the notebooks; by default ``notebooks`` here or beside the package.
    log : str or Path, optional
        Where the process writes what went wrong; by default a temporary file.
    cull_after : int, optional
        Seconds after which a kernel that no page uses is ended; by default 600, and
        half an hour for a participant's, whose phone sleeps.
    public_address : str, default=""
        Of the participants' page: what phones open, where a proxy stands in front.

    Examples
    --------
    >>> Dashboards("demo_bank", role="owner")
    Traceback (most recent call last):
    workbench.errors.ParameterProblem: There is no role "owner". Roles: participant, viewer, ...
    """

    def __init__(
        self,
        project_folder: str | Path,
        role: str = "viewer",
        port: int = 0,
        host: str = "127.0.0.1",
        token: str | None = None,
        preheat: bool = True,
        notebooks: str | Path | None = None,
        log: str | Path | None = None,
        cull_after: int | None = None,
        public_address: str = "",
    ) -> None:
        self.project_folder = Path(project_folder).resolve()
        self.role = checked_role(role)
        self.host, self.port = host, port
        is_room = role == "participant"
        kept = kept_token(token_file(self.project_folder)) if is_room and not token else ""
        self.token = token or kept or new_token()
        self.preheat = preheat
        self.folder = Path(notebooks).resolve() if notebooks else default_notebooks(role)
        self.notebooks = published_notebooks(self.folder, role)
        self.cull_after = cull_seconds(role) if cull_after is None else cull_after
        self.public_address = public_address
        self.log = Path(log) if log else None
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Start the process, wait until it answers, and return the index's address.

        Raises
        ------
        MachineProblem
            If the port is taken or the process does not answer within a minute.
        """
        if self._process is not None:
            return self.address()
        if self.log is None:
            handle, name = tempfile.mkstemp(prefix="workbench_dashboards_", suffix=".log")
            os.close(handle)
            self.log = Path(name)
        with tempfile.TemporaryDirectory(prefix="wb_start_") as place:
            announce = Path(place) / "address.json"
            command = [sys.executable, "-m", "workbench.publish"]
            command += ["--project", str(self.project_folder), "--notebooks", str(self.folder)]
            command += ["--role", self.role, "--host", self.host, "--port", str(self.port)]
            command += ["--cull-after", str(self.cull_after), "--announce", str(announce)]
            command += ["--parent", str(os.getpid())]
            if not self.preheat:
                command.append("--no-preheat")
            if self.public_address:
                command += ["--public-address", self.public_address]
            with self.log.open("ab") as log:
                self._process = subprocess.Popen(  # noqa: S603 (our own interpreter and module)
                    command,
                    env={**os.environ, TOKEN_VARIABLE: self.token},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,  # Ctrl-C reaches the parent, which stops it in order
                )
            try:
                self.port = self._wait(announce)
            except BaseException:
                self.stop()
                raise
        return self.address()

    def _wait(self, announce: Path) -> int:
        assert self._process is not None
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            if announce.is_file():
                return int(json.loads(announce.read_text(encoding="utf-8"))["port"])
            if self._process.poll() is not None:
                assert self.log is not None
                lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
                reason = lines[-1] if lines else f"exit code {self._process.returncode}"
                raise MachineProblem("publish.error.stopped", log=self.log, reason=reason)
            time.sleep(0.05)
        raise MachineProblem("publish.error.slow", seconds=int(_PATIENCE), log=self.log)

    def stop(self) -> None:
        """End the process and all its kernels; stopping twice does no harm."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def __enter__(self) -> Dashboards:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    @property
    def pid(self) -> int | None:
        """The process's number while it runs."""
        return self._process.pid if self._process else None

    def address(
        self,
        stage: str | None = None,
        *,
        lang: str | None = None,
        theme: str | None = None,
        cycle: str | None = None,
    ) -> str:
        """Return the address of a dashboard, or of the index, with its token.

        Parameters
        ----------
        stage : {"insight", "strategy", "execution", "review"}, optional
            By default the index.
        lang : {"en", "zh_CN"}, optional
            Language of the screen.
        theme : {"light", "dark"}, optional
            Its colours.
        cycle : str, optional
            By default the latest.
        """
        path = f"voila/render/{quote(notebook_of(stage, self.notebooks).path)}" if stage else ""
        asked = {"lang": ("zh" if normal_language(lang) == "zh_CN" else "en") if lang else None}
        asked |= {"theme": theme, "cycle": cycle, "token": self.token}
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"http://{self.host}:{self.port}/{path}?{query}"

    def status(self) -> dict[str, Any]:
        """Return ``{"ready": {notebook: kernels waiting}, "kernels": running}``."""
        request = Request(
            f"http://{self.host}:{self.port}/workbench/status",
            headers={"Authorization": f"token {self.token}"},
        )
        # Never through a proxy: the server is this machine.
        with build_opener(ProxyHandler({})).open(request, timeout=10) as answer:
            return json.loads(answer.read())

    def wait_until_warm(self, timeout: float = 120.0) -> bool:
        """Wait until every stage has a kernel ready, and say whether that came about."""
        until = time.monotonic() + timeout
        stages = [each.path for each in self.notebooks if each.is_kept_ready]
        while time.monotonic() < until:
            try:
                ready = self.status()["ready"]
            except (URLError, OSError):
                ready = {}
            if all(ready.get(path) for path in stages):
                return True
            time.sleep(0.25)
        return False


def default_notebooks(role: str = "viewer") -> Path:
    """Return the folder of the notebooks: the environment's, this folder's, or beside the package."""
    asked = os.environ.get("WORKBENCH_NOTEBOOKS")
    if asked:
        return Path(asked).resolve()
    here, beside = Path("notebooks"), Path(__file__).resolve().parents[2] / "notebooks"
    found = (here / ROOM).is_file() if role == "participant" else here.is_dir()
    return here.resolve() if found else beside
