"""Show charts in a notebook's cells with our own view, offline."""

from __future__ import annotations

from typing import Any

from workbench.charts.light import altair as alt
from workbench.ui.vega.view import VegaView

NAME = "workbench"
_COMPOSED = {
    "layer": alt.LayerChart,
    "hconcat": alt.HConcatChart,
    "vconcat": alt.VConcatChart,
    "concat": alt.ConcatChart,
    "facet": alt.FacetChart,
    "repeat": alt.RepeatChart,
}


def use_in_notebooks() -> None:
    """Make Altair show its charts with `VegaView`.

    Altair's own default loads its code from another machine, and the viewers that
    JupyterLab carries are a version behind: in a bank's network both leave a blank cell.
    """
    if NAME not in alt.renderers.names():
        alt.renderers.register(NAME, _show)
    if alt.renderers.active == "default":
        alt.renderers.enable(NAME)
        alt.data_transformers.disable_max_rows()


def _show(spec: dict[str, Any], **_: Any) -> Any:
    mode = spec.get("usermeta", {}).get("mode", "light")
    # Without validation, Altair takes every specification for a single chart.
    kind: Any = next((kind for part, kind in _COMPOSED.items() if part in spec), alt.Chart)
    chart = kind.from_dict(spec, validate=False)
    return VegaView(chart, mode=mode)._repr_mimebundle_()
