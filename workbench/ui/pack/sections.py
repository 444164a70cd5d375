"""The pages of what the review's sections hold: alerts, action items, customers over time, findings."""

from __future__ import annotations

from typing import Any

from workbench.ui.pack.decided import without_numbers
from workbench.ui.pack.parts import HIDDEN, Column, Page
from workbench.ui.state.review import ReviewState
from workbench.ui.state.sections.tabs import OVERVIEW

MESSAGE_PREFIXES = ("review.section.",)


def section_of(state: ReviewState, name: str) -> Any:
    """Return a section's state, read; None where the screen has no such section."""
    if name not in state.homes:
        return None
    state.open_section(name)
    found = state.current_section
    state.open_section(OVERVIEW)
    return found


def findings(state: ReviewState) -> Page:
    """Return what each section finds, and its key figures in words."""
    t = state.t
    rows: list[tuple[Any, ...]] = []
    for name in state.homes:
        section = section_of(state, name)
        label = t(f"review.section.{name}")
        heading = section.heading()
        rows.append((label, heading.title, "", heading.subtitle))
        rows += [(label, kpi.label, f"{kpi.value} {kpi.unit}".strip(), kpi.note) for kpi in section.kpis()]
    return Page(
        "findings",
        t("review_pack.sheet.findings"),
        t("review_pack.findings_of", n=len(state.homes)),
        "",
        (
            Column(t("review_pack.column.section")),
            Column(t("review_pack.column.finding"), "long"),
            Column(t("review_pack.column.value")),
            Column(t("review_pack.column.note"), "long"),
        ),
        rows,
    )


def alerts(state: ReviewState) -> Page | None:
    """Return what asks for attention, the gravest first; None where no board is stored."""
    t, board = state.t, section_of(state, "board")
    if board is None or not board.is_there:
        return None
    found = board.tables.alerts()
    rows = [(f"{each['sign']} {each['severity']}", each["text"]) for each in found]
    return Page(
        "alerts",
        t("review_pack.sheet.alerts"),
        t("review_pack.alerts.title", n=len(rows)) if rows else t("review_pack.alerts.none"),
        "",
        (Column(t("review_pack.column.severity")), Column(t("review_pack.column.alert"), "long")),
        rows,
    )


def actions(state: ReviewState) -> Page | None:
    """Return what was agreed, who does it and by when; None where nothing was."""
    t, board = state.t, section_of(state, "board")
    if board is None or board.items.empty:
        return None
    customers = set(state.targets["customer_id"])
    found = board.tables.items()
    rows = [
        (
            without_numbers(each["text"], customers),
            each["owner"],
            each["due"],
            f"{each['sign']} {each['word']}",
            without_numbers(each["note"], customers),
        )
        for each in found
    ]
    n_open = sum(each["state"] == "open" for each in found)
    return Page(
        "actions",
        t("review_pack.sheet.actions"),
        t("review_pack.actions.title", n=len(rows), open=n_open),
        "",
        (
            Column(t("review_pack.column.action_item"), "long"),
            Column(t("review_pack.column.owner")),
            Column(t("review_pack.column.due")),
            Column(t("review_pack.column.state")),
            Column(t("review_pack.column.note"), "long"),
        ),
        rows,
    )


def movement(state: ReviewState) -> Page | None:
    """Return how many customers went from which part to which; None without two cycles."""
    t, customers = state.t, section_of(state, "customers")
    if customers is None or customers.step is None:
        return None
    before, after = customers.order("before"), customers.order("after")

    def cell(first: str | None, second: str | None) -> Any:
        found = customers.cell(first, second)
        return HIDDEN if found is None else int(found["n"])

    title, subtitle = customers.findings.matrix_title()
    rows = [
        (customers.shown(part), *(cell(part, other) for other in after), cell(part, None)) for part in before
    ]
    rows.append((t("review_pack.column.all"), *(cell(None, other) for other in after), cell(None, None)))
    return Page(
        "movement",
        t("review_pack.sheet.movement"),
        title,
        subtitle,
        (
            Column(t("review_pack.column.from_to")),
            *(Column(customers.shown(part), "count") for part in after),
            Column(t("review_pack.column.all"), "count"),
        ),
        rows,
    )


def hypotheses(state: ReviewState) -> Page | None:
    """Return what was believed and what the data say of it; None where nothing was written down."""
    t, believed = state.t, section_of(state, "hypotheses")
    if believed is None or believed.frame.empty:
        return None
    heading = believed.heading()
    customers = set(state.targets["customer_id"])
    rows = [
        (
            each["id"],
            without_numbers(each["sentence"], customers),
            each["statement"],
            each["result"],
            each["verdict"],
            each["why"],
        )
        for each in believed.rows()
    ]
    return Page(
        "hypotheses",
        t("review_pack.sheet.hypotheses"),
        heading.title,
        heading.subtitle,
        (
            Column(t("review_pack.column.id")),
            Column(t("review_pack.column.hypothesis"), "long"),
            Column(t("review_pack.column.measured"), "long"),
            Column(t("review_pack.column.result")),
            Column(t("review_pack.column.verdict")),
            Column(t("review_pack.column.reason"), "long"),
        ),
        rows,
    )
