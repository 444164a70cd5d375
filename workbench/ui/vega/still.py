"""Charts on a page that stands alone: their specifications, and the code that draws them."""

from __future__ import annotations

import gzip
from functools import cache
from importlib import resources
from typing import Any

from markupsafe import Markup

from workbench.ui.vega.view import bundle


def still_chart(specification: dict[str, Any]) -> Markup:
    r"""Return a place on the page in which `still_script` draws a chart as SVG.

    Parameters
    ----------
    specification : dict
        Vega-Lite with its data.

    Returns
    -------
    markupsafe.Markup
        HTML. Whatever the data hold, they can't end the script that carries them.

    Examples
    --------
    >>> print(still_chart({"title": "</script><b>"}))
    <div class="workbench-chart"><script type="application/json">{"title":
    "\u003c/script\u003e\u003cb\u003e"}</script></div>
    """
    from jinja2.utils import htmlsafe_json_dumps

    text = htmlsafe_json_dumps(specification)
    return Markup('<div class="workbench-chart"><script type="application/json">{}</script></div>').format(
        text
    )


@cache
def still_script() -> str:
    """Return the charts' bundle and the lines that draw each chart of the page: a module's text."""
    code = gzip.decompress(bundle()).decode("utf-8").replace("</script", "<\\/script")
    place = resources.files("workbench.ui.vega").joinpath("static/still.js")
    return f"{code}\n{place.read_text(encoding='utf-8')}"
