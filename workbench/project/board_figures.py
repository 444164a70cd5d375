"""Figures against plan, from a board's whole cube or from its published part."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from workbench.errors import ParameterProblem
from workbench.project.board_shared import sum_shared
from workbench.review.cube import COUNTS, DIMENSIONS, sum_cube
from workbench.review.returns import add_returns, compare_members, hold_against_plan

_TEXTS = tuple(name for name in DIMENSIONS if name != "week")


class BoardFigures:
    """Figures against plan.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        The stored board's: ``cube``; or ``shared`` and ``rates``.
    cards : pandas.DataFrame
        Table `STRATEGIES`.
    exact : bool
        Whether they come from the whole cube, or from its published part.
    alpha : float
        1 − alpha is the intervals' confidence.
    """

    def __init__(
        self, tables: Mapping[str, pd.DataFrame], cards: pd.DataFrame, exact: bool, alpha: float
    ) -> None:
        self.cards, self.exact, self.alpha = cards, exact, alpha
        name = "cube" if exact else "shared"
        # Plain text is compared several times faster than what Parquet gives.
        cube = tables[name].astype(dict.fromkeys(_TEXTS, "object"))
        self.tables = {**tables, name: cube}
        self.weeks = int(cube["week"].max()) if len(cube) else 0

    def members(
        self, by: str = "", filters: Mapping[str, str] | None = None, weeks: tuple[int, int] | None = None
    ) -> pd.DataFrame:
        """Return each member of a dimension against its plan; see `Board.kpis`."""
        if self.exact:
            rows = compare_members(
                self.tables["cube"],
                self.cards,
                by or (),
                filters,
                weeks,
                alpha=self.alpha,
                rates=self.tables["rates"],
            )
            return rows.assign(**{f"hide_{measure}": False for measure in COUNTS})
        found = sum_shared(self.tables["shared"], by, filters, weeks)
        if found is None:
            raise ParameterProblem("review_board.error.not_published")
        sums, cells = found
        coarse = sums[["responded_to_plan", "cost_to_plan"]]
        held = hold_against_plan(sums)
        for name in coarse:
            held[name] = held[name].where(held[name].notna(), coarse[name])
        if weeks is not None:
            # The control's responses of some weeks are no published figure.
            cells = cells.assign(hidden=True)
        return add_returns(held, cells, self.tables["rates"], [by] if by else [], alpha=self.alpha)

    def cells(self, by: str) -> pd.DataFrame:
        """Return the figures of each member of a dimension by strategy."""
        if self.exact:
            return hold_against_plan(sum_cube(self.tables["cube"], [by, "strategy_id"]))
        found = sum_shared(self.tables["shared"], by)
        assert found is not None
        return hold_against_plan(found[1])
