"""The rules that a project's portraits are built by: in force, previewed, saved, brought back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import Conflict, NotFound
from workbench.project import portrait_building as building
from workbench.store import Artefact

if TYPE_CHECKING:
    from workbench.customers import Rules
    from workbench.project.handle import Project


class PortraitRules:
    """The rules of lifecycle stages and value tiers; `Portraits` builds on it.

    Parameters
    ----------
    project : Project
        The handle.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._artefacts = project.store.artefacts

    def artefact(self, cycle_id: str | None = None) -> Artefact | None:
        """Return a cycle's newest portrait without opening it, or None."""
        cycle_id = cycle_id or self._project.cycle.cycle_id
        return self._artefacts.latest("portrait", cycle_id) if cycle_id else None

    def _need(self, cycle_id: str | None = None) -> Artefact:
        cycle = cycle_id or self._project.need_cycle().cycle_id
        portrait = self.artefact(cycle)
        if portrait is None:
            raise NotFound("project.error.no_portrait", cycle=cycle)
        if "rules" not in portrait.summary:
            raise NotFound("insight_portrait.error.old", version=portrait.version)
        return portrait

    def rules(self) -> Rules:
        """Return the rules in force: those of ``lifecycle.toml`` in the project's folder.

        Raises
        ------
        ParameterProblem
            If the file has a mistake; the sentence says which.
        """
        from workbench.customers import parse_rules

        return parse_rules(building.rules_text(self._project.folder), building.FILE)

    def rules_of(self, portrait: Artefact | None = None) -> Rules:
        """Return the rules that a portrait was built by, by default this cycle's."""
        from workbench.customers import parse_rules

        portrait = portrait or self._need()
        return parse_rules(self._artefacts.document(portrait, building.KIND)["text"], building.FILE)

    def are_rules_new(self, portrait: Artefact | None = None) -> bool:
        """Say whether the rules in force are others than a portrait's, by default this cycle's."""
        portrait = portrait or self.artefact()
        used = summary_of(portrait).get("rules")
        return used is not None and used != building.text_hash(building.rules_text(self._project.folder))

    def rule_versions(self) -> pd.DataFrame:
        """Return the versions of the rules, oldest first.

        Returns
        -------
        pandas.DataFrame
            version, saved_at (UTC), saved_by, note, sha256, in_force.
        """
        now = building.text_hash(building.rules_text(self._project.folder))
        rows = [
            (a.version, a.created_at, a.created_by, a.summary.get("note", ""), a.summary["sha256"])
            for a in self._artefacts.versions(building.KIND)
        ]
        found = pd.DataFrame(rows, columns=["version", "saved_at", "saved_by", "note", "sha256"])
        last = found[found["sha256"] == now]["version"].max() if len(found) else None
        return found.assign(in_force=found["version"].isin([last]))

    def preview(
        self,
        changes: Mapping[str, float] | None = None,
        *,
        progress: Callable[[float, str], None] | None = None,
    ) -> pd.DataFrame:
        """Count who would move by changed rules, without changing anything.

        Parameters
        ----------
        changes : mapping of str to float, optional
            Numbers as in `workbench.editable_numbers`; by default none: the rules in
            force against those that this cycle's portrait was built by.
        progress : callable, optional
            Called with the share done and the key of the phase.

        Returns
        -------
        pandas.DataFrame
            ``what`` (lifecycle_stage or tier), ``kind``, ``before``, ``after``, ``n``:
            every pair that occurs, also those that stay.

        Raises
        ------
        ParameterProblem
            If a change makes no sense.
        """
        from workbench.customers import changed_text, parse_rules

        after = self.rules()
        if changes:
            after = parse_rules(changed_text(after, changes, building.FILE), building.FILE)
        portrait = self._need()
        return building.moves(
            self._project, portrait, self.rules_of(portrait), after, progress or (lambda *_: None)
        )

    def save_rules(
        self, changes: Mapping[str, float], *, note: str = "", expected_sha256: str | None = None
    ) -> int:
        """Write changed rules to the project's file as the next version; old ones are kept.

        Parameters
        ----------
        changes : mapping of str to float
            Numbers as in `workbench.editable_numbers`; the rest of the file stays.
        note : str, default=""
            Why.
        expected_sha256 : str, optional
            Hash of the file that was looked at; if it is another by now, it is a Conflict.

        Returns
        -------
        int
            The new version.

        Raises
        ------
        ParameterProblem
            If a change makes no sense.
        Conflict
            If somebody changed the file in between.
        """
        from workbench.customers import changed_text, parse_rules

        self._project.store.trail.require("analyst")
        text = building.rules_text(self._project.folder)
        if expected_sha256 is not None and building.text_hash(text) != expected_sha256:
            raise Conflict("insight_portrait.error.changed_meanwhile", difference={"rules": (changes, text)})
        return self._put(changed_text(parse_rules(text, building.FILE), changes, building.FILE), note)

    def restore_rules(self, version: int, *, note: str = "") -> int:
        """Bring an earlier version of the rules back, as the next version.

        Raises
        ------
        NotFound
            If there is no such version.
        """
        self._project.store.trail.require("analyst")
        for artefact in self._artefacts.versions(building.KIND):
            if artefact.version == version:
                text = self._artefacts.document(artefact, building.KIND)["text"]
                return self._put(text, note or f"v{version}")
        raise NotFound("insight_portrait.error.no_version", version=version)

    def _put(self, text: str, note: str) -> int:
        # What the file says until now may never have been used; it is kept all the same.
        building.keep_rules(self._project, building.rules_text(self._project.folder))
        building.write_rules(self._project.folder, text)
        return building.keep_rules(self._project, text, note).version


def summary_of(artefact: Artefact | None) -> dict[str, Any]:
    """Return an artefact's small figures; none where there is no artefact."""
    return {} if artefact is None else artefact.summary
