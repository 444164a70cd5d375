"""Tell a cycle's review as a board pack, in the sentences and figures of its screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench import __version__, locale
from workbench.errors import WorkbenchError
from workbench.ui.pack import decided, effects, sections, way
from workbench.ui.pack.parts import HIDDEN, Cell, Column, Page, Story
from workbench.ui.state.parts import Fact
from workbench.ui.state.review import ReviewState

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from workbench.project import Project

_KPI_KINDS: dict[str, Any] = {
    "value_won": "money",
    "return_on_cost": "ratio",
    "responded": "count",
    "contacted_share": "share",
    "cost": "money",
    "strategies_proven": "count",
}
_METHODS = ("effect", "holm", "control", "value", "days", "plan", "money")
MESSAGE_PREFIXES = ("review_pack.method.", "review.kpi.", "review_pack.phase.")


def tell_story(
    project: Project,
    lang: str,
    moment: dt.datetime,
    report: Callable[[float, str], Any] = lambda *_: None,
) -> Story:
    """Return the review of the project's cycle, as its role may see it.

    Parameters
    ----------
    project : Project
        At the cycle.
    lang : {"en", "zh_CN"}
        The reader's language.
    moment : datetime.datetime
        When, UTC.
    report : callable, default does nothing
        Told the share that is done and the phase's key.

    Returns
    -------
    Story
        The screen's own sentences and figures. Without an evaluation it has only the
        sentence that says what to do.

    Raises
    ------
    WorkbenchError
        If the cycle can't be read.
    """
    report(0.05, "review_pack.phase.read")
    state = ReviewState(project, lang=lang)
    if state.banner is not None and state.banner.kind == "error":
        raise WorkbenchError(state.banner.key, **state.banner.values)
    state.all_parts = state.all_advice = True
    heading = state.heading()
    ready = state.evaluation is not None
    pages: list[Page] = []
    for number, make in enumerate(_PAGES if ready else (way.past,)):
        report(0.2 + 0.6 * number / len(_PAGES), "review_pack.phase.tables")
        made = make(state)
        if made is not None:
            pages.append(made)
    return Story(
        title=heading.title,
        subtitle=heading.subtitle,
        project=project.name,
        cycle=project.cycle.cycle_id,
        lang=lang,
        kpis=state.kpis(),
        tags=state.findings.tags() if ready else [],
        summary=_summary(state),
        pages=pages,
        method=[state.t(f"review_pack.method.{name}") for name in _METHODS] if ready else [],
        facts=_facts(state, moment),
    )


_PAGES = (
    effects.strategies,
    effects.segments,
    way.funnel,
    way.against_plan,
    effects.days,
    decided.recommendations,
    decided.caveats,
    sections.alerts,
    sections.actions,
    sections.movement,
    sections.hypotheses,
    sections.findings,
    way.past,
)


def _summary(state: ReviewState) -> Page:
    """Return the key figures as numbers."""
    t = state.t
    columns = (
        Column(t("review_pack.column.figure")),
        Column(t("review_pack.column.value"), "count"),
        Column(t("review_pack.column.low"), "count"),
        Column(t("review_pack.column.high"), "count"),
        Column(t("review_pack.column.plan"), "count"),
        Column(t("review_pack.column.previous"), "count"),
    )
    rows = []
    if state.evaluation is not None:
        for name, row in state.figures.kpis().iterrows():
            kind = _KPI_KINDS.get(str(name), "decimal")
            small = name == "responded" and state.figures.is_small(float(row["value"]))
            found = [row[end] for end in ("value", "low", "high", "plan", "previous")]
            shown = [effects.coarse(state, value, kind) for value in found]
            cells = [HIDDEN if small else Cell(value, kind) for value in shown]
            rows.append((t(f"review.kpi.{name}"), *cells))
    heading = state.heading()
    return Page(
        "summary",
        t("review_pack.sheet.summary"),
        heading.title,
        heading.subtitle,
        columns,
        rows,
        nothing=heading.subtitle,
    )


def _facts(state: ReviewState, moment: dt.datetime) -> list[Fact]:
    """Return where the figures come from: data, versions, hashes, seeds, code."""
    project, evaluation, t = state.project, state.evaluation, state.t
    known, _ = state.footer()
    facts: list[Fact] = [
        (t("review_pack.fact.project"), project.name),
        (t("review_pack.fact.cycle"), project.cycle.cycle_id),
        *known,
    ]
    if evaluation is not None:
        facts += [
            (t("review_pack.fact.evaluation"), evaluation.artefact_id),
            (t("review_pack.fact.sha256"), evaluation.sha256),
            (t("review_pack.fact.confidence"), locale.percent(1 - evaluation.alpha, places=0)),
        ]
        for row in project.strategy.lists().to_dict("records"):
            facts.append(
                (
                    t("review_pack.fact.list", list=row["list_id"]),
                    t("review_pack.fact.list_hash", sha256=row["sha256"], seed=row["seed"]),
                )
            )
    role = t(f"shell.role.{project.role}")
    facts += [
        (t("review_pack.fact.role"), role),
        (
            t("review_pack.fact.small"),
            t("review_pack.fact.all_shown")
            if state.may("analyst")
            else t("review_pack.fact.hidden", n=project.settings.small_cell),
        ),
        (t("review_pack.fact.code"), __version__),
        (t("review_pack.fact.made_at"), locale.timestamp(moment)),
    ]
    return facts
