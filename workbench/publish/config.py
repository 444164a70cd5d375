"""How the dashboards' server is set up; every choice has its reason beside it."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

from traitlets.config import Config

from workbench import locale
from workbench.publish.notebooks import ROOM, Notebook
from workbench.ui.style import css
from workbench.ui.vega import bundle_hash

TEMPLATE_ROOT = Path(__file__).parent / "template"
"""Goes first in JUPYTER_PATH, so that nobody else's template or kernel is found."""

HIDDEN_TAGS = ("code", "trainer")
FAILED_CELL = "workbench-cell-failed"
"""Stands in a failed cell's output; the template shows its own words instead."""

_EXTENSIONS = (
    "@jupyter-widgets/jupyterlab-manager",
    "@voila-dashboards/widgets-manager8",
    "anywidget",
)
_LONGEST_SOCKET_PATH = 100
_MEBIBYTE = 2**20
_ROOM_POOL = 3
"""Kernels that wait for a room's people: they scan one code within a minute."""

HEADERS = {
    # The browser itself keeps every request on this machine. Vega compiles its
    # expressions, and charts and boards are modules made in the page.
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'self'",
            "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self' data: blob:",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        )
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def transport(connection_folder: str) -> str:
    """Return ``"ipc"`` where kernels can talk through files, else ``"tcp"``.

    Sockets that are files can't be reached by other users of the machine and need no
    ports, but their paths are limited to about 100 characters.

    Examples
    --------
    >>> transport("/tmp/" + "x" * 100)
    'tcp'
    """
    longest = str(Path(connection_folder) / f"kernel-{'0' * 36}.json-ipc-5")
    return "ipc" if sys.platform != "win32" and len(longest) <= _LONGEST_SOCKET_PATH else "tcp"


def page_words() -> dict[str, dict[str, str]]:
    """Return the words of the waiting page in both languages."""
    return {
        lang: {
            "starting": locale.text("publish.page.starting", lang, stage="{stage}"),
            "kernel": locale.text("publish.page.kernel", lang),
            "reading": locale.text("publish.page.reading", lang),
            "drawing": locale.text("publish.page.drawing", lang),
            "lost_title": locale.text("publish.page.lost_title", lang),
            "lost_remedy": locale.text("publish.page.lost_remedy", lang),
            "failed_title": locale.text("publish.page.failed_title", lang),
            "failed_remedy": locale.text("publish.page.failed_remedy", lang, reference="{reference}"),
            "reload": locale.text("publish.page.reload", lang),
            "home": locale.text("publish.page.home", lang),
            "again": locale.text("publish.page.again", lang),
            "again_remedy": locale.text("publish.page.again_remedy", lang),
            "link_title": locale.text("publish.page.link_title", lang),
            "link_remedy": locale.text("publish.page.link_remedy", lang),
            "name": locale.text("shell.name", lang),
        }
        for lang in locale.LANGUAGES
    }


def resources(notebooks: tuple[Notebook, ...], base_url: str = "/") -> dict[str, Any]:
    """Return what the template draws with."""
    is_room = [each.path for each in notebooks] == [ROOM]
    return {
        "css": css(),
        # The room's page draws no chart: its phones are spared the bundle.
        "bundle": "" if is_room else f"{base_url}workbench/vega-{bundle_hash()}.js",
        "is_room": is_room,
        "words": page_words(),
        "titles": {
            Path(each.path).stem: {lang: each.title(lang) for lang in locale.LANGUAGES} for each in notebooks
        },
        "no_script": {lang: locale.text("publish.page.script", lang) for lang in locale.LANGUAGES},
        "failed_cell": FAILED_CELL,
    }


def configuration(
    folder: Path,
    notebooks: tuple[Notebook, ...],
    *,
    preheat: bool,
    connection_folder: str,
    cull_after: int = 600,
    base_url: str = "/",
) -> Config:
    """Return the settings of the server.

    Parameters
    ----------
    folder : Path
        Where the notebooks are.
    notebooks : tuple of Notebook
        Those that are published; the stages among them, and the room's page, are preheated.
    preheat : bool
        Keep kernels ready: one a stage, a few of the room's page.
    connection_folder : str
        Where the kernels' connection files go.
    cull_after : int, default=600
        Seconds after which a kernel that no page uses is ended.
    base_url : str, default="/"
        Path of the dashboards behind a reverse proxy.
    """
    is_room = [each.path for each in notebooks] == [ROOM]
    config = Config()
    page = config.VoilaConfiguration
    page.template = "workbench"
    page.theme = "light"
    page.allow_template_override = "NO"
    page.allow_theme_override = "NO"
    page.file_allowlist = []
    page.file_denylist = [".*"]
    page.extension_allowlist = list(_EXTENSIONS)
    page.show_tracebacks = False
    page.strip_sources = True
    page.progressive_rendering = False  # it would run the cells that are hidden
    page.preheat_kernel = preheat
    page.default_pool_size = _ROOM_POOL if is_room else 1
    page.http_keep_alive_timeout = 5
    page.resources = {"workbench": resources(notebooks, base_url)}

    config.TagRemovePreprocessor.enabled = True
    config.TagRemovePreprocessor.remove_cell_tags = set(HIDDEN_TAGS)
    config.VoilaExecutor.cell_error_instruction = FAILED_CELL
    config.VoilaExecutor.timeout = 600

    ready = {each.path for each in notebooks if each.is_kept_ready}
    others = [file for file in folder.rglob("*.ipynb") if str(file.relative_to(folder)) not in ready]
    config.VoilaKernelManager.preheat_denylist = [re.escape(str(file)) for file in others]
    # A page that is just opening has the processor first; a room's people come all at once.
    config.VoilaKernelManager.fill_delay = 0.3 if is_room else 4.0

    kernels = config.MappingKernelManager
    kernels.cull_idle_timeout = cull_after
    kernels.cull_interval = max(1, min(30, cull_after // 2))
    kernels.cull_connected = False
    kernels.cull_busy = False
    config.KernelManager.transport = transport(connection_folder)
    if is_room:
        # One that died would come back empty: the page sees that it is gone, and asks for another.
        config.KernelManager.autorestart = False

    # The stock limit of 1 MB a second drops messages, and with them a chart's data.
    config.ZMQChannelsWebsocketConnection.limit_rate = False
    config.Voila.tornado_settings = {
        "headers": HEADERS,
        "compress_response": True,
        "websocket_max_message_size": 32 * _MEBIBYTE,
        "ws_ping_interval": 20_000,
        # Longer than two beats: an answer to the one before is always a beat old.
        "ws_ping_timeout": 60_000,
    }
    config.Voila.open_browser = False
    config.Voila.config_file_paths = []  # no voila.py lying about takes part
    config.Voila.log_level = os.environ.get("WORKBENCH_LOG_LEVEL", "WARN")
    return config
