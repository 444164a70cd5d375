"""What a page may ask about its kernel, and where a preheated kernel waits."""

from __future__ import annotations

import contextlib
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.base.handlers import APIHandler
from jupyter_server.services.kernels.handlers import KernelHandler
from tornado import web
from voila.request_info_handler import RequestInfoSocketHandler

from workbench.publish.notebooks import Notebook


class KernelView(KernelHandler):
    """Tell a page about its kernel; ending and changing kernels is not offered here."""

    async def delete(self, **_: Any) -> None:
        """Refuse."""
        raise web.HTTPError(405)


class KernelAlive(APIHandler):
    """Say whether a kernel still runs, without starting or waking anything."""

    async def get(self, kernel_id: str) -> None:
        """Answer 204 or 404."""
        known = kernel_id in self.kernel_manager
        runs = known and await ensure_async(self.kernel_manager.is_alive(kernel_id))
        self.set_header("Cache-Control", "no-store")
        self.set_status(204 if runs else 404)
        self.finish()


class Shutdown(APIHandler):
    """End the kernel of a page that closes.

    The page's farewell can't carry a header, so Voilà's own handler refuses it and the
    kernel stays. Our cookie is Strict: no other site can send this request.
    """

    def check_xsrf_cookie(self) -> None:
        """Refuse other origins; the cookie has been checked before."""
        origin = self.request.headers.get("Origin")
        if origin and origin.split("//")[-1] != self.request.host:
            raise web.HTTPError(403)

    async def post(self, kernel_id: str) -> None:
        """End the kernel; a second farewell finds none."""
        if kernel_id in self.kernel_manager:
            with contextlib.suppress(KeyError, web.HTTPError):
                await ensure_async(self.kernel_manager.shutdown_kernel(kernel_id))
        self.set_status(204)
        self.finish()


class RequestInfo(RequestInfoSocketHandler):
    """Where a preheated kernel waits for its viewer."""

    def on_close(self) -> None:
        """Forget the kernel (the stock handler keeps every request for ever)."""
        for kernel_id, waiting in list(self._waiters.items()):
            if waiting is self:
                del self._waiters[kernel_id]
                self._cache.pop(kernel_id, None)

    @classmethod
    def waiting(cls) -> set[str]:
        """Return the kernels that are ready for a viewer."""
        return set(cls._waiters)


class Status(APIHandler):
    """How many preheated kernels of each notebook are ready."""

    def initialize(self, notebooks: tuple[Notebook, ...]) -> None:
        """Take what is published."""
        self.notebooks = notebooks

    def get(self) -> None:
        """Answer with JSON."""
        waiting = RequestInfo.waiting()
        manager: Any = self.kernel_manager
        data = manager.notebook_data
        ready = {
            each.path: len(waiting & set(data.get(each.path, {}).get("kernel_ids", ())))
            for each in self.notebooks
        }
        self.finish({"ready": ready, "kernels": len(manager.list_kernel_ids())})
