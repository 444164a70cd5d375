"""The card file of a cycle: making, copying and removing strategy cards, and what each can find out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import ParameterProblem
from workbench.project.cards import STAMPS

if TYPE_CHECKING:
    from workbench.project.handle import Project

START_DAYS = 8
"""Days from the snapshot to the first contact of a new card."""


class CardFile:
    """The strategy cards of one cycle as somebody works on them.

    Parameters
    ----------
    project : Project
        The handle.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._store = project.store

    # Making ----------------------------------------------------------------------

    def draft(
        self,
        template: str,
        segment: str,
        *,
        starts_on: dt.date | str | None = None,
        days: int = 60,
        control_share: float = 0.1,
        lang: str = "en",
    ) -> dict[str, Any]:
        """Return a card made of a template, which is not stored yet.

        Parameters
        ----------
        template : str
            A key of `workbench.read_templates`.
        segment : str
            A segment of the approved segmentation.
        starts_on : datetime.date or str, optional
            First day; by default eight days after the snapshot.
        days, control_share, lang
            As in `workbench.draft_card`.

        Returns
        -------
        dict
            For `add`. Conditions on columns that this project lacks are left out.

        Raises
        ------
        NotFound
            If no segmentation is approved.
        ParameterProblem
            If there is no such template or segment.
        """
        from workbench.strategy import draft_card

        segments = [str(name) for name in self._project.insight.segmentation().segments["segment"]]
        if segment not in segments:
            raise ParameterProblem(
                "strategy_cards.error.no_segment", segment=segment, known=", ".join(segments)
            )
        if starts_on is None:
            day = self._project.need_cycle().snapshot_date
            assert day is not None
            starts_on = day + dt.timedelta(days=START_DAYS)
        return draft_card(
            template,
            segment,
            starts_on=starts_on,
            strategy_id=self.free_id(),
            days=days,
            control_share=control_share,
            lang=lang,
            columns=self._project.imports.portrait_columns(),
        )

    def free_id(self) -> str:
        """Return the number of the next card: after all cards of the cycle and of its plan."""
        strategy = self._project.strategy
        known = set(strategy.cards()["strategy_id"])
        if strategy.artefact() is not None:
            # A removed card's number may still stand in the plan's scores.
            known |= set(strategy.plan().criteria["strategy_id"])
        numbers = [int(digits) for name in known if (digits := name.lstrip("S")).isdecimal()]
        return f"S{1 + max(numbers, default=0)}"

    def add(self, card: Mapping[str, Any]) -> str:
        """Store a new card, and return its strategy_id.

        Raises
        ------
        ParameterProblem
            If the cycle has a card of that number.
        TableProblem
            If the card doesn't fit the table.
        """
        strategy_id = str(card["strategy_id"])
        if strategy_id in set(self._project.strategy.cards()["strategy_id"]):
            raise ParameterProblem("strategy_cards.error.card_there", strategy=strategy_id)
        self._project.strategy.save_card(card)
        return strategy_id

    def duplicate(self, strategy_id: str, name: str | None = None) -> str:
        """Store a copy of a card under the next number, and return it.

        Parameters
        ----------
        strategy_id : str
            Which card.
        name : str, optional
            The copy's name; by default the card's.

        Raises
        ------
        NotFound
            If the cycle has no such strategy.
        """
        card = {k: v for k, v in self._project.strategy.card(strategy_id).items() if k not in STAMPS}
        copy = card | {"strategy_id": self.free_id(), "name": name or card["name"], "script_version": ""}
        return self.add(copy)

    def remove(self, strategy_id: str, expected_version: int | None = None) -> None:
        """Remove a card from which no list was launched.

        Parameters
        ----------
        strategy_id : str
            Which card.
        expected_version : int, optional
            The ``row_version`` that was looked at. If it is no longer the stored one,
            nothing is removed.

        Raises
        ------
        NotFound
            If the cycle has no such strategy.
        ParameterProblem
            If a list was launched from it.
        Conflict
            If somebody else changed the card first.
        """
        self._store.cards.remove(self._project.need_cycle().cycle_id, strategy_id, expected_version)

    # Reading ---------------------------------------------------------------------

    def scripts(self, strategy_id: str) -> pd.DataFrame:
        """Return all versions of a card's script, oldest first, the one in use last.

        Returns
        -------
        pandas.DataFrame
            version, script, until (UTC, when it was replaced) and by (by whom); the last
            two are missing for the one in use.

        Raises
        ------
        NotFound
            If the cycle has no such strategy.
        """
        rows = self._store.cards.scripts(self._project.cycle.cycle_id or "", strategy_id)
        frame = pd.DataFrame(rows, columns=["version", "script", "until", "by"])
        frame["until"] = pd.to_datetime(frame["until"]).astype("datetime64[us]")
        return frame.astype({"version": "str", "script": "str", "by": "str"})

    def sizes(self) -> pd.DataFrame:
        """Return how many customers each card has to learn from.

        Returns
        -------
        pandas.DataFrame
            strategy_id, n and basis: ``list`` (its launched list), ``reach`` (its customers
            in the newest plan, before capacity and other strategies) or ``none``.
        """
        strategy = self._project.strategy
        lists = strategy.lists()
        listed = dict(zip(lists["strategy_id"], lists["n"], strict=True))
        reach: dict[str, float] = {}
        if strategy.artefact() is not None:
            criteria = strategy.plan().criteria
            reach = dict(zip(criteria["strategy_id"], criteria["n"], strict=True))
        rows = [
            (name, float(listed[name]), "list")
            if name in listed
            else (name, float(reach[name]), "reach")
            if name in reach
            else (name, float("nan"), "none")
            for name in strategy.cards()["strategy_id"]
        ]
        frame = pd.DataFrame(rows, columns=["strategy_id", "n", "basis"])
        return frame.astype({"strategy_id": "str", "n": "float64", "basis": "str"})

    def power(
        self, sizes: Mapping[str, float] | None = None, *, alpha: float = 0.05, power: float = 0.8
    ) -> pd.DataFrame:
        """Say of each card what its list can find out; see `workbench.check_power`.

        Parameters
        ----------
        sizes : mapping of str to float, optional
            strategy_id → customers; by default those of `sizes`.
        alpha, power
            As in `workbench.check_power`.
        """
        from workbench.strategy import check_power

        if sizes is None:
            known = self.sizes()
            sizes = dict(zip(known["strategy_id"], known["n"], strict=True))
        return check_power(self._project.strategy.cards(), sizes, alpha=alpha, power=power)
