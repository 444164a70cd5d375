"""The migration matrix as the heat table draws it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.ui.state.sections.versions import VersionsState


def matrix_rows(state: VersionsState) -> list[dict[str, Any]]:
    """Return one row a segment before: swatch, name, shaded cells, total; None where hidden."""
    rows = []
    for before in state.order("before"):
        total = state.cell(before, None)
        cells = []
        for after in state.order("after"):
            n = state.cell(before, after)
            share = n / total if n is not None and total else None
            cells.append(
                {
                    "n": n,
                    # Nobody can have joined and left.
                    "none": before.startswith("\0") and after.startswith("\0"),
                    "stays": state.stays(before, after),
                    "shade": _shade(share or 0.0),
                    "share": share,
                }
            )
        slot, name = state.slots("before")[before], state.names("before")[before]
        rows.append({"name": name, "slot": slot, "cells": cells, "total": total})
    return rows


def matrix_columns(state: VersionsState) -> list[dict[str, Any]]:
    """Return one column a segment after: swatch, name, total; None where hidden."""
    names, slots = state.names("after"), state.slots("after")
    return [
        {"name": names[name], "slot": slots[name], "total": state.cell(None, name)}
        for name in state.order("after")
    ]


def _shade(share: float) -> int:
    """Return the step of the sequential scale, 1 to 6, for a share of the row."""
    for step, limit in enumerate((0.02, 0.08, 0.2, 0.4, 0.7), 1):
        if share < limit:
            return step
    return 6
