"""The index and the dashboards."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from jupyter_core.utils import ensure_async
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import ApiPath
from tornado import iostream, web
from voila.notebook_renderer import NotebookRenderer
from voila.request_info_handler import RequestInfoSocketHandler
from voila.utils import ENV_VARIABLE, get_page_config

from workbench.publish.notebooks import ROOM, STAGES, Notebook
from workbench.publish.pages import asked_language, asked_mode, page

_BEAT = "<script>voila_heartbeat()</script>\n"


class Published:
    """What all our pages share: their words for what went wrong."""

    def write_error(self, status_code: int, **_: Any) -> None:
        """Show a page instead of a trace; the trace is in the log."""
        name = "not_found.html" if status_code in (400, 404) else "fault.html"
        moment = f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"
        self.finish(page(self, name, moment=moment))  # type: ignore[attr-defined, arg-type]


class NotFoundPage(Published, JupyterHandler):
    """Answer what no route knows."""

    async def prepare(self) -> None:  # type: ignore[override]
        """Refuse every method alike."""
        raise web.HTTPError(404)


class Index(Published, JupyterHandler):
    """The four stages as cards; no kernel is started."""

    def initialize(self, notebooks: tuple[Notebook, ...], project: str) -> None:
        """Take what is shown."""
        self.notebooks, self.project = notebooks, project

    def get(self) -> None:
        """Show the cards in the loop's order."""
        from workbench.locale import text

        lang, mode = asked_language(self), asked_mode(self)
        asked = urlencode({"lang": "zh" if lang == "zh_CN" else "en", "theme": mode})

        def href(notebook: Notebook) -> str:
            return f"{self.base_url}voila/render/{quote(notebook.path)}?{asked}"

        by_stage = {each.stage: each for each in self.notebooks if each.stage}
        cards = [
            {
                "name": text(f"shell.stage.{stage}", lang),
                "question": text(f"publish.index.{stage}", lang),
                "href": href(by_stage[stage]) if stage in by_stage else "",
            }
            for stage in STAGES
        ]
        others = [{"name": each.title(lang), "href": href(each)} for each in self.notebooks if not each.stage]
        self.set_header("Cache-Control", "no-store")
        self.finish(page(self, "index.html", cards=cards, others=others, project=self.project))


class ToRoom(Published, JupyterHandler):
    """The way from a short address to the participants' page, with what it asks for."""

    def get(self) -> None:
        """Go on; who names no language is answered in the browser's."""
        asked = parse_qsl(self.request.query)
        if not self.get_query_argument("lang", ""):
            asked.append(("lang", "zh" if asked_language(self) == "zh_CN" else "en"))
        self.redirect(f"{self.base_url}voila/render/{ROOM}?{urlencode(asked)}")


class Dashboard(Published, JupyterHandler):
    """Run a notebook for a viewer, and send its page while it runs.

    Voilà's own handler passes the address on to the template, hangs when a kernel
    can't start, and leaves the kernel running when the viewer has already gone.
    """

    def initialize(self, app: Any, notebooks: tuple[Notebook, ...]) -> None:
        """Take the server, and what may be opened."""
        self.app, self.known = app, {each.path for each in notebooks}
        self.gone = False

    def on_connection_close(self) -> None:
        """Remember that nobody is waiting any more."""
        self.gone = True
        super().on_connection_close()

    async def get(self, path: str) -> None:
        """Send the page of one notebook."""
        if path not in self.known:
            raise web.HTTPError(404)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.kernel_id = ""
        try:
            async for part in self._parts(path):
                if self.gone:
                    break
                self.write(part)
                await self.flush()
        except iostream.StreamClosedError:
            self.gone = True
        except Exception:
            reference = self.kernel_id[:8] or f"{dt.datetime.now(dt.UTC):%H%M%S}"
            self.app.log.exception("page %s could not be prepared, reference %s", path, reference)
            await self._discard()
            if not self._headers_written:
                raise
            self.write(f'<script>workbenchPage.notice("failed", "{reference}")</script>')
        if self.gone:
            await self._discard()

    async def _discard(self) -> None:
        if self.kernel_id in self.kernel_manager:
            with contextlib.suppress(Exception):
                await ensure_async(self.kernel_manager.shutdown_kernel(self.kernel_id, now=True))

    def _request(self) -> dict[str, str]:
        return {
            ENV_VARIABLE.SCRIPT_NAME: self.request.path,
            ENV_VARIABLE.PATH_INFO: "",
            ENV_VARIABLE.QUERY_STRING: self.request.query,
            ENV_VARIABLE.SERVER_SOFTWARE: "voila",
            ENV_VARIABLE.SERVER_PROTOCOL: str(self.request.version),
            ENV_VARIABLE.SERVER_PORT: str(self.app.port),
            ENV_VARIABLE.SERVER_NAME: self.app.ip,
        }

    async def _parts(self, path: str) -> AsyncIterator[str]:
        manager: Any = self.kernel_manager
        if manager.get_pool_size(path):
            ready, cached, self.kernel_id = await manager.get_rendered_notebook(notebook_name=path)
            RequestInfoSocketHandler.send_updates({"kernel_id": self.kernel_id, "payload": self._request()})
            sent = len(cached)
            yield "".join(cached[:sent])
            async for beat in _beats(ready, self.app.beat):
                yield beat
            rendered, rest = ready.result()
            yield "".join(rendered[sent:])
        else:
            rest = (await self._renderer(path)).generate_content_generator()
        while True:
            step = asyncio.ensure_future(anext(rest, None))
            async for beat in _beats(step, self.app.beat):
                yield beat
            part = step.result()
            if part is None:
                return
            yield part[0]

    async def _renderer(self, path: str) -> NotebookRenderer:
        app = self.app

        async def launch(kernel_name: str) -> str:
            self.kernel_id = await ensure_async(
                self.kernel_manager.start_kernel(
                    kernel_name=kernel_name,
                    path=ApiPath(""),
                    env={
                        **os.environ,
                        **self._request(),
                        ENV_VARIABLE.VOILA_PREHEAT: "False",
                        ENV_VARIABLE.VOILA_BASE_URL: self.base_url,
                        ENV_VARIABLE.VOILA_SERVER_URL: app.server_url,
                        ENV_VARIABLE.VOILA_APP_PORT: str(app.port),
                    },
                )
            )
            return self.kernel_id

        renderer = _LateKernel(
            launch,
            self.kernel_manager,
            voila_configuration=app.voila_configuration,
            traitlet_config=app.config,
            notebook_path=path,
            template_paths=app.template_paths,
            config_manager=app.config_manager,
            contents_manager=app.contents_manager,
            base_url=self.base_url,
            kernel_spec_manager=app.kernel_spec_manager,
            page_config=get_page_config(
                base_url=self.base_url,
                settings=self.settings,
                log=app.log,
                voila_configuration=app.voila_configuration,
            ),
        )
        await renderer.initialize()
        return renderer


class _LateKernel(NotebookRenderer):
    """Start the kernel when the template asks for it: the page's head is sent before."""

    def __init__(self, launch: Callable[[str], Awaitable[str]], manager: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._launch, self._manager = launch, manager

    async def _jinja_kernel_start(self, nb: Any, **_: Any) -> str:
        kernel_id = await self._launch(self.notebook.metadata.kernelspec.name)
        return await super()._jinja_kernel_start(nb, kernel_id, self._manager.get_kernel(kernel_id))


async def _beats(step: asyncio.Future[Any], seconds: float) -> AsyncIterator[str]:
    """Yield a sign of life while a step takes long: proxies close silent connections."""
    while not step.done():
        await asyncio.wait({step}, timeout=seconds)
        if not step.done():
            yield _BEAT
