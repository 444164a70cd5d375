"""A spreadsheet's own charts of the pages' tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench import theme
from workbench.ui.pack.parts import HIDDEN, Native, Page

HEAD = 3
"""The row of a table's head on every sheet, from 0."""
_POINTS = '+0.0;"−"0.0;0'
_TOKENS = theme.tokens("light")
_FIRST_HELPER = 40
"""The first column of the figures that only a chart needs: far right of any table."""


def draw(book: Any, sheet: Any, page: Page, formats: Callable[..., Any]) -> Any:
    """Return a page's chart; it draws the sheet's own cells.

    Titles and names are references to cells: text given as it is would be taken for a
    formula when it begins with an equals sign.
    """
    assert page.native is not None
    made: Any = {"effects": _effects, "steps": _steps, "against": _against, "days": _days}[page.native.form]
    chart = made(book, sheet, page, page.native, formats)
    chart.set_title(
        {
            "name": [sheet.name, 0, 0],
            "name_font": {"size": 11, "bold": True, "color": _TOKENS["ink"]},
            "overlay": False,
            "layout": {"x": 0.02, "y": 0.02},
        }
    )
    chart.set_chartarea({"border": {"color": _TOKENS["line"]}})
    chart.set_size({"width": 880, "height": 380})
    return chart


def _cells(sheet: Any, page: Page, column: int) -> list[Any]:
    return [sheet.name, HEAD + 1, column, HEAD + len(page.rows), column]


def _name(sheet: Any, column: int) -> list[Any]:
    return [sheet.name, HEAD, column]


def _axis(**options: Any) -> dict[str, Any]:
    return {
        "num_font": {"size": 9, "color": _TOKENS["ink-2"]},
        "line": {"color": _TOKENS["line-2"]},
        "major_gridlines": {"visible": False},
        "minor_tick_mark": "none",
        "major_tick_mark": "none",
        **options,
    }


def _valued(**options: Any) -> dict[str, Any]:
    grid = {"visible": True, "line": {"color": _TOKENS["line"], "width": 0.75}}
    return _axis(**{"major_gridlines": grid, "line": {"none": True}, **options})


def _number(value: Any) -> float | None:
    return None if value is None or value is HIDDEN or value != value else float(value)


def _effects(book: Any, sheet: Any, page: Page, native: Native, formats: Callable[..., Any]) -> Any:
    """Draw dots with their intervals; hollow is not proven."""
    chart = book.add_chart({"type": "line"})
    estimate, low, high = native.values
    helper = max(_FIRST_HELPER, len(page.columns) + 2)
    spread: list[list[float]] = [[], []]
    for number, row in enumerate(page.rows):
        middle, below, above = (_number(row[column]) for column in (estimate, low, high))
        known = middle is not None and below is not None and above is not None
        spread[0].append(round((middle - below) * 100, 6) if known else 0.0)  # type: ignore[operator]
        spread[1].append(round((above - middle) * 100, 6) if known else 0.0)  # type: ignore[operator]
        if middle is not None:
            column = helper + (0 if native.proven[number] else 1)
            sheet.write_number(HEAD + 1 + number, column, round(middle * 100, 6), formats("points"))
    for end, values in enumerate(spread):
        for number, value in enumerate(values):
            sheet.write_number(HEAD + 1 + number, helper + 2 + end, value, formats("points"))
    sheet.set_column(helper, helper + 3, None, None, {"hidden": True})
    chart.show_hidden_data()
    colour = _TOKENS["q6"]
    for number, fill in enumerate((colour, _TOKENS["surface"])):
        chart.add_series(
            {
                "name": _name(sheet, estimate),
                "categories": _cells(sheet, page, native.label),
                "values": _cells(sheet, page, helper + number),
                "line": {"none": True},
                "marker": {
                    "type": "circle",
                    "size": 9,
                    "fill": {"color": fill},
                    "border": {"color": colour, "width": 1.5},
                },
                "y_error_bars": {
                    "type": "custom",
                    "plus_values": _reference(sheet, page, helper + 3),
                    "minus_values": _reference(sheet, page, helper + 2),
                    "end_style": 0,
                    "line": {"color": colour, "width": 2},
                },
            }
        )
    chart.show_blanks_as("gap")
    chart.set_legend({"none": True})
    chart.set_x_axis(_axis(label_position="low"))
    chart.set_y_axis(_valued(num_format=_POINTS, name=_name(sheet, estimate), name_font=_FONT))
    return chart


_FONT = {"size": 9, "bold": False, "color": _TOKENS["ink-2"]}


def _reference(sheet: Any, page: Page, column: int) -> str:
    from xlsxwriter.utility import xl_range_abs

    quoted = sheet.name.replace("'", "''")
    return f"='{quoted}'!{xl_range_abs(HEAD + 1, column, HEAD + len(page.rows), column)}"


def _steps(book: Any, sheet: Any, page: Page, native: Native, _: Callable[..., Any]) -> Any:
    """Draw bars beside their plan, the first step on top."""
    chart = book.add_chart({"type": "bar"})
    for column, colour in zip(native.values, (_TOKENS["q5"], _TOKENS["q2"]), strict=True):
        chart.add_series(
            {
                "name": _name(sheet, column),
                "categories": _cells(sheet, page, native.label),
                "values": _cells(sheet, page, column),
                "fill": {"color": colour},
                "gap": 60,
                "overlap": -5,
            }
        )
    chart.set_y_axis(_axis(reverse=True))
    chart.set_x_axis(_valued(num_format="#,##0", min=0))
    chart.set_legend({"position": "bottom", "font": _FONT})
    return chart


def _against(book: Any, sheet: Any, page: Page, native: Native, formats: Callable[..., Any]) -> Any:
    """Draw bars of the share of the plan that was reached, and the plan as a line."""
    helper = max(_FIRST_HELPER, len(page.columns) + 2)
    for number in range(len(page.rows)):
        sheet.write_number(HEAD + 1 + number, helper, 1.0, formats("against"))
    sheet.set_column(helper, helper, None, None, {"hidden": True})
    chart, plan = book.add_chart({"type": "column"}), book.add_chart({"type": "line"})
    chart.show_hidden_data()
    chart.add_series(
        {
            "name": _name(sheet, native.values[0]),
            "categories": _cells(sheet, page, native.label),
            "values": _cells(sheet, page, native.values[0]),
            "fill": {"color": _TOKENS["q5"]},
            "gap": 40,
        }
    )
    plan.add_series(
        {
            "name": "100%",
            "categories": _cells(sheet, page, native.label),
            "values": _cells(sheet, page, helper),
            "line": {"color": _TOKENS["ink"], "width": 1.5},
            "marker": {"type": "none"},
        }
    )
    chart.combine(plan)
    chart.set_x_axis(_axis(num_font={"size": 8, "color": _TOKENS["ink-2"]}))
    chart.set_y_axis(_valued(num_format="0%", min=0))
    chart.set_legend({"none": True})
    return chart


def _days(book: Any, sheet: Any, page: Page, native: Native, _: Callable[..., Any]) -> Any:
    """Draw the estimate from day to day between its ends."""
    chart = book.add_chart({"type": "line"})
    for number, column in enumerate(native.values):
        line = {"color": _TOKENS["q6" if number == 0 else "q4"], "width": 2.25 if number == 0 else 1}
        chart.add_series(
            {
                "name": _name(sheet, column),
                "categories": _cells(sheet, page, native.label),
                "values": _cells(sheet, page, column),
                "line": line if number == 0 else {**line, "dash_type": "dash"},
                "marker": {"type": "none"},
            }
        )
    chart.set_x_axis(_axis(label_position="low", interval_unit=max(1, len(page.rows) // 8)))
    chart.set_y_axis(_valued(num_format=_POINTS))
    chart.set_legend({"position": "bottom", "font": _FONT})
    return chart
