"""In a notebook's cell a chart is shown by our own view, not by code from elsewhere."""

from __future__ import annotations

import altair as alt
import pandas as pd
import pytest

from workbench.ui.vega.notebook import NAME, use_in_notebooks


def test_a_chart_in_a_cell_is_a_widget_without_an_address():
    before = alt.renderers.active
    try:
        alt.renderers.enable("default")
        use_in_notebooks()
        assert alt.renderers.active == NAME
        shown = alt.Chart(pd.DataFrame({"x": range(6000), "y": 1})).mark_point().encode(x="x:Q", y="y:Q")
        bundle = shown._repr_mimebundle_(None, None)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        assert "application/vnd.jupyter.widget-view+json" in data
        assert "http" not in str(data.get("text/html", ""))
    finally:
        alt.renderers.enable(before)
        alt.data_transformers.enable("default")


@pytest.mark.parametrize(
    "compose",
    [
        lambda chart: chart + chart,
        lambda chart: chart | chart,
        lambda chart: chart & chart,
        lambda chart: alt.concat(chart, chart),
        lambda chart: chart.facet("x:N"),
    ],
    ids=["layered", "beside", "below", "concatenated", "faceted"],
)
def test_a_composed_chart_is_shown_too(compose):
    before = alt.renderers.active
    try:
        alt.renderers.enable("default")
        use_in_notebooks()
        frame = pd.DataFrame({"x": [1, 2], "y": [3, 4]})
        bundle = compose(alt.Chart(frame).mark_point().encode(x="x:Q", y="y:Q"))._repr_mimebundle_(None, None)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        assert "application/vnd.jupyter.widget-view+json" in data
    finally:
        alt.renderers.enable(before)
        alt.data_transformers.enable("default")


def test_a_renderer_the_analyst_chose_is_left_alone():
    before = alt.renderers.active
    try:
        alt.renderers.enable("json")
        use_in_notebooks()
        assert alt.renderers.active == "json"
    finally:
        alt.renderers.enable(before)
