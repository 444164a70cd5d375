"""Take an Altair chart apart: a specification without data, and the frames it draws."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from copy import deepcopy
from typing import Any

import pandas as pd

from workbench import theme
from workbench.charts.light import altair as alt
from workbench.errors import ParameterProblem

schemapi = alt.utils.schemapi
_LOCK = threading.RLock()
_NAME = "workbench_capture"


class _Frames:
    """The frames of one chart, each under a name of its own."""

    def __init__(self) -> None:
        self.named: dict[str, pd.DataFrame] = {}

    def name(self, frame: pd.DataFrame) -> str:
        for name, known in self.named.items():
            if known is frame:
                return name
        wanted = str(frame.attrs.get("table", "")) or f"table_{len(self.named)}"
        name = wanted if wanted not in self.named else f"{wanted}_{len(self.named)}"
        self.named[name] = frame
        return name


_capturing: ContextVar[_Frames | None] = ContextVar("capturing", default=None)


def _transform(data: Any, **options: Any) -> Any:
    frames = _capturing.get()
    if frames is None or not isinstance(data, pd.DataFrame):
        # Another thread's chart, or values that are part of the specification.
        return alt.default_data_transformer(data, **options)
    return {"name": frames.name(data)}


@contextmanager
def unchecked_charts() -> Iterator[None]:
    """Build charts without checking each part against the schema.

    For the package's own charts, which the tests check: the checks take half the time of
    building them.
    """
    with schemapi.debug_mode(False):
        yield


def take_apart(chart: Any) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """Return a chart's specification and its frames, no row turned into text.

    Parameters
    ----------
    chart : altair.Chart
        Or a layered, concatenated or faceted one.

    Returns
    -------
    spec : dict
        Vega-Lite; each data source is ``{"name": …}``.
    frames : dict of pandas.DataFrame
        ``{name: frame}`` in the order of their use. A frame whose ``attrs["table"]`` is
        set has that name.

    Raises
    ------
    ParameterProblem
        If the chart would load its data from an address.

    Examples
    --------
    >>> frame = pd.DataFrame({"x": [1, 2]})
    >>> spec, frames = take_apart(alt.Chart(frame).mark_point().encode(x="x:Q"))
    >>> spec["data"], frames["table_0"] is frame
    ({'name': 'table_0'}, True)
    """
    frames = _Frames()
    with _LOCK:
        # Again each time: asking whether it is there looks through every installed package.
        alt.data_transformers.register(_NAME, _transform)
        token = _capturing.set(frames)
        try:
            with alt.data_transformers.enable(_NAME):
                spec = chart.to_dict(validate=schemapi.DEBUG_MODE)
        finally:
            _capturing.reset(token)
    spec.pop("$schema", None)
    _refuse_addresses(spec)
    return spec, frames.named


def _refuse_addresses(part: Any) -> None:
    if isinstance(part, dict):
        data = part.get("data")
        if isinstance(data, dict) and "url" in data:
            raise ParameterProblem("publish.chart.address", address=data["url"])
        for child in part.values():
            _refuse_addresses(child)
    elif isinstance(part, list):
        for child in part:
            _refuse_addresses(child)


def merged_config(own: dict[str, Any], mode: theme.Mode) -> dict[str, Any]:
    """Return the theme's chart configuration with what a chart sets of its own.

    A setting that only repeats the theme of either mode follows the mode.

    Examples
    --------
    >>> light = theme.chart_config("light")
    >>> merged_config(light, "dark") == theme.chart_config("dark")
    True
    >>> merged_config({"view": {"stroke": "red"}}, "dark")["view"]
    {'stroke': 'red'}
    """
    configs = [theme.chart_config(each) for each in theme.MODES]
    return _merge(deepcopy(theme.chart_config(mode)), own, configs)


def _merge(base: dict[str, Any], own: dict[str, Any], themes: list[dict[str, Any]]) -> dict[str, Any]:
    for name, value in own.items():
        theirs = [each.get(name) if isinstance(each, dict) else None for each in themes]
        if isinstance(value, dict) and isinstance(base.get(name), dict):
            base[name] = _merge(
                base[name], value, [each if isinstance(each, dict) else {} for each in theirs]
            )
        elif value not in theirs:
            base[name] = value
    return base
