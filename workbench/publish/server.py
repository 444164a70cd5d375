"""The dashboards' server: Voilà standing alone, behind our own door."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import re
import secrets
import shutil
import signal
import socket
import tempfile
from pathlib import Path
from typing import Any

import psutil
import tornado.ioloop
from jupyter_core.utils import run_sync
from jupyter_server import DEFAULT_STATIC_FILES_PATH
from jupyter_server.utils import url_path_join
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import RequestHandler
from traitlets import Any as AnyTrait
from traitlets import Unicode
from voila.app import Voila
from voila.paths import STATIC_ROOT
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from workbench.errors import MachineProblem
from workbench.project.room_page import remove_page, write_page
from workbench.publish import files, handlers, kernels
from workbench.publish.config import configuration
from workbench.publish.forking import Nursery, start_nursery
from workbench.publish.guard import GuardedApplication
from workbench.publish.notebooks import published_notebooks
from workbench.publish.rooms import room_address
from workbench.publish.tokens import Token
from workbench.ui.vega import bundle_hash

_KERNEL = r"(?P<kernel_id>\w+-\w+-\w+-\w+-\w+)"


class DashboardServer(Voila):
    """Voilà with its own doors closed and ours in front.

    Of Voilà's routes only those stay that a dashboard needs. Its own start is replaced
    because it builds the application itself and asks for a port too late.
    """

    project = Unicode()
    role = Unicode("viewer")
    secret = Unicode()
    public_address = Unicode(help="What people open, where a proxy stands in front.")
    announce = Unicode(help="File that gets the address once the server answers.")
    parent_pid = AnyTrait(None, help="Stop when this process is gone.")
    beat = 5.0
    port: int
    nursery: Nursery | None = None

    def initialize(self, argv: list[str] | None = None) -> None:
        """Read the settings from our own configuration only."""
        super().initialize(argv if argv is not None else [])
        self.notebooks = published_notebooks(self.root_dir, self.role)
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, self._handle_signal_stop)

    def init_handlers(self) -> list[Any]:
        """Return the routes: nothing is offered that a dashboard does not need."""

        def at(path: str) -> str:
            return url_path_join(self.server_url, path)

        notebooks = {"notebooks": self.notebooks}
        is_room = self.role == "participant"
        first = handlers.ToRoom if is_room else handlers.Index
        shown = {} if is_room else {**notebooks, "project": Path(self.project).name}
        static = {"paths": [*self.static_paths, STATIC_ROOT, DEFAULT_STATIC_FILES_PATH]}
        return [
            (at("/?"), first, shown),
            (at(r"/voila/render/([^/]+\.ipynb)"), handlers.Dashboard, {**notebooks, "app": self}),
            (at(rf"/api/kernels/{_KERNEL}"), kernels.KernelView),
            (at(rf"/api/kernels/{_KERNEL}/channels"), VoilaKernelWebsocketHandler),
            (at(rf"/voila/api/shutdown/{_KERNEL}"), kernels.Shutdown),
            (at(r"/voila/static/(.*)"), files.Files, static),
            (at(r"/voila/labextensions/(.*)"), files.Files, {"paths": self.labextensions_path}),
            (at(rf"/workbench/kernel/{_KERNEL}"), kernels.KernelAlive),
            (at(r"/workbench/status"), kernels.Status, notebooks),
            (at(rf"/workbench/vega-{bundle_hash()}\.js"), files.Bundle),
            (re.escape(self.kernel_prefix) + rf"voila/query/{_KERNEL}", kernels.RequestInfo),
        ]

    def start(self) -> None:
        """Listen, announce the address, and serve until a signal comes."""
        sockets = self._bind()
        self.connection_dir = tempfile.mkdtemp(prefix="wb_", dir=self.connection_dir_root)
        self.kernel_prefix = url_path_join(self.base_url, f"kernel/{secrets.token_urlsafe(24)}/")
        # Voilà's wait_for_request reads these in the kernels.
        os.environ["VOILA_WS_BASE_URL"] = self.kernel_prefix
        os.environ["VOILA_APP_IP"] = "127.0.0.1" if self.ip in ("", "0.0.0.0") else self.ip  # noqa: S104
        self.nursery = start_nursery()
        asyncio.set_event_loop(asyncio.new_event_loop())
        settings = self.init_settings()
        # Phones forget what is for one visit when they sleep.
        token = Token(self.secret, self.port, days=1 if self.role == "participant" else None)
        self.app = GuardedApplication(
            token,
            self.kernel_prefix,
            **{
                **settings,
                **self.tornado_settings,
                "default_handler_class": handlers.NotFoundPage,
                "log_function": self._log_request,
            },
        )
        self.app.add_handlers(".*$", self.init_handlers())
        server = HTTPServer(self.app, xheaders=True, max_buffer_size=64 * 2**20)
        server.add_sockets(sockets)
        self.ioloop = tornado.ioloop.IOLoop.current()
        if self.parent_pid:
            tornado.ioloop.PeriodicCallback(self._follow_parent, 2000).start()
        self.ioloop.add_callback(self._announce)
        try:
            self.ioloop.start()
        finally:
            server.stop()
            self.stop()

    def stop(self) -> None:
        """End every kernel and take the connection files away."""
        if self.role == "participant":
            remove_page(Path(self.project))
        run_sync(self.kernel_manager.shutdown_all)(now=True)
        if self.nursery is not None:
            self.nursery.close()
        shutil.rmtree(self.connection_dir, ignore_errors=True)

    def _bind(self) -> list[socket.socket]:
        try:
            sockets = bind_sockets(self.port, self.ip)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise MachineProblem("publish.error.port_taken", port=self.port) from None
            raise MachineProblem("publish.error.port_denied", port=self.port, reason=error.strerror) from None
        self.port = sockets[0].getsockname()[1]
        return sockets

    def _announce(self) -> None:
        if self.role == "participant":
            write_page(Path(self.project), room_address(self.public_address, self.ip, self.port, self.secret))
        if not self.announce:
            return
        file = Path(self.announce)
        draft = file.with_suffix(".draft")
        draft.write_text(json.dumps({"port": self.port, "pid": os.getpid()}), encoding="utf-8")
        draft.replace(file)

    def _follow_parent(self) -> None:
        if not psutil.pid_exists(int(self.parent_pid)):
            self.ioloop.stop()

    def _log_request(self, handler: RequestHandler) -> None:
        # Without the query: a token must not get into a log.
        if handler.get_status() >= 500:
            request = handler.request
            self.log.warning("%d %s %s", handler.get_status(), request.method, request.path)


def make_server(
    folder: Path,
    *,
    project: Path,
    secret: str,
    role: str = "viewer",
    port: int = 0,
    host: str = "127.0.0.1",
    preheat: bool = True,
    announce: str = "",
    parent_pid: int | None = None,
    cull_after: int = 600,
    base_url: str = "/",
    public_address: str = "",
) -> DashboardServer:
    """Return a server that is ready to start."""
    connection_root = tempfile.gettempdir()
    config = configuration(
        folder,
        published_notebooks(folder, role),
        preheat=preheat,
        connection_folder=str(Path(connection_root) / "wb_xxxxxxxx"),
        cull_after=cull_after,
        base_url=base_url,
    )
    server = DashboardServer(
        config=config,
        root_dir=str(folder),
        port=port,
        ip=host,
        base_url=base_url,
        project=str(project),
        role=role,
        secret=secret,
        public_address=public_address,
        announce=announce,
        parent_pid=parent_pid,
    )
    server.initialize([])
    return server
