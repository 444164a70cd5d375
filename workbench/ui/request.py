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

    from voila.utils import wait_for_request

    wait_for_request()
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
