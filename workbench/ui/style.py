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
    rules = resources.files("workbench.ui").joinpath("static/style.css").read_text(encoding="utf-8")
    return theme.css_variables() + rules
