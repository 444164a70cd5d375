"""A chart on which one can draw around marks."""

from __future__ import annotations

import math
from typing import Any

import traitlets

from workbench.ui.vega.view import VegaView

_LONGEST_OUTLINE = 500


class LassoView(VegaView):
    """A `VegaView` with a lasso: by mouse, by finger while `armed`, and by keys.

    Enter begins a rectangle, arrows move it, with Shift they size it; Escape clears. The
    chart must have one pair of scales, named ``x`` and ``y``. Parameters are those of
    `VegaView`.

    Attributes
    ----------
    outline : list of [float, float]
        What was drawn around, in the scales' values; setting ``[]`` clears it. At most 500
        corners; anything else that a page sends is no outline.
    picked : dict
        Where was clicked: ``x``, ``y``, and ``dx``, ``dy``, what counts as near; ``count``
        rises with each click.
    cleared : int
        Rises when somebody pressed Escape while `can_clear`.
    armed, can_clear : bool
        Whether a finger draws instead of scrolling, and whether there is something to clear.
    lasso_words : str
        What a screen reader says of the place to draw.

    Examples
    --------
    >>> view = LassoView()
    >>> view.outline = [[0, 0], [2, 0], [2, 2]]
    >>> view.outline
    [[0.0, 0.0], [2.0, 0.0], [2.0, 2.0]]
    >>> view.outline = [["x", 0]]
    >>> view.outline
    []
    """

    _lasso = traitlets.List(traitlets.Unicode(), default_value=["x", "y"]).tag(sync=True)
    outline: Any = traitlets.List().tag(sync=True, echo_update=False)
    picked = traitlets.Dict().tag(sync=True, echo_update=False)
    cleared = traitlets.Int(0).tag(sync=True, echo_update=False)
    armed = traitlets.Bool(False).tag(sync=True)
    can_clear = traitlets.Bool(False).tag(sync=True)
    lasso_words = traitlets.Unicode("").tag(sync=True)

    @traitlets.validate("outline")
    def _check_outline(self, proposal: Any) -> list[list[float]]:
        """Keep an outline's corners; the page is not to be trusted."""
        corners = proposal["value"]
        if len(corners) > _LONGEST_OUTLINE or not all(_is_place(corner) for corner in corners):
            return []
        return [[float(x), float(y)] for x, y in corners]

    @traitlets.validate("picked")
    def _check_picked(self, proposal: Any) -> dict[str, float]:
        names = ("x", "y", "dx", "dy", "count")
        given = proposal["value"]
        return {name: given[name] for name in names} if all(_is_number(given.get(n)) for n in names) else {}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_place(corner: Any) -> bool:
    return isinstance(corner, list | tuple) and len(corner) == 2 and all(_is_number(each) for each in corner)
