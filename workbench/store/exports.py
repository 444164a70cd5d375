"""What left the workbench: recorded before a byte is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from workbench.errors import ParameterProblem
from workbench.store.area import Area
from workbench.store.roles import writes


class Exports(Area):
    """The log of exports: rows of the audit log whose action ends with ``.export``."""

    @writes("contributor")
    def begin(self, list_id: str, *, masked: bool, reason: str, **facts: Any) -> dt.datetime:
        """Record that a list is about to be written to a file, and return the moment.

        Raises
        ------
        NotAllowed
            If whole customer numbers are asked for by another than an analyst.
        ParameterProblem
            If they are asked for without a reason.
        """
        return self._begin("list.export", masked, reason, {"list_id": list_id, **facts})

    @writes("contributor")
    def begin_leads(self, list_id: str, *, masked: bool, reason: str, **facts: Any) -> dt.datetime:
        """Record that leads of a list are about to leave for another system, and return the moment.

        Raises
        ------
        NotAllowed
            If whole customer numbers are asked for by another than an analyst.
        ParameterProblem
            If they are asked for without a reason.
        """
        return self._begin("leads.export", masked, reason, {"list_id": list_id, **facts})

    def _begin(self, action: str, masked: bool, reason: str, facts: Mapping[str, Any]) -> dt.datetime:
        if not masked:
            self.require("analyst")
            if not reason.strip():
                raise ParameterProblem("strategy_launch.error.export_reason")
        with self.database.writing(action, masked=masked, reason=reason.strip(), **facts) as change:
            return change.at

    @writes("contributor")
    def begin_pack(self, cycle_id: str, **facts: Any) -> dt.datetime:
        """Record that a board pack is about to leave, and return the moment."""
        with self.database.writing("pack.export", cycle_id=cycle_id, **facts) as change:
            return change.at

    @writes("contributor")
    def begin_minutes(self, cycle_id: str, **facts: Any) -> dt.datetime:
        """Record that a room's minutes are about to leave, and return the moment.

        Raises
        ------
        NotAllowed
            If people are named in them and the role is not an analyst's.
        """
        if facts.get("names"):
            self.require("analyst")
        with self.database.writing("minutes.export", cycle_id=cycle_id, **facts) as change:
            return change.at

    @writes("contributor")
    def begin_digest(self, cycle_id: str, **facts: Any) -> dt.datetime:
        """Record that a digest of front-line feedback is about to leave, and return the moment."""
        with self.database.writing("digest.export", cycle_id=cycle_id, **facts) as change:
            return change.at
