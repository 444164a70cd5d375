"""A piece of a screen: escaped HTML in, presses out."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from typing import Any

import anywidget
import traitlets

Handler = Callable[[str, dict[str, str]], None]


class Panel(anywidget.AnyWidget):
    """Show HTML that the templates have escaped, and report what is pressed.

    Elements with ``data-action`` report clicks and keys, selects and fields with it
    report changes, forms their fields, and fields with ``data-live`` report while one
    types. ``data-hotkey`` names the key that presses a button while no field has the
    focus, ``data-seconds`` counts down, and what has a new ``data-top`` is scrolled to.
    What arrives from a page is untrusted: only actions with a handler do anything, and a
    handler must check its value.

    Parameters
    ----------
    html : str, default=""
        Rendered by `workbench.ui.render.render`, never put together by hand.

    Examples
    --------
    >>> panel = Panel()
    >>> panel.on("pick", lambda value, fields: print("picked", value))
    >>> panel.press("pick", "S1")
    picked S1
    """

    _esm = resources.files("workbench.ui").joinpath("static/panel.js").read_text(encoding="utf-8")

    html = traitlets.Unicode("").tag(sync=True)
    page = traitlets.Dict().tag(sync=True)
    heard = traitlets.Int(0).tag(sync=True)

    def __init__(self, html: str = "", **traits: Any) -> None:
        super().__init__(html=html, **traits)
        self._handlers: dict[str, Handler] = {}
        self.on_msg(self._receive)

    def on(self, action: str, handler: Handler) -> None:
        """Call ``handler(value, fields)`` when an action is reported."""
        self._handlers[action] = handler

    def press(self, action: str, value: str = "", fields: dict[str, str] | None = None) -> None:
        """Do what a press in the page does; for tests and for code."""
        self._receive(self, {"action": action, "value": value, "values": fields or {}})

    def deliver(self, name: str, media_type: str, content: bytes) -> None:
        """Let the reader's browser save a file."""
        self.send({"file": name, "type": media_type}, [content])

    def _receive(self, _: Any, content: Any, __: Any = None) -> None:
        if not isinstance(content, dict):
            return
        count = content.get("count")
        if isinstance(count, int):
            # Said first: what is painted from here on knows of this report.
            self.heard = count
        handler = self._handlers.get(str(content.get("action", "")))
        fields = content.get("values")
        if handler is None or not isinstance(fields, dict):
            return
        handler(str(content.get("value", "")), {str(k): str(v) for k, v in fields.items()})
