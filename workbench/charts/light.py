"""Altair, without what its import would load and a chart never needs, and with less copying.

Nothing here changes what a chart says: the tests hold the specifications against those of
Altair as it is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

_UNUSED = "rfc3987_syntax"
"""Builds 38 grammars of addresses when jsonschema is imported, which Altair does: 0.9 s a process."""

_is_absent = _UNUSED not in sys.modules
if _is_absent:
    # jsonschema does without: a chart's specification has no address to check.
    sys.modules[_UNUSED] = None  # type: ignore[assignment]
try:
    import altair
    from altair.utils import schemapi
    from altair.vegalite.v6 import api
finally:
    if _is_absent:
        del sys.modules[_UNUSED]

__all__ = ["altair"]


def _remember_classes() -> None:
    """Let Altair hash the schemas of its classes once, not with every channel given as text."""
    plain = schemapi._FromDict.__init__
    known: dict[tuple[type, ...], Any] = {}

    def remembering(self: Any, wrapper_classes: Any, /) -> None:
        classes = tuple(wrapper_classes)
        if classes not in known:
            plain(self, classes)
            # Asked for a schema that it doesn't have, the original notes an empty list.
            known[classes] = self.class_dict
        self.class_dict = known[classes]

    schemapi._FromDict.__init__ = remembering  # type: ignore[method-assign]


def _share_parts() -> None:
    """Let layered and concatenated charts share their parts' parts where no parameter moves.

    Altair copies each part through and through, up to four times, in case a parameter must
    be lifted out of it, and prints its table to name it. Only for charts built within
    `schemapi.debug_mode(False)`, as the package's own are; views that get a parameter
    later are named without their table.
    """
    plain_copy, combine_data = schemapi.SchemaBase.copy, api._combine_subchart_data
    sharing: ContextVar[bool] = ContextVar("sharing", default=False)

    def copy(self: Any, deep: Any = True, ignore: Any = None) -> Any:
        return plain_copy(self, False if deep is True and sharing.get() else deep, ignore)

    def shared(step: Callable[..., Any], charts: int) -> Callable[..., Any]:
        def stepping(*given: Any) -> Any:
            token = sharing.set(_are_plain(given[charts]))
            try:
                return step(*given)
            finally:
                sharing.reset(token)

        return stepping

    def combining_data(data: Any, charts: Any) -> Any:
        if not charts or not _are_plain(charts):
            return combine_data(data, charts)
        undefined = altair.utils.is_undefined
        one = charts[0].data if undefined(data) else data
        fits = [each.data is one or (undefined(each.data) and not undefined(data)) for each in charts]
        if undefined(one) or not all(fits):
            return data, charts
        parts = [each.copy(deep=False) for each in charts]
        for part in parts:
            part.data = altair.Undefined
        return one, parts

    schemapi.SchemaBase.copy = copy  # type: ignore[method-assign]
    api._combine_subchart_data = combining_data  # type: ignore[assignment]
    api._combine_subchart_params = shared(api._combine_subchart_params, 1)
    api._remove_duplicate_params = shared(api._remove_duplicate_params, 0)
    api._remove_layer_props = shared(api._remove_layer_props, 1)


def _are_plain(charts: Any) -> bool:
    """Say whether these are the package's own charts, without a parameter in any."""
    return not schemapi.DEBUG_MODE and all(_has_no_parameter(chart) for chart in charts)


def _has_no_parameter(chart: Any) -> bool:
    undefined = altair.utils.is_undefined
    inside = chart._get("layer")
    layers = [] if undefined(inside) else inside
    return undefined(chart._get("params")) and all(undefined(layer._get("name")) for layer in layers)


_remember_classes()
_share_parts()
