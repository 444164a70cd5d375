"""What stands behind a cycle's evaluation: the same question asked in other ways, and its caveats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.errors import NotFound
from workbench.store import Artefact

if TYPE_CHECKING:
    from workbench.project.handle import Project

KIND = "evidence"
TABLES = (
    "received",
    "multiple",
    "cuped",
    "pre_period",
    "segments",
    "sequences",
    "decided",
    "matched",
    "matched_balance",
    "caveats",
)


class Evidence:
    """Evidence of one cycle, at ``project.review.evidence``.

    Parameters
    ----------
    project : Project
        The handle.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._store = project.store
        self._kept: tuple[str, dict[str, pd.DataFrame]] = ("", {})

    # Reading ---------------------------------------------------------------------

    def artefact(self) -> Artefact | None:
        """Return what is stored for the cycle's newest evaluation, or None."""
        evaluation = self._project.review.artefact()
        if evaluation is None:
            return None
        found = self._store.artefacts.latest(KIND, evaluation.cycle_id)
        if found is None or found.summary.get("evaluation") != evaluation.artefact_id:
            return None
        return found

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables of the newest evaluation's evidence.

        Returns
        -------
        dict of str to pandas.DataFrame
            - received: `workbench.review.compare_received`.
            - multiple: strategy_id, outcome, p_value, p_holm, p_bh (Benjamini-Hochberg).
            - cuped: strategy_id, outcome, covariate, estimate, ci_low, ci_high, p_value,
              unadjusted, correlation, variance_removed, helps, n, n_missing.
            - pre_period: `workbench.review.compare_pre_period` by strategy_id.
            - segments: `workbench.review.shrink_effects`, with level and outcome; on the level
              ``strategy`` the strategies are the parts, under the strategy_id "".
            - sequences: `workbench.review.track_uplift`; decided: `first_lasting_day`.
            - matched, matched_balance: `workbench.review.compare_matched` of what has no
              control: scope (strategy, campaign), name, outcome, the figures, problem and
              values (JSON) where there is no overlap.
            - caveats: `workbench.review.find_caveats`.

        Raises
        ------
        NotFound
            If nothing was evaluated, or the evaluation is from before evidence was kept.
        """
        artefact = self.artefact()
        if artefact is None:
            cycle = self._project.cycle.cycle_id or "-"
            if self._project.review.artefact() is None:
                raise NotFound("project.error.no_evaluation", cycle=cycle)
            raise NotFound("review_evaluation.error.no_evidence", cycle=cycle)
        if self._kept[0] != artefact.artefact_id:
            known = set(self._store.artefacts.tables(artefact))
            read = self._store.artefacts.read
            self._kept = (
                artefact.artefact_id,
                {name: read(artefact, name) if name in known else pd.DataFrame() for name in TABLES},
            )
        return dict(self._kept[1])

    def winsorised(self, strategy_id: str, share: float = 0.01) -> dict[str, Any]:
        """Compare a strategy's amounts with the largest of them cut to a limit.

        It is computed when asked for, and not stored: the evaluation stands uncut.

        Parameters
        ----------
        strategy_id : str
            Which.
        share : float, default=0.01
            Share of the amounts above 0, over both arms, that may lie over the limit.

        Returns
        -------
        dict
            estimate, ci_low, ci_high, p_value (CNY a customer), limit, n_cut, cut_share,
            share.

        Raises
        ------
        NotFound
            If nothing was evaluated, or the strategy has no list.
        ParameterProblem
            If the share does not lie between 0 and 1.
        """
        from workbench.review import Sums, compare_means, follow_up, winsorise

        project = self._project
        contacts, outcomes = project.review.results()
        targets, cards = project.strategy.targets(), project.strategy.launched_cards()
        mine = targets[targets["strategy_id"].eq(strategy_id)]
        if mine.empty:
            raise NotFound("review_evaluation.error.no_strategy", strategy=strategy_id)
        rows = follow_up(mine, outcomes, cards, contacts=contacts)
        cut = winsorise(rows["amount"].to_numpy(np.float64), share, positive_only=True)
        treated = rows["arm"].eq("treatment").to_numpy()
        alpha = project.review.evaluation().alpha
        found = compare_means(Sums.of(cut.values[treated]), Sums.of(cut.values[~treated]), alpha)
        return {
            "estimate": float(found.estimate),
            "ci_low": float(found.ci_low),
            "ci_high": float(found.ci_high),
            "p_value": float(found.p_value),
            "limit": cut.limit,
            "n_cut": cut.n_cut,
            "cut_share": cut.cut_share,
            "share": share,
        }

    # Writing ---------------------------------------------------------------------

    def fill(self) -> Artefact:
        """Work the evidence of the newest evaluation out, and store it.

        Raises
        ------
        NotFound
            If nothing was evaluated yet.
        NotAllowed
            If the role may not store.
        """
        project = self._project
        evaluation = project.review.evaluation()
        contacts, outcomes = project.review.results()
        from workbench.project.evidence_tables import EvidenceTables

        made = EvidenceTables(project, evaluation, contacts, outcomes)
        portrait = project.imports.portrait()
        return self._store.artefacts.save(
            KIND,
            made.tables(),
            cycle_id=project.need_cycle().cycle_id,
            inputs=[evaluation.artefact_id, *([portrait.artefact_id] if portrait else [])],
            parameters={"alpha": evaluation.alpha},
            summary={"evaluation": evaluation.artefact_id, "alpha": evaluation.alpha},
        )
