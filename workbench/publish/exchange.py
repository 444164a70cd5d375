"""A small HTTP service for a bank's other systems: leads out, outcomes and corrections in.

It listens on this machine alone unless it is told otherwise, asks every caller for a token,
and answers a problem in plain sentences (RFC 9457, ``application/problem+json``). What comes in
is written with the role contributor; leads that leave are released by the analyst who starts
the service, and logged under their name before a byte goes. One request is worked on at a time.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
import socket
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler, stream_request_body

from workbench import locale
from workbench.customers.content import ENDINGS, content_format
from workbench.errors import (
    Conflict,
    ImportProblem,
    MachineProblem,
    NotAllowed,
    NotFound,
    ParameterProblem,
    WorkbenchError,
)

if TYPE_CHECKING:
    from workbench.project import Project

LOCAL = "127.0.0.1"
MOST_BYTES = 16 << 20
"""Of a body, by default; larger files are imported from the inbox."""
LINES = "application/x-ndjson"
_SUFFIXES = {
    LINES: ".jsonl",
    "application/jsonl": ".jsonl",
    "text/csv": ".csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
}
_HEARD_OUT = 8 << 20
_SHOWN = 1_000
"""Quarantined rows that an answer lists."""
_LONGEST_KEY = 80
MESSAGE_PREFIXES = ("execution_exchange.http.", "execution_exchange.status.")
_STATUS: tuple[tuple[type[WorkbenchError], int], ...] = (
    (NotFound, 404),
    (NotAllowed, 403),
    (Conflict, 409),
    (ImportProblem, 422),
    (ParameterProblem, 422),
    (MachineProblem, 503),
)


class ExchangeServer:
    """The service for one project.

    Parameters
    ----------
    folder : pathlib.Path
        The project's folder.
    token : str
        What callers must send as ``Authorization: Bearer <token>``.
    host : str, default="127.0.0.1"
        What to listen at.
    port : int, default=0
        0 takes a free one.
    mapping : str, optional
        A mapping of the project's folder ``exchange`` by which everything is read and written.
    reason : str
        Why leads leave with whole customer numbers; the log keeps it.
    most_bytes : int
        Longest body.
    """

    def __init__(
        self,
        folder: Path,
        token: str,
        *,
        host: str = LOCAL,
        port: int = 0,
        mapping: str | None = None,
        reason: str,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        from workbench.project import open_project

        if not token.strip():
            raise ParameterProblem("execution_exchange.error.token")
        if not reason.strip():
            raise ParameterProblem("strategy_launch.error.export_reason")
        self.token, self.mapping, self.reason, self.most_bytes = token, mapping, reason, most_bytes
        # Who starts the service releases the leads; what comes in may do no more than a caller's agent.
        self.releasing: Project = open_project(folder, role="analyst")
        self.receiving: Project = open_project(folder, role="contributor", who="exchange service")
        if mapping is not None:
            self.releasing.execution.exchange.mapping(mapping)
        self.worker = ThreadPoolExecutor(1, thread_name_prefix="workbench-exchange")
        self._socket = _listening(host, port)
        self.host, self.port = host, int(self._socket.getsockname()[1])
        self._http: HTTPServer | None = None

    @property
    def address(self) -> str:
        """Where the service is."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def start(self) -> None:
        """Begin to answer, on the running event loop."""
        shared = {"server": self}
        application = Application(
            [
                (r"/", _About, shared),
                (r"/leads/(?P<list_id>[^/]+)", _Leads, shared),
                (r"/outcomes", _Outcomes, shared),
                (r"/corrections", _Corrections, shared),
            ],
            default_handler_class=_Nowhere,
            default_handler_args=shared,
            log_function=lambda _: None,
        )
        # A little longer bodies are read to their end and dropped, so that the answer is heard.
        heard = self.most_bytes + _HEARD_OUT
        self._http = HTTPServer(application, max_body_size=heard, max_buffer_size=heard)
        self._http.add_socket(self._socket)

    def stop(self) -> None:
        """Answer no more; what is being worked on is finished first."""
        if self._http is not None:
            self._http.stop()
        self._socket.close()
        self.worker.shutdown()


def _listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens; it is not left open where it can't."""
    found = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        if os.name == "posix":
            # A port that was just given up is free; on Windows the option would share a taken one.
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.setblocking(False)
        found.listen(128)
    except OSError as error:
        found.close()
        raise MachineProblem(
            "execution_exchange.error.port", host=host, port=port, cause=error.strerror
        ) from error
    return found


class _Handler(RequestHandler):
    """What all addresses have in common: the token, the language, and problems in sentences."""

    def initialize(self, server: ExchangeServer) -> None:
        self.server = server

    def set_default_headers(self) -> None:
        self.set_header("Server", "workbench")
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Content-Type-Options", "nosniff")

    @property
    def lang(self) -> str:
        return locale.normal_language(self.request.headers.get("Accept-Language", "en"))

    def prepare(self) -> None:
        if not self.is_known():
            self.tell_unknown()

    def is_known(self) -> bool:
        """Say whether the token was given."""
        said = self.request.headers.get("Authorization", "")
        wanted = f"Bearer {self.server.token}"
        return hmac.compare_digest(said.encode("utf-8", "replace"), wanted.encode())

    def tell_unknown(self) -> None:
        """Answer that the token is missing or is another."""
        self.set_header("WWW-Authenticate", "Bearer")
        self.tell_problem(401, "execution_exchange.http.token")

    def tell_problem(self, status: int, key: str, /, **values: Any) -> None:
        """Answer that something is wrong, and what to do about it."""
        about = {
            "type": "about:blank",
            "title": locale.text(f"execution_exchange.status.{status}", self.lang),
            "status": status,
            "detail": locale.text(key, self.lang, **values),
        }
        self.set_status(status)
        self.set_header("Content-Type", "application/problem+json; charset=utf-8")
        self.set_header("Content-Language", self.lang.replace("_", "-"))
        self.finish(json.dumps(about, ensure_ascii=False))

    async def work(self, call: Callable[[], Any]) -> Any:
        """Do something with the project, off the loop; None where it was answered with a problem."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self.server.worker, call)
        except WorkbenchError as problem:
            status = next((code for kind, code in _STATUS if isinstance(problem, kind)), 422)
            self.tell_problem(status, problem.key, **problem.values)
        return None

    def write_error(self, status_code: int, **_: Any) -> None:
        status = status_code if status_code in (400, 404, 405) else 500
        self.tell_problem(status, f"execution_exchange.http.{status}")


class _Nowhere(_Handler):
    def get(self) -> None:
        self.tell_problem(404, "execution_exchange.http.404")

    post = put = delete = patch = get


class _About(_Handler):
    def get(self) -> None:
        project = self.server.releasing
        lists = project.strategy.lists()
        self.write(
            {
                "project": project.name,
                "cycle": project.cycle.cycle_id,
                "lists": [str(name) for name in lists["list_id"]] if len(lists) else [],
                "get": ["/leads/{list_id}"],
                "post": ["/outcomes", "/corrections"],
            }
        )


class _Leads(_Handler):
    async def get(self, list_id: str) -> None:
        server = self.server
        found = await self.work(
            lambda: server.releasing.execution.exchange.send_leads(
                list_id, mapping=server.mapping, reason=server.reason, to=server.address
            )
        )
        if found is None:
            return
        batch, n, content = found
        self.set_header("Content-Type", f"{LINES}; charset=utf-8")
        self.set_header("Batch-Id", batch)
        self.set_header("Rows", str(n))
        self.finish(content)


@stream_request_body
class _Taking(_Handler):
    """An address that takes a body: read into a file, worked on once under its key."""

    path = ""

    def prepare(self) -> None:
        self._body = hashlib.sha256()
        self._file = tempfile.TemporaryFile()  # noqa: SIM115
        self._n = 0
        self._is_known = self.is_known()
        said = self.request.headers.get("Content-Length", "")
        length = int(said) if said.isdigit() else 0
        # Who is answered before they have said everything may lose the answer with the connection.
        if not self._is_known:
            if self.request.method != "POST" or length > _HEARD_OUT:
                self.tell_unknown()
        elif length > self.server.most_bytes + _HEARD_OUT:
            self._tell_too_long()

    def _tell_too_long(self) -> None:
        self.tell_problem(413, "execution_exchange.http.413", most=max(self.server.most_bytes >> 20, 1))

    def data_received(self, chunk: bytes) -> None:
        self._n += len(chunk)
        if self._is_known and self._n <= self.server.most_bytes:
            self._body.update(chunk)
            self._file.write(chunk)

    def on_finish(self) -> None:
        self._file.close()

    async def post(self) -> None:
        if not self._is_known:
            self.tell_unknown()
            return
        if self._n > self.server.most_bytes:
            self._tell_too_long()
            return
        kind = self.request.headers.get("Content-Type", LINES).partition(";")[0].strip().lower()
        if kind not in _SUFFIXES:
            self.tell_problem(415, "execution_exchange.http.415", given=kind, known=", ".join(_SUFFIXES))
            return
        key = self.request.headers.get("Idempotency-Key", "").strip()
        if len(key) > _LONGEST_KEY:
            self.tell_problem(422, "execution_exchange.http.key", longest=_LONGEST_KEY)
            return
        digest = self._body.hexdigest()
        before = await self.work(lambda: self._before(key, digest))
        if before is None or self._finished:
            return
        if before:
            self.set_header("Idempotent-Replayed", "true")
            self._answer(before["status"], before["content"])
            return
        self._file.seek(0)
        content = self._file.read()
        answer = await self.work(lambda: self._take(content, _SUFFIXES[kind], key, digest))
        if answer is not None:
            self._answer(200, answer)

    def _before(self, key: str, digest: str) -> dict[str, Any]:
        """Return what was answered under a key, or nothing."""
        found = self.server.receiving.store.exchanges.answer(key) if key else None
        if found is None:
            return {}
        if (found["sha256"], found["path"]) != (digest, self.path):
            raise ParameterProblem("execution_exchange.http.key_used", given=key)
        return found

    def _take(self, content: bytes, suffix: str, key: str, digest: str) -> str:
        name = f"{self.path.strip('/')}{suffix}"
        found = content_format(content, name)
        if found != ENDINGS[suffix]:
            raise ImportProblem(
                "customers.error.other_format", file=name, wanted=ENDINGS[suffix], found=found
            )
        with tempfile.TemporaryDirectory(prefix="workbench-") as folder:
            place = Path(folder) / f"body{suffix}"
            place.write_bytes(content)
            report = self.take(place, name)
        rows = report.quarantined.head(_SHOWN)
        told = {
            "rows_read": report.rows_read,
            "loaded": report.loaded,
            "repeated": report.repeated,
            "quarantined": len(report.quarantined),
            "rows": rows[["line", "cause", "column", "reason"]].to_dict("records"),
        }
        answer = json.dumps(told, ensure_ascii=False)
        if key:
            self.server.receiving.store.exchanges.keep_answer(key, self.path, digest, 200, answer)
        return answer

    def take(self, place: Path, name: str) -> Any:
        """Bring a body in, and return the report."""
        raise NotImplementedError

    def _answer(self, status: int, content: str) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(content)


class _Outcomes(_Taking):
    path = "/outcomes"

    def take(self, place: Path, name: str) -> Any:
        """Bring outcomes in."""
        execution = self.server.receiving.execution
        return execution.import_outcomes(place, mapping=self.server.mapping, name=name, lang=self.lang)


class _Corrections(_Taking):
    path = "/corrections"

    def take(self, place: Path, name: str) -> Any:
        """Bring corrections in, as proposals."""
        held = self.server.receiving.execution.exchange.corrections
        return held.import_file(place, mapping=self.server.mapping, name=name, lang=self.lang)
