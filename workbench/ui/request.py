"""What the address of a dashboard asks for, and where the other stages are."""

from __future__ import annotations

import os
from urllib.parse import urlencode

from workbench import locale

PUBLISHED = "WORKBENCH_PUBLISHED"
"""Environment variable that the dashboards' server sets for its kernels."""


def is_published() -> bool:
    """Say whether this kernel belongs to a dashboard."""
    return os.environ.get(PUBLISHED) == "1"


def stage_address(notebook: str, lang: str, mode: str, cycle: str) -> str:
    """Return the address of another stage, relative to this machine's server.

    Examples
    --------
    >>> stage_address("02_strategy.ipynb", "zh_CN", "dark", "2026 Q3")
    '/lab/tree/02_strategy.ipynb'
    """
    if not is_published():
        return f"/lab/tree/{notebook}"
    asked = {"lang": "zh" if lang == "zh_CN" else "en", "theme": mode, "cycle": cycle}
    return f"/voila/render/{notebook}?{urlencode(asked)}"


def wanted() -> dict[str, str]:
    """Return what the page's address asks for: ``lang``, ``mode``, ``cycle``, ``section``.

    A preheated kernel waits here until somebody opens its page, so everything slow
    comes before the call. In JupyterLab there is nothing to wait for.
    """
    if not is_published():
        return {}
    from urllib.parse import parse_qs

    _wait_for_page()
    asked = {name: values[-1] for name, values in parse_qs(os.environ.get("QUERY_STRING", "")).items()}
    found: dict[str, str] = {}
    if "lang" in asked:
        found["lang"] = locale.normal_language(asked["lang"])
    if asked.get("theme") in ("light", "dark"):
        found["mode"] = asked["theme"]
    if asked.get("section", "").isidentifier():
        found["section"] = asked["section"][:40]
    if asked.get("cycle"):
        found["cycle"] = asked["cycle"][:40]
    return found


def wanted_code() -> str:
    """Return the digits of the room's code that the page's address carries; ask after `wanted`.

    Examples
    --------
    >>> wanted_code()
    ''
    """
    from urllib.parse import parse_qs

    asked = parse_qs(os.environ.get("QUERY_STRING", "")) if is_published() else {}
    return "".join(digit for digit in asked.get("code", [""])[-1] if digit in "0123456789")[:6]


def _wait_for_page() -> None:
    """Wait, in a preheated kernel, for its page, and take over what it asked for.

    What ``voila.utils.wait_for_request`` does, without loading the rest of the server's
    package into every kernel (23 MB, 0.4 s).
    """
    if os.environ.get("VOILA_PREHEAT", "False") == "False":
        return
    import asyncio
    import json
    import threading

    place = os.environ.get("VOILA_WS_BASE_URL") or os.environ.get("VOILA_SERVER_URL", "/")
    server = f"{os.environ.get('VOILA_APP_IP', '127.0.0.1')}:{os.environ.get('VOILA_APP_PORT', '8866')}"
    address = (
        f"{os.environ.get('VOILA_WS_PROTOCOL', 'ws')}://{server}{place}voila/query/"
        f"{os.environ.get('VOILA_KERNEL_ID', '')}"
    )
    answers: list[str] = []
    # The kernel's own loop is running this cell, so the wait has a loop of its own.
    waiting = threading.Thread(target=lambda: answers.append(asyncio.run(_first_message(address))))
    waiting.start()
    waiting.join()
    for name, value in json.loads(answers[0] if answers else "{}").items():
        os.environ[name] = str(value)


async def _first_message(address: str) -> str:
    from tornado.websocket import websocket_connect

    try:
        connection = await websocket_connect(address)
    except OSError:
        return "{}"  # the server is gone: nobody will ever ask
    message = await connection.read_message()
    connection.close()
    return message if isinstance(message, str) else "{}"
