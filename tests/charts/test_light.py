"""Altair is imported without what only checks addresses, and copies less."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from workbench.charts.light import altair as alt

schemapi = alt.utils.schemapi

FIRST = "import sys; from workbench import charts; charts.compare_k"


@pytest.mark.parametrize("then", ["'lark' not in sys.modules", "__import__('rfc3987_syntax')"])
def test_a_chart_loads_no_grammars_and_takes_them_from_nobody(then: str) -> None:
    code = f"{FIRST}; assert 'altair' in sys.modules; assert {then}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


TABLE = pd.DataFrame({"x": [1, 2, 3], "y": [3.0, 1.0, 2.0], "part": ["a", "b", "b"]})


def bars(table: pd.DataFrame) -> alt.Chart:
    return alt.Chart(table, height=40).mark_bar().encode(x="x:Q", y=alt.Y("y", title=None))


def words(table: pd.DataFrame) -> alt.Chart:
    shown = alt.when(alt.datum.y > 1).then(alt.value("black")).otherwise(alt.value("grey"))
    return alt.Chart(table, height=40).mark_text(dx=4).encode(x="x:Q", text="y", color=shown)


def picked(table: pd.DataFrame) -> alt.Chart:
    pick = alt.selection_point(name="pick", fields=["x"])
    return (
        bars(table)
        .add_params(pick)
        .encode(opacity=alt.when(pick).then(alt.value(1)).otherwise(alt.value(0.4)))
    )


CHARTS: dict[str, Callable[[pd.DataFrame], Any]] = {
    "layers of one table": lambda table: bars(table) + words(table),
    "layers of two tables": lambda table: alt.layer(bars(table), words(table.head(2))),
    "layers in a row": lambda table: alt.hconcat(bars(table) + words(table), words(table), spacing=4),
    "layers with a selection": lambda table: picked(table) + words(table),
    "a selection in a row": lambda table: (picked(table) + words(table)) | bars(table),
    "layers in facets": lambda table: alt.layer(bars(table), words(table), data=table).facet(row="part:N"),
    "layers of layers": lambda table: alt.layer(bars(table) + words(table), words(table)).resolve_scale(
        y="shared"
    ),
}


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_says_the_same_with_less_copying(name: str) -> None:
    specs = []
    for checked in (True, False):
        with schemapi.debug_mode(checked):
            chart = CHARTS[name](TABLE)
            specs.append(chart.to_dict(validate=False))
    assert specs[0] == specs[1]
    assert "pick" not in json.dumps(specs[0]) or "view_" in json.dumps(specs[0])


def test_parts_of_a_chart_stay_as_they_were() -> None:
    with schemapi.debug_mode(False):
        part, other = bars(TABLE), words(TABLE)
        before = part.to_dict(), other.to_dict()
        whole = alt.layer(part, other)
        assert whole.data is TABLE
        assert part.data is TABLE
        assert part.height == 40
        assert (part.to_dict(), other.to_dict()) == before


def test_text_is_read_as_altair_reads_it() -> None:
    with schemapi.debug_mode(False):
        first, second = (alt.Chart(TABLE).mark_point().encode(x="x:Q", y="mean(y):Q") for _ in range(2))
    assert first.to_dict(validate=False)["encoding"] == {
        "x": {"field": "x", "type": "quantitative"},
        "y": {"aggregate": "mean", "field": "y", "type": "quantitative"},
    }
    assert first.to_dict(validate=False) == second.to_dict(validate=False)
    assert type(first.encoding.x) is type(alt.X("x:Q"))
