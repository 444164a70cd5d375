"""The files that a page's front end consists of."""

from __future__ import annotations

import gzip
import mimetypes
from functools import lru_cache
from pathlib import Path

from tornado import web

from workbench.ui.vega import bundle

_SMALLEST_PACKED = 1024
_PACKED_TYPES = (".js", ".css", ".json", ".svg", ".map")


class Bundle(web.RequestHandler):
    """The charts' bundle; its address changes with it, so a browser keeps it."""

    def get(self) -> None:
        """Send it as it is packed."""
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.set_header("Content-Encoding", "gzip")
        self.set_header("Cache-Control", "private, max-age=31536000, immutable")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.finish(bundle())


@lru_cache(maxsize=512)
def _content(file: Path, modified: float, packed: bool) -> bytes:  # noqa: ARG001 (part of the key)
    content = file.read_bytes()
    return gzip.compress(content, compresslevel=6) if packed else content


class Files(web.RequestHandler):
    """Files of several folders, packed once and kept by browsers."""

    def initialize(self, paths: list[str]) -> None:
        """Take the folders, the first one first."""
        self.folders = [Path(path).resolve() for path in paths]

    def get(self, path: str) -> None:
        """Send a file, packed if the browser can read it so."""
        file = self._find(path)
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        self.set_header("Content-Type", "text/javascript" if file.suffix == ".js" else kind)
        self.set_header("X-Content-Type-Options", "nosniff")
        # Spares the next page some forty questions.
        self.set_header("Cache-Control", "private, max-age=3600")
        self.set_header("Vary", "Accept-Encoding")
        state = file.stat()
        accepted = self.request.headers.get("Accept-Encoding", "")
        packed = file.suffix in _PACKED_TYPES and state.st_size >= _SMALLEST_PACKED and "gzip" in accepted
        if packed:
            self.set_header("Content-Encoding", "gzip")
        self.finish(_content(file, state.st_mtime, packed))

    def _find(self, path: str) -> Path:
        for folder in self.folders:
            file = (folder / path).resolve()
            if file.is_relative_to(folder) and file.is_file():
                return file
        raise web.HTTPError(404)
