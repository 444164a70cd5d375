"""The stylesheet of every screen: the theme's tokens, then the rules."""

from __future__ import annotations

from functools import cache
from importlib import resources

from workbench import theme


@cache
def css() -> str:
    """Return the whole stylesheet.

    The dashboards' template puts it into the page's head; in JupyterLab each screen
    carries it. Every rule is scoped to ``.wb``.

    Examples
    --------
    >>> css().startswith(":root{--font:")
    True
    """
    static = resources.files("workbench.ui").joinpath("static")
    sections = sorted(static.joinpath("sections").iterdir(), key=lambda found: found.name)
    files = [static.joinpath("style.css"), *(found for found in sections if found.name.endswith(".css"))]
    return theme.css_variables() + "".join(found.read_text(encoding="utf-8") for found in files)
