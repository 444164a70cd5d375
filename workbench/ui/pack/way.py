"""The pages on the way: from the list to the sale, against the plan, and past campaigns."""

from __future__ import annotations

from typing import Any

from workbench import charts
from workbench.charts.review import funnel_table, uplift_table
from workbench.ui.pack.effects import coarse
from workbench.ui.pack.parts import HIDDEN, Column, Kind, Native, Page
from workbench.ui.state.review import ReviewState

MESSAGE_PREFIXES = ("review.level.", "review_pack.column.")


def funnel(state: ReviewState) -> Page:
    """Return the steps from the list to the sale beside the plan."""
    t = state.t
    title, subtitle = state.findings.funnel_title()
    steps = state.figures.funnel()
    rows = []
    step: Any
    for step in steps.itertuples():
        is_hidden = step.n != step.n and step.shown == t("review.hidden")
        rows.append(
            (
                step.label,
                HIDDEN if is_hidden else coarse(state, step.n, "count"),
                coarse(state, step.plan, "decimal"),
                coarse(state, step.of_previous, "share") if step.kept else None,
            )
        )
    return Page(
        "funnel",
        t("review_pack.sheet.funnel"),
        title,
        subtitle,
        (
            Column(t("review_pack.column.step")),
            Column(t("review_pack.column.customers"), "count"),
            Column(t("review_pack.column.plan"), "count"),
            Column(t("review_pack.column.of_previous"), "share"),
        ),
        rows,
        nothing=t("review.funnel.none"),
        chart=charts.funnel(funnel_table(steps), lang=state.lang, mode="light"),
        native=Native("steps", 0, (1, 2)),
    )


def against_plan(state: ReviewState) -> Page:
    """Return every branch's result against the plan, by strategy and in all."""
    t = state.t
    title, subtitle = state.findings.plan_title()
    table = state.figures.plan_table()
    totals = state.figures.against_plan()
    whole: dict[Any, Any] = {
        row["part"]: row for row in totals[totals["strategy_id"] == ""].to_dict("records")
    }
    # Responses of a branch are few: who sees no small counts gets the share of the plan alone.
    counts: list[tuple[str, Kind]] = [("n", "count"), ("responded", "count"), ("planned", "decimal")]
    heads = ["customers", "responded", "planned"]
    if not state.may("analyst"):
        counts, heads = counts[:1], heads[:1]
    order = list(dict.fromkeys(totals["part"]))
    rows = []
    for part, row in zip(order, table["rows"], strict=True):
        total = whole[part]
        cells = [
            HIDDEN if cell["hidden"] else coarse(state, cell["value"], "against") for cell in row["cells"]
        ]
        figures = [HIDDEN if total["hidden"] else coarse(state, total[name], kind) for name, kind in counts]
        rows.append((row["name"], cells[-1], *figures, *cells[:-1]))
    level = t(f"review.level.{state.figures.level()}")
    return Page(
        "plan",
        t("review_pack.sheet.plan"),
        title,
        subtitle,
        (
            Column(level),
            Column(t("review.plan.all"), "against"),
            *(
                Column(t(f"review_pack.column.{name}"), kind)
                for name, (_, kind) in zip(heads, counts, strict=True)
            ),
            *(Column(f"{known} {name}", "against") for known, name in table["columns"]),
        ),
        rows,
        nothing=t("review.plan.nothing_do"),
        native=Native("against", 0, (1,)),
    )


def past(state: ReviewState) -> Page | None:
    """Return past campaigns' effects; None where no history was imported."""
    t = state.t
    found = state.figures.past()
    if found.empty:
        return None
    title, subtitle = state.findings.past_title()
    rows = [
        (
            row.label,
            row.size,
            *(coarse(state, value, "points") for value in (row.uplift, row.ci_low, row.ci_high)),
            coarse(state, row.p_holm, "p"),
            row.verdict,
        )
        for row in found.itertuples()
    ]
    return Page(
        "past",
        t("review_pack.sheet.past"),
        title,
        subtitle,
        (
            Column(t("review_pack.column.campaign")),
            Column(t("review_pack.column.customers")),
            Column(t("review_pack.column.uplift"), "points"),
            Column(t("review_pack.column.low"), "points"),
            Column(t("review_pack.column.high"), "points"),
            Column(t("review_pack.column.p_holm"), "p"),
            Column(t("review_pack.column.verdict")),
        ),
        rows,
        chart=charts.uplift(uplift_table(found, "light"), of="campaign", lang=state.lang, mode="light"),
        native=Native("effects", 0, (2, 3, 4), tuple(bool(proven) for proven in found["proven"])),
    )
