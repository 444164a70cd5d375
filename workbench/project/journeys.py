"""Channel journeys of a project: the bank's own versions, its own rates, and what to expect."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from workbench.errors import NotFound
from workbench.project.editions import Editions
from workbench.tables import CUSTOMER_KINDS

if TYPE_CHECKING:
    from workbench.project.handle import Project
    from workbench.strategy import ExpectedPath, Journey

JOURNEYS = "journeys"
_ACCESS = ("customer_id", "kind", "consent", "do_not_contact", "app_logins_90d")


@dataclass(frozen=True)
class StoredJourney:
    """A journey, as the project has it now.

    Parameters
    ----------
    journey : Journey
        The journey.
    version : int
        Its number; 0 while it is the one the workbench brings.
    saved_by : str
        Who; empty for version 0.
    saved_at : datetime.datetime or None
        UTC.
    """

    journey: Journey
    version: int
    saved_by: str
    saved_at: dt.datetime | None


class Journeys:
    """Channel journeys, at ``project.strategy.corporate.journeys``.

    Parameters
    ----------
    project : Project
        The handle.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._editions = Editions(project, JOURNEYS)

    def names(self) -> list[str]:
        """Return the names of the journeys: those the workbench brings, then the bank's own."""
        from workbench.strategy.journeys import read_journeys

        return list(dict.fromkeys([*read_journeys(), *self._editions.newest()]))

    def find(self, name: str) -> StoredJourney:
        """Return a journey as it is now.

        Raises
        ------
        NotFound
            If there is none of that name.
        """
        from workbench.strategy.journeys import Journey, read_journeys

        edition = self._editions.current(name)
        if edition is not None:
            made = Journey.from_dict(edition.content)
            return StoredJourney(made, edition.version, edition.saved_by, edition.saved_at)
        brought = read_journeys()
        if name not in brought:
            raise NotFound("strategy_corporate.error.no_journey", journey=name, known=", ".join(self.names()))
        return StoredJourney(brought[name], 0, "", None)

    def save(self, journey: Journey, expected_version: int | None = None, note: str = "") -> StoredJourney:
        """Save the project's own version of a journey.

        Parameters
        ----------
        journey : Journey
            The journey.
        expected_version : int, optional
            The version that was edited. If it is no longer the stored one, nothing is
            written.
        note : str, default=""
            Why.

        Raises
        ------
        Conflict
            If somebody else saved a version first; ``difference`` shows what differs.
        NotAllowed
            If the role may not save.
        """
        self._editions.save(journey.name, journey.to_dict(), expected_version, note)
        return self.find(journey.name)

    def rates(self) -> pd.DataFrame:
        """Return what contacts came to by channel in this project, see `measure_rates`."""
        from workbench.strategy.journey_rates import measure_rates
        from workbench.strategy.journeys import assumed_rates

        contacts, outcomes = [], []
        for cycle in self._project.cycles():
            execution = self._project.at(cycle.cycle_id).execution
            contacts.append(execution.contacts())
            outcomes.append(execution.outcomes())
        contacts = [frame for frame in contacts if len(frame)]
        outcomes = [frame for frame in outcomes if len(frame)]
        if not contacts:
            return assumed_rates()
        return measure_rates(
            pd.concat(contacts, ignore_index=True),
            pd.concat(outcomes, ignore_index=True) if outcomes else None,
        )

    def customers(self, kind: str | None = None) -> pd.DataFrame:
        """Return what the portrait knows of how customers may be contacted; maybe no rows.

        Parameters
        ----------
        kind : {"retail", "corporate"}, optional
            Only these; all by default.
        """
        imports = self._project.imports
        if not self._project.cycle.cycle_id or imports.portrait() is None:
            return pd.DataFrame({"customer_id": pd.Series(dtype="str")})
        there = imports.portrait_columns()
        wanted = [name for name in there if name in _ACCESS or name.startswith("consent_")]
        customers = self._project.customers(wanted)
        if kind is None or "kind" not in customers.columns:
            return customers
        return customers[customers["kind"].eq(kind)].reset_index(drop=True)

    def kinds(self) -> list[str]:
        """Return the kinds of customers in the portrait; none where it does not tell them apart."""
        imports = self._project.imports
        if not self._project.cycle.cycle_id or "kind" not in imports.portrait_columns():
            return []
        present = set(self._project.customers(["kind"])["kind"].dropna())
        return [kind for kind in CUSTOMER_KINDS if kind in present]

    def reachable(self, kind: str | None = None) -> dict[str, float]:
        """Return the share of the customers who may be contacted to whom each channel is open.

        Parameters
        ----------
        kind : {"retail", "corporate"}, optional
            Only these; all by default.
        """
        from workbench.strategy.journey_checks import open_channels

        access = open_channels(self.customers(kind))
        access = access[access.any(axis=1)]
        if access.empty:
            return {}
        return {str(channel): float(access[channel].mean()) for channel in access.columns}

    def expected(self, name: str, kind: str | None = None) -> ExpectedPath:
        """Return what to expect of a journey with this project's rates, see `expected_path`."""
        from workbench.strategy.journey_path import expected_path

        return expected_path(self.find(name).journey, self.rates(), self.reachable(kind))
