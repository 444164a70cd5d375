"""The hypotheses of one cycle: written down, and held against what came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.errors import NotFound, WorkbenchError
from workbench.store import Artefact
from workbench.store.hypotheses import FIELDS
from workbench.tables.hypotheses import AFTERWARDS, HYPOTHESES

if TYPE_CHECKING:
    from workbench.project.handle import Project

KIND = "hypotheses"
FIGURES = (
    "state",
    "reason",
    "test",
    "estimate",
    "ci_low",
    "ci_high",
    "n",
    "n_other",
    "p_value",
    "p_holm",
    "n_more",
    "dominance",
)
ABOUT = (
    "source",
    "source_id",
    "exploratory",
    "outcomes_known",
    "snapshot_known",
    "written_at",
    "written_by",
    "updated_at",
    "updated_by",
    "withdrawn_at",
    "row_version",
)
COLUMNS = ("cycle_id", "hypothesis_id", *FIELDS, *ABOUT, *FIGURES)


class Hypotheses:
    """Hypotheses of one cycle, at ``project.review.hypotheses``.

    Parameters
    ----------
    project : Project
        The handle.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._store = project.store.hypotheses
        self._artefacts = project.store.artefacts

    # Writing ---------------------------------------------------------------------

    def add(
        self,
        sentence: str,
        outcome: str,
        segment: str = "",
        direction: str = "up",
        threshold: float = 0,
        strategy_id: str = "",
        *,
        source: str = "analyst",
        source_id: str = "",
    ) -> str:
        """Write a hypothesis down, and return its id.

        Parameters
        ----------
        sentence : str
            What is believed, in words.
        outcome : str
            One of `workbench.tables.hypotheses.MEASURES`.
        segment : str, default=""
            Whom it is about; empty is all.
        direction : {"up", "down", "higher", "lower"}, default="up"
            Above or below the threshold; more or less than other customers.
        threshold : float, default=0
            In the outcome's unit; shares are 0 to 1.
        strategy_id : str, default=""
            The strategy whose treated are held against its control.
        source : {"analyst", "room", "sample"}, default="analyst"
            Who it comes from.
        source_id : str, default=""
            Its number there.

        Raises
        ------
        ParameterProblem
            If no data could decide it, see `workbench.review.refuse_hypothesis`.
        NotFound
            If the cycle has no such segment or strategy.
        """
        row = {
            "sentence": sentence,
            "outcome": outcome,
            "segment": segment,
            "direction": direction,
            "threshold": threshold,
            "strategy_id": strategy_id,
        }
        self._refuse(row)
        return self._store.add(self._project.need_cycle().cycle_id, row, source, source_id)

    def save(self, hypothesis_id: str, changes: Mapping[str, Any], expected_version: int) -> int:
        """Change a hypothesis whose data are not in yet, and return its new version.

        Parameters
        ----------
        hypothesis_id : str
            Which.
        changes : mapping
            The fields that change: those of `add`.
        expected_version : int
            The ``row_version`` that was edited.

        Raises
        ------
        Conflict
            If somebody else changed it first; ``difference`` shows what differs.
        ParameterProblem
            If its data are in already, or no data could decide it.
        """
        stored = self.one(hypothesis_id)
        row = {name: changes.get(name, stored[name]) for name in FIELDS}
        self._refuse(row)
        return self._store.save(self._project.need_cycle().cycle_id, hypothesis_id, row, expected_version)

    def withdraw(self, hypothesis_id: str, reason: str) -> None:
        """Take a hypothesis back whose data are not in yet; it stays readable.

        Raises
        ------
        ParameterProblem
            If its data are in already, or there is no reason.
        """
        self._store.withdraw(self._project.need_cycle().cycle_id, hypothesis_id, reason)

    def _refuse(self, row: Mapping[str, Any]) -> None:
        from workbench.review import refuse_hypothesis

        refuse_hypothesis(row)
        for name, value, known in (
            ("segment", row["segment"], self.segments()),
            ("strategy", row["strategy_id"], self.strategies()),
        ):
            if value and value not in known:
                raise NotFound(
                    f"review_hypotheses.error.no_such_{name}", value=value, known=", ".join(known) or "-"
                )

    def segments(self) -> list[str]:
        """Return the segments that a hypothesis of this cycle may name."""
        if not self._project.cycle.cycle_id or self._project.insight.artefact() is None:
            return []
        return list(self._project.insight.segmentation().segments["segment"])

    def strategies(self) -> list[str]:
        """Return the strategies that a hypothesis of this cycle may name."""
        if not self._project.cycle.cycle_id:
            return []
        return list(self._project.strategy.cards()["strategy_id"])

    # Evaluating ------------------------------------------------------------------

    def fill(self) -> Artefact | None:
        """Hold the hypotheses against the newest evaluation and the next snapshot, and store it.

        Those of the cycle before that waited for this cycle's snapshot are held against it
        too.

        Returns
        -------
        Artefact or None
            None where there is no hypothesis.
        """
        movement = self._project.review.movement
        here, earlier, later = self._project, movement.earlier(), movement.later()
        frames, inputs = [], []
        for first, second in ((here, later), *([(earlier, here)] if earlier is not None else [])):
            rows = _standing(first)
            if rows.empty:
                continue
            if first is not here and not rows["outcome"].isin(AFTERWARDS).any():
                continue
            frames.append(self._checked(first, second, rows))
            inputs += _inputs(first, second, rows)
        if not frames:
            return None
        found = pd.concat(frames, ignore_index=True)
        states = found.loc[found["cycle_id"].eq(here.cycle.cycle_id), "state"].value_counts()
        return self._artefacts.save(
            KIND,
            {"hypotheses": found},
            cycle_id=here.need_cycle().cycle_id,
            inputs=inputs,
            parameters={"alpha": self._alpha(here)},
            summary={"n": len(found), **{str(state): int(n) for state, n in states.items()}},
        )

    def _checked(self, first: Project, second: Project | None, rows: pd.DataFrame) -> pd.DataFrame:
        from workbench.review import check_hypotheses

        pairs = None
        if second is not None and second.imports.portrait() is not None:
            try:
                pairs = self._project.review.movement.pairs(first, second)
            except WorkbenchError:
                # The section on customers says why the snapshots can't be compared.
                pairs = None
        plain = rows[[*HYPOTHESES.names]]
        found = check_hypotheses(plain, results=_results(first), pairs=pairs, alpha=self._alpha(first))
        versions = rows[["cycle_id", "hypothesis_id", "row_version"]]
        return versions.merge(found, on="hypothesis_id")

    @staticmethod
    def _alpha(project: Project) -> float:
        artefact = project.review.artefact()
        return 0.05 if artefact is None else float(artefact.summary["alpha"])

    # Reading ---------------------------------------------------------------------

    def frame(self) -> pd.DataFrame:
        """Return the cycle's hypotheses with what the data say of them.

        Returns
        -------
        pandas.DataFrame
            cycle_id, hypothesis_id, sentence, outcome, segment, direction, threshold,
            strategy_id; who wrote it when, and whether its data were known then
            (``exploratory``); state and the figures of `workbench.check_hypotheses`
            (reason ``not_evaluated`` where it was written since, ``withdrawn`` where it was
            taken back). Hypotheses of the cycle before that this cycle's snapshot decides
            stand at the end, under their own cycle.
        """
        here = self._project.cycle.cycle_id
        if not here:
            return pd.DataFrame(columns=list(COLUMNS))
        movement = self._project.review.movement
        earlier, later = movement.earlier(), movement.later()
        figures = [self._figures(here)]
        if later is not None:
            # What only the next snapshot shows was worked out with the next cycle.
            figures.insert(0, self._figures(later.cycle.cycle_id))
        rows = self._with(here, figures)
        if earlier is not None:
            waited = self._with(earlier.cycle.cycle_id, [self._figures(here)])
            waited = waited[waited["outcome"].isin(AFTERWARDS) & waited["withdrawn_at"].isna()]
            if len(waited):
                rows = pd.concat([rows, waited], ignore_index=True) if len(rows) else waited
        return rows.reset_index(drop=True)

    def _figures(self, cycle_id: str) -> pd.DataFrame:
        artefact = self._artefacts.latest(KIND, cycle_id)
        if artefact is None:
            return pd.DataFrame(columns=["cycle_id", "hypothesis_id", "row_version", *FIGURES])
        return self._artefacts.read(artefact, "hypotheses")

    def _with(self, cycle_id: str, figures: list[pd.DataFrame]) -> pd.DataFrame:
        """Return a cycle's hypotheses with the first figures that are about their newest version."""
        known: dict[tuple[str, int], dict[str, Any]] = {}
        for frame in reversed(figures):
            for record in frame[frame["cycle_id"].eq(cycle_id)].to_dict("records"):
                known[str(record["hypothesis_id"]), int(record["row_version"])] = {
                    str(name): value for name, value in record.items()
                }
        rows = []
        for row in self._store.rows(cycle_id):
            found = known.get((row["hypothesis_id"], row["row_version"]))
            told = {name: float("nan") for name in FIGURES} | {
                "state": "open",
                "reason": "withdrawn" if row["withdrawn_at"] is not None else "not_evaluated",
                "test": "",
                "n": 0,
                "n_other": 0,
            }
            if found is not None and row["withdrawn_at"] is None:
                told = {name: found[name] for name in FIGURES}
            rows.append({**row, **told})
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def one(self, hypothesis_id: str) -> dict[str, Any]:
        """Return one hypothesis of this cycle, with its ``row_version``.

        Raises
        ------
        NotFound
            If there is none of that name.
        """
        rows = self._store.rows(self._project.cycle.cycle_id)
        for row in rows:
            if row["hypothesis_id"] == hypothesis_id:
                return row
        known = ", ".join(row["hypothesis_id"] for row in rows) or "-"
        raise NotFound("review_hypotheses.error.unknown", hypothesis=hypothesis_id, known=known)

    def is_sealed(self, hypothesis_id: str) -> bool:
        """Say whether a hypothesis's data are in, so that it stays as it was written."""
        outcome = self.one(hypothesis_id)["outcome"]
        return self._store.is_sealed(self._project.cycle.cycle_id, outcome)

    def history(self, hypothesis_id: str, cycle_id: str | None = None) -> list[dict[str, Any]]:
        """Return every version of a hypothesis, oldest first, with what was known then."""
        return self._store.history(cycle_id or self._project.cycle.cycle_id, hypothesis_id)

    def counts(self) -> dict[str, int]:
        """Return how many of the cycle's hypotheses are supported, refuted and open."""
        rows = self.frame()
        standing = rows[rows["withdrawn_at"].isna()]
        return {name: int(standing["state"].eq(name).sum()) for name in ("supported", "refuted", "open")}


def _standing(project: Project) -> pd.DataFrame:
    """Return a cycle's hypotheses that were not withdrawn."""
    rows = project.store.hypotheses.rows(project.cycle.cycle_id)
    return pd.DataFrame([row for row in rows if row["withdrawn_at"] is None])


def _results(project: Project) -> pd.DataFrame | None:
    """Return what became of the customers on a cycle's lists, or None before an evaluation."""
    from workbench.review import follow_up
    from workbench.review.follow_up import leave_out_both_arms

    try:
        contacts, outcomes = project.review.results()
    except NotFound:
        return None
    cards = project.strategy.launched_cards()
    targets = leave_out_both_arms(project.strategy.targets())
    return follow_up(targets, outcomes, cards, contacts=contacts, by="segment")


def _inputs(first: Project, second: Project | None, rows: pd.DataFrame) -> list[str]:
    evaluation = first.review.artefact()
    found = [] if evaluation is None else [evaluation.artefact_id]
    if second is not None:
        portrait = second.imports.portrait()
        found += [] if portrait is None else [portrait.artefact_id]
    cycle_id = first.cycle.cycle_id
    return [*found, *(f"hypothesis:{cycle_id} {name}" for name in rows["hypothesis_id"])]


MESSAGE_PREFIXES = ("review_hypotheses.sample.", "review_hypotheses.error.no_such_")


def write_sample_hypotheses(project: Project) -> None:
    """Write three hypotheses down before the sample bank's customers answer, as the sample's own."""
    lists = project.strategy.lists()
    if lists.empty or project.review.hypotheses.frame()["cycle_id"].eq(project.cycle.cycle_id).any():
        return
    largest = lists.sort_values(["n", "strategy_id"], ascending=[False, True]).iloc[0]
    members = project.insight.segmentation().membership[["customer_id", "segment"]]
    customers = project.customers(["customer_id", "balance_total"]).merge(members, on="customer_id")
    richest = str(customers.groupby("segment")["balance_total"].mean().idxmax())
    strategy = str(largest["strategy_id"])
    for name, outcome, segment, direction, strategy_id in (
        ("uplift", "uplift", "", "up", strategy),
        ("balances", "balance_change", richest, "higher", ""),
        ("churn", "churn", richest, "lower", ""),
    ):
        sentence = locale.text(f"review_hypotheses.sample.{name}", strategy=strategy, segment=richest)
        project.review.hypotheses.add(
            sentence, outcome, segment, direction, 0, strategy_id, source="sample", source_id=name
        )
