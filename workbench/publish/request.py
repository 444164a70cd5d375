"""What the address of a dashboard asks for, as a notebook sees it."""

from __future__ import annotations

from workbench.ui.request import wanted


def query() -> dict[str, str]:
    """Return what the page's address asks for: ``lang``, ``theme``, ``cycle``.

    Only known values come through: a language of the catalogues, ``light`` or
    ``dark``, and a cycle's name. A preheated kernel waits here until somebody opens its
    page, so everything slow comes before the call.

    Returns
    -------
    dict of str
        Empty in JupyterLab, and for what the address does not say.

    Examples
    --------
    >>> query()
    {}
    """
    asked = wanted()
    if "mode" in asked:
        asked["theme"] = asked.pop("mode")
    return asked
