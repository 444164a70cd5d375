"""The figure of the review's overview that counts what was believed beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.ui.state.parts import Kpi

if TYPE_CHECKING:
    from workbench.ui.state.review import ReviewState


def hypotheses_kpi(state: ReviewState) -> Kpi | None:
    """Return how many hypotheses are supported, refuted and open; None where none was written."""
    counts = state.once("hypotheses", state.project.review.hypotheses.counts)
    if not sum(counts.values()):
        return None
    return Kpi(
        state.t("review_hypotheses.kpi.title"),
        str(counts["supported"]),
        unit=state.t("review_hypotheses.kpi.supported"),
        note=state.t("review_hypotheses.kpi.others", refuted=counts["refuted"], open=counts["open"]),
    )
