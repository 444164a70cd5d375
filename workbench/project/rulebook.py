"""Expert rules of a project: saved, evaluated, approved as segments, carried on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from workbench.errors import Conflict, NotFound
from workbench.project.rule_segments import RuleSegments
from workbench.store import Artefact

if TYPE_CHECKING:
    from workbench.insight import RuleEvaluation, RuleSet
    from workbench.project.handle import Project
    from workbench.project.segmentation import Segmentation

RULES, EVALUATION = "rules", "rule_evaluation"
_FIGURES = ("n", "n_covered", "n_gap", "n_overlap", "n_conflict")


@dataclass(frozen=True)
class StoredRules:
    """One saved version of a rule set.

    Parameters
    ----------
    version : int
        Its number in the project.
    cycle_id : str
        The cycle it was saved in.
    rules : RuleSet
        The rules.
    note, saved_by : str
        Why, and who.
    saved_at : datetime.datetime
        UTC.
    artefact_id : str
        Where it is stored.
    """

    version: int
    cycle_id: str
    rules: RuleSet
    note: str
    saved_at: dt.datetime
    saved_by: str
    artefact_id: str


@dataclass(frozen=True)
class StoredEvaluation:
    """What was found when a saved rule set was evaluated; read without an engine.

    Parameters
    ----------
    evaluation : RuleEvaluation
        The figures, for analysts.
    published : dict of str to pandas.DataFrame
        ``coverage``, ``overlap`` and ``crosstab`` with small cells hidden, for everybody.
    rules_version : int
        The rule set's version.
    segmentation_version : int or None
        Whose clusters the cross-tab is with.
    clusters : dict of int to str
        Cluster → label at the time.
    is_stale : bool
        Whether rules, portrait or segmentation are newer now.
    """

    evaluation: RuleEvaluation
    published: dict[str, pd.DataFrame]
    rules_version: int
    segmentation_version: int | None
    clusters: dict[int, str]
    is_stale: bool


class Rulebook(RuleSegments):
    """The rule sets of one cycle.

    Parameters
    ----------
    project : Project
        The handle.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._artefacts = project.store.artefacts

    # Rule sets -------------------------------------------------------------------

    def save(self, rules: RuleSet, note: str = "", *, expected_version: int | None = None) -> StoredRules:
        """Save a rule set as the cycle's newest version.

        Rules may ask for columns that the portrait does not have (yet); `evaluate` says so.

        Parameters
        ----------
        rules : RuleSet
            The rules.
        note : str, default=""
            Why.
        expected_version : int, optional
            The version that was changed; if a newer one was saved since, it is a Conflict.

        Returns
        -------
        StoredRules
            The new version, or the one with the same content.

        Raises
        ------
        Conflict
            If somebody saved a newer version first.
        NotAllowed
            If the role may not save.
        """
        cycle = self._project.need_cycle()
        newest = self._newest()
        if expected_version is not None and newest is not None and newest.version != expected_version:
            raise Conflict(
                "insight_rules.error.newer",
                difference={"version": (expected_version, newest.version)},
                expected=expected_version,
                version=newest.version,
                who=newest.created_by,
            )
        content = rules.to_dict()
        if newest is not None and newest.cycle_id == cycle.cycle_id:
            same = self._of(newest)
            if same.rules == rules:
                return same
        artefact = self._artefacts.save(
            RULES,
            {},
            cycle_id=cycle.cycle_id,
            documents={"rules": content},
            inputs=[newest.artefact_id] if newest and newest.cycle_id != cycle.cycle_id else [],
            summary={"n_rules": len(rules), "note": note},
        )
        return self._of(artefact)

    def current(self) -> RuleSet | None:
        """Return the rules in force: the cycle's newest, else those of the cycle before it."""
        stored = self.stored()
        return None if stored is None else stored.rules

    def stored(self, version: int | None = None) -> StoredRules | None:
        """Return a saved version, by default the one in force; None where there is none.

        Parameters
        ----------
        version : int, optional
            Its number; any cycle's.

        Raises
        ------
        NotFound
            If there is no version of that number.
        """
        if version is None:
            newest = self._newest()
            return None if newest is None else self._of(newest)
        for artefact in self._artefacts.versions(RULES):
            if artefact.version == version:
                return self._of(artefact)
        raise NotFound("insight_rules.error.no_version", version=version)

    def versions(self) -> pd.DataFrame:
        """Return every saved version of the project, oldest first.

        Returns
        -------
        pandas.DataFrame
            version, cycle_id, n_rules, note, saved_at, saved_by.
        """
        rows = [
            (a.version, a.cycle_id, a.summary["n_rules"], a.summary["note"], a.created_at, a.created_by)
            for a in self._artefacts.versions(RULES)
        ]
        columns = ["version", "cycle_id", "n_rules", "note", "saved_at", "saved_by"]
        return pd.DataFrame(rows, columns=columns)

    # Evaluation ------------------------------------------------------------------

    def customers(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the customers that the rules are about: retail ones where there are any.

        Parameters
        ----------
        columns : sequence of str, optional
            The wanted columns; all by default.
        """
        wanted = None if columns is None else list(dict.fromkeys(["customer_id", "kind", *columns]))
        rows = self._project.customers(wanted)
        return rows[rows["kind"] == _kind(rows["kind"])].reset_index(drop=True)

    def evaluate(self, rules: RuleSet | None = None) -> RuleEvaluation:
        """Evaluate a rule set on the cycle's customers, in the engine.

        That of the rules in force is stored, so that dashboards read it; of others nothing
        is.

        Parameters
        ----------
        rules : RuleSet, optional
            By default those in force.

        Returns
        -------
        RuleEvaluation

        Raises
        ------
        NotFound
            If no rules are saved, or there is no portrait.
        ParameterProblem
            If a rule asks for a column that the portrait does not have.
        """
        if rules is not None:
            return self._evaluated(rules, self._segmentation())
        stored = self.stored()
        if stored is None:
            raise NotFound("insight_rules.error.no_rules")
        from workbench.insight.rules.publication import (
            published_coverage,
            published_crosstab,
            published_overlap,
        )

        segmentation = self._segmentation()
        found = self._evaluated(stored.rules, segmentation)
        small = self._project.small_cell
        labels = {} if segmentation is None else _labels(segmentation)
        self._artefacts.save(
            EVALUATION,
            {
                "coverage": found.coverage,
                "overlap": found.overlap,
                "crosstab": found.crosstab,
                "published_coverage": published_coverage(found, small),
                "published_overlap": published_overlap(found, small),
                "published_crosstab": published_crosstab(found, small),
            },
            cycle_id=self._project.need_cycle().cycle_id,
            documents={
                "figures": {name: getattr(found, name) for name in _FIGURES}
                | {"clusters": {str(number): label for number, label in labels.items()}}
            },
            inputs=self._inputs(stored),
            parameters={"small_cell": small},
            summary={
                "rules": stored.version,
                "segmentation": None if segmentation is None else segmentation.version,
                "inputs": self._inputs(stored),
            },
        )
        return found

    def evaluation(self) -> StoredEvaluation | None:
        """Return the newest stored evaluation of this cycle without computing; None if there is none."""
        cycle = self._project.cycle.cycle_id
        artefact = self._artefacts.latest(EVALUATION, cycle) if cycle else None
        if artefact is None:
            return None
        from workbench.insight import RuleEvaluation

        figures = self._artefacts.document(artefact, "figures")
        read = self._artefacts.read
        stored = self.stored(artefact.summary["rules"])
        newest = self.stored()
        assert stored is not None
        assert newest is not None
        return StoredEvaluation(
            evaluation=RuleEvaluation(
                rules=stored.rules,
                **{name: figures[name] for name in _FIGURES},
                coverage=read(artefact, "coverage"),
                overlap=read(artefact, "overlap"),
                crosstab=read(artefact, "crosstab"),
            ),
            published={
                name: read(artefact, f"published_{name}") for name in ("coverage", "overlap", "crosstab")
            },
            rules_version=artefact.summary["rules"],
            segmentation_version=artefact.summary["segmentation"],
            clusters={int(number): label for number, label in figures["clusters"].items()},
            is_stale=artefact.summary["inputs"] != self._inputs(newest),
        )

    # Inside ----------------------------------------------------------------------

    def _segmentation(self) -> Segmentation | None:
        insight = self._project.insight
        return None if insight.artefact() is None else insight.segmentation()

    def _inputs(self, stored: StoredRules) -> list[str]:
        portrait, segmentation = self._project.imports.portrait(), self._project.insight.artefact()
        made_from = [portrait, segmentation]
        return [stored.artefact_id, *(a.artefact_id for a in made_from if a is not None)]

    def _evaluated(self, rules: RuleSet, segmentation: Segmentation | None) -> RuleEvaluation:
        from workbench.engine import Engine
        from workbench.insight import count_rules, evaluate_counts

        self._project.customers(["customer_id"])  # builds the portrait where it is not yet
        portrait = self._project.imports.portrait()
        assert portrait is not None
        kind = _kind(self._artefacts.read(portrait, "customers", ["kind"])["kind"])
        with Engine() as engine:
            table = engine.table("portrait", self._artefacts.path(portrait, "customers.parquet"))
            clusters = None
            if segmentation is not None:
                artefact = self._artefacts.find(segmentation.artefact_id)
                clusters = engine.table("membership", self._artefacts.path(artefact, "membership.parquet"))
            counted = engine.frame(count_rules(table.filter(table["kind"] == kind), rules, clusters))
        return evaluate_counts(counted, rules)

    def _newest(self) -> Artefact | None:
        """Return the newest rules of the cycle, or of the nearest one that led to it."""
        known = {cycle.cycle_id: cycle.opened_from for cycle in self._project.cycles()}
        cycle: str | None = self._project.cycle.cycle_id or None
        while cycle:
            found = self._artefacts.latest(RULES, cycle)
            if found is not None:
                return found
            cycle = known.get(cycle)
        return None

    def _of(self, artefact: Artefact) -> StoredRules:
        from workbench.insight import RuleSet

        return StoredRules(
            version=artefact.version,
            cycle_id=artefact.cycle_id or "",
            rules=RuleSet.from_dict(self._artefacts.document(artefact, "rules")),
            note=artefact.summary["note"],
            saved_at=artefact.created_at,
            saved_by=artefact.created_by,
            artefact_id=artefact.artefact_id,
        )


def _labels(segmentation: Segmentation) -> dict[int, str]:
    rows = segmentation.segments
    return dict(zip(rows["cluster"].astype(int), rows["segment"], strict=True))


def _kind(kinds: pd.Series) -> str:
    present = set(kinds.dropna())
    return "retail" if "retail" in present or not present else sorted(present)[0]
