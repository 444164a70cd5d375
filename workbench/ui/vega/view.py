"""Show an Altair chart on a canvas, and change its data without sending it again."""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import os
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

import anywidget
import ipywidgets
import pandas as pd
import traitlets

from workbench import theme
from workbench.errors import ParameterProblem
from workbench.locale import normal_language, text
from workbench.ui.vega.capture import merged_config, take_apart
from workbench.ui.vega.columns import Packed, pack_column, pack_frame

BUNDLE_IN_PAGE = "WORKBENCH_BUNDLE_IN_PAGE"
"""Environment variable that the dashboards' server sets: its pages load the bundle."""

_LONGEST_SELECTION = 20_000


def _static(name: str) -> bytes:
    return resources.files("workbench.ui.vega").joinpath(f"static/{name}").read_bytes()


@cache
def bundle() -> bytes:
    """Return the browser bundle (a JavaScript module), compressed with gzip."""
    return gzip.compress(_static("vega.js"), compresslevel=6, mtime=0)


@cache
def bundle_hash() -> str:
    """Return twelve digits that change with the bundle, for its address."""
    return hashlib.sha256(_static("vega.js")).hexdigest()[:12]


class Runtime(ipywidgets.Widget):
    """The bundle, sent once a page; every chart of the page uses it."""

    _model_name = traitlets.Unicode("WidgetModel").tag(sync=True)
    _model_module = traitlets.Unicode("@jupyter-widgets/base").tag(sync=True)
    _model_module_version = traitlets.Unicode("2.0.0").tag(sync=True)
    bundle = traitlets.Bytes().tag(sync=True)

    _shared: Runtime | None = None

    @classmethod
    def shared(cls) -> Runtime:
        """Return this kernel's only one."""
        if cls._shared is None or cls._shared.comm is None:
            cls._shared = cls(bundle=bundle())
        return cls._shared


def _pack_look(_value: Any, widget: VegaView) -> Packed:
    return widget._look_state()


def _pack_content(_value: Any, widget: VegaView) -> Packed:
    return widget._content_state()


def _keep(_value: Any, _widget: Any) -> None:
    """Whatever a page sends for the picture is dropped: it only flows outwards."""


class VegaView(anywidget.AnyWidget):
    """An Altair chart whose data can change.

    Rows go to the browser as binary columns, an update sends the changed columns only,
    and the bundle that draws is sent once a page. The chart stays an ordinary Altair
    object: ``view.chart``.

    Parameters
    ----------
    chart : altair.Chart, optional
        Or a layered, concatenated or faceted one; nothing is drawn before there is one.
        It fills the width of its place; with ``usermeta={"fit": False}`` it keeps its own.
    mode : {"light", "dark"}, default="light"
        Whose colours the axes and the ground have.
    height : int, optional
        Height in pixels, axes included; by default the chart's own.
    selections : sequence of str, default=()
        Names of the chart's parameters that are reported in `selection`.
    lang : {"en", "zh_CN"}, default="en"
        Language of dates and of a fault's sentence.

    Attributes
    ----------
    selection : dict
        ``{parameter: {field: values}}`` as chosen in the page, checked for its form: an
        interval has two numbers, or the values of a category; a point without fields
        gives the numbers of its rows as ``{"row": […]}``. Setting a parameter to ``{}``
        empties it in the page.
    marks : int
        Number of marks the page has drawn.
    width : int
        Width of the chart in the page.
    error : str
        Why the page could not draw the chart; empty when it could.

    Examples
    --------
    >>> import altair as alt
    >>> frame = pd.DataFrame({"x": [1, 2], "y": [0.5, 1.5]})
    >>> view = VegaView(alt.Chart(frame).mark_point().encode(x="x:Q", y="y:Q"))
    >>> view.tables
    ('table_0',)
    >>> view.update(y=[2.5, 3.5])
    >>> view.frame()["y"].tolist()
    [2.5, 3.5]
    """

    _esm = _static("stub.js").decode()

    _look = traitlets.Any(0).tag(sync=True, to_json=_pack_look, from_json=_keep)
    _content = traitlets.Any(0).tag(sync=True, to_json=_pack_content, from_json=_keep)
    _runtime = traitlets.Unicode("").tag(sync=True)
    _selections = traitlets.List(traitlets.Unicode()).tag(sync=True)

    mode = traitlets.Enum(theme.MODES, default_value="light")
    height = traitlets.Int(None, allow_none=True)
    selection = traitlets.Dict().tag(sync=True, echo_update=False)
    marks = traitlets.Int(0).tag(sync=True, echo_update=False)
    width = traitlets.Int(0).tag(sync=True, echo_update=False)
    error = traitlets.Unicode("").tag(sync=True, echo_update=False)

    def __init__(
        self,
        chart: Any = None,
        *,
        mode: theme.Mode = "light",
        height: int | None = None,
        selections: Sequence[str] = (),
        lang: str = "en",
    ) -> None:
        self._lock = threading.RLock()
        self._seq = 0
        self._shown: dict[str, int] = {}
        self._tickets = 0
        self._lang = normal_language(lang)
        self._take(chart)
        super().__init__(
            mode=mode,
            height=height,
            layout=ipywidgets.Layout(width="100%", min_width="0"),
            _selections=list(selections),
            _runtime="" if os.environ.get(BUNDLE_IN_PAGE) == "1" else Runtime.shared().model_id,
        )
        self.on_msg(self._answer)
        self.observe(self._restyle, ("mode", "height"))

    # -- what the browser gets --------------------------------------------------------

    def _take(self, chart: Any) -> None:
        spec, frames = ({}, {}) if chart is None else take_apart(chart)
        self._keep_parts(chart, spec, frames)

    def _keep_parts(self, chart: Any, spec: dict[str, Any], frames: dict[str, pd.DataFrame]) -> None:
        own = spec.pop("config", {})
        self._chart, self._spec, self._own_config = chart, spec, own
        self._words = json.dumps(spec, ensure_ascii=False).replace("\\", "")
        self._frames = frames
        self._packed = {name: pack_frame(self._used(frame)) for name, frame in frames.items()}

    def _used(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Leave out the columns that the specification doesn't name: they stay in the kernel."""
        if '"content": "data"' in self._words:
            return frame
        return frame[[column for column in frame.columns if str(column) in self._words]]

    def _look_state(self) -> Packed:
        with self._lock:
            return {
                "spec": self._spec,
                "config": merged_config(self._own_config, self.mode),
                "height": self.height,
                "lang": self._lang,
                "words": text("publish.chart.failed", self._lang),
            }

    def _content_state(self) -> Packed:
        with self._lock:
            return {"seq": self._seq, "tables": self._packed}

    def _restyle(self, _change: Any) -> None:
        self.send_state("_look")

    def _answer(self, _widget: Any, content: Any, _buffers: Any) -> None:
        # A page that was made before the last update asks for the whole again.
        if isinstance(content, dict) and content.get("type") == "ready" and content.get("seq") != self._seq:
            self.send_state(["_look", "_content"])

    # -- what the screens call --------------------------------------------------------

    @property
    def chart(self) -> Any:
        """The chart as it was given, to take away."""
        return self._chart

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables that the chart draws."""
        return tuple(self._frames)

    def frame(self, table: str | None = None) -> pd.DataFrame:
        """Return the rows that are drawn now (the first table's by default)."""
        return self._frames[self._table(table)]

    def begin(self) -> int:
        """Return a ticket for a result that is still being computed.

        Passed to `update`, `replace` or `show` as ``ticket``, it makes sure that a slow
        computation never paints over the result of one begun later.
        """
        with self._lock:
            self._tickets += 1
            return self._tickets

    def update(
        self,
        values: Mapping[str, Any] | None = None,
        /,
        *,
        table: str | None = None,
        ticket: int | None = None,
        **columns: Any,
    ) -> None:
        """Change some columns; the rows stay.

        Parameters
        ----------
        values : mapping of str to array-like, optional
            New columns by name, for names that aren't Python words.
        table : str, optional
            Which table; by default the first.
        ticket : int, optional
            From `begin`: the update is dropped when a newer one has been shown.
        **columns : array-like or scalar
            New columns, as long as the table.

        Raises
        ------
        ParameterProblem
            If there is no such table, or a column has another length.
        """
        name = self._table(table)
        changed = {**dict(values or {}), **columns}
        frame = self._frames[name]
        fresh = frame.assign(**{column: _fitting(column, value, frame) for column, value in changed.items()})
        packed = {column: pack_column(fresh[column]) for column in changed if column in self._words}
        before = self._packed[name]["columns"]
        packed = {column: values for column, values in packed.items() if values != before.get(column)}
        self._change(name, fresh, packed, ticket)

    def replace(self, frame: pd.DataFrame, *, table: str | None = None, ticket: int | None = None) -> None:
        """Change a table's rows; only columns that differ are sent.

        Parameters
        ----------
        frame : pandas.DataFrame
            With the columns of the table it replaces.
        table : str, optional
            Which table; by default the first.
        ticket : int, optional
            From `begin`: the update is dropped when a newer one has been shown.
        """
        name = self._table(table)
        missing = [column for column in self._packed[name]["columns"] if column not in frame.columns]
        if missing:
            raise ParameterProblem("publish.chart.columns", columns=", ".join(missing))
        packed = pack_frame(self._used(frame))
        before = self._packed[name]
        columns = packed["columns"]
        if packed["n"] == before["n"]:
            columns = {key: value for key, value in columns.items() if value != before["columns"].get(key)}
        self._change(name, frame, columns, ticket)

    def show(self, chart: Any, *, mode: theme.Mode | None = None, ticket: int | None = None) -> None:
        """Draw another chart in this place; the old picture stays until it is ready.

        Where only its rows differ, only the columns that differ are sent.

        Parameters
        ----------
        chart : altair.Chart
            The new chart.
        mode : {"light", "dark"}, optional
            Its mode; by default unchanged.
        ticket : int, optional
            From `begin`: the chart is dropped when a newer result has been shown.
        """
        spec, frames = take_apart(chart)
        with self._lock:
            if self._is_stale("", ticket):
                return
            own = spec.get("config", {})
            rest = {name: part for name, part in spec.items() if name != "config"}
            if (rest, own) == (self._spec, self._own_config) and mode in (None, self.mode):
                # The same drawing of other rows: only the columns that differ are sent.
                self._chart = chart
                for name, frame in frames.items():
                    self.replace(frame, table=name)
                return
            self._keep_parts(chart, spec, frames)
            self._seq += 1
            if mode is not None:
                self.unobserve(self._restyle, ("mode", "height"))
                self.mode = mode
                self.observe(self._restyle, ("mode", "height"))
            self.send_state(["_look", "_content"])

    # -- inside -----------------------------------------------------------------------

    def _table(self, table: str | None) -> str:
        name = table or next(iter(self._frames), "")
        if name not in self._frames:
            raise ParameterProblem("publish.chart.table", table=name, known=", ".join(self._frames))
        return name

    def _is_stale(self, table: str, ticket: int | None) -> bool:
        """Say whether a newer result was shown; if not, this one is the newest now."""
        if ticket is None:
            ticket = self.begin()
        shown = [self._shown.get("", 0), self._shown.get(table, 0)] if table else self._shown.values()
        if ticket < max(shown, default=0):
            return True
        self._shown[table] = ticket
        return False

    def _change(self, table: str, frame: pd.DataFrame, columns: Packed, ticket: int | None) -> None:
        with self._lock:
            if self._is_stale(table, ticket):
                return
            n = len(frame)
            self._frames[table] = frame
            if not columns and n == self._packed[table]["n"]:
                return
            self._packed[table] = {"n": n, "columns": {**self._packed[table]["columns"], **columns}}
            self._seq += 1
            buffers: list[bytes] = []
            light: Packed = {}
            for name, column in columns.items():
                light[name] = {key: value for key, value in column.items() if key != "data"}
                if "data" in column:
                    light[name]["buffer"] = len(buffers)
                    buffers.append(column["data"])
            message = {"type": "update", "seq": self._seq, "table": table, "n": n, "columns": light}
            self.send(message, buffers)

    @traitlets.validate("selection")
    def _check_selection(self, proposal: Any) -> dict[str, dict[str, list[Any]]]:
        """Keep what has the form of a selection; the page is not to be trusted."""
        checked: dict[str, dict[str, list[Any]]] = {}
        for name in self._selections:
            fields = proposal["value"].get(name)
            if not isinstance(fields, dict):
                continue
            checked[name] = {}
            for field, values in fields.items():
                values = values if isinstance(values, list) else [values]
                if isinstance(field, str) and all(_is_simple(value) for value in values):
                    checked[name][field] = values[:_LONGEST_SELECTION]
        return checked


def _fitting(column: str, value: Any, frame: pd.DataFrame) -> Any:
    if not hasattr(value, "__len__") or isinstance(value, str):
        return value
    if len(value) != len(frame):
        raise ParameterProblem("publish.chart.length", column=column, n=len(value), expected=len(frame))
    # By position: a chart's rows have no labels.
    return value.array if isinstance(value, pd.Series) else value


def _is_simple(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, bool | int | str)
