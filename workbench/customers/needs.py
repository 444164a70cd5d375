"""Which need a customer's time of life suggests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ibis

ADULT, SETTLED, LATE, OLD = 25, 40, 55, 65
"""Years of age at which another need comes first."""


def life_need(portrait: ibis.Table) -> Any | None:
    """Return the need of a customer's time of life as an Ibis expression.

    Retail, the first that fits: ``retirement_income`` (retired, or 65 and older),
    ``starting_out`` (a student, or under 25), ``retirement_planning`` (55 to 64),
    ``wealth_building`` (40 to 54), ``protection`` (25 to 39 with a loan) and
    ``home_and_family`` (25 to 39 without). Corporate: ``payroll`` where employees are
    customers, ``supply_chain`` where suppliers are, ``working_capital`` else. These are
    rules of thumb for a first talk, not findings about the customer.

    Parameters
    ----------
    portrait : ibis.Table
        One row a customer.

    Returns
    -------
    ibis string value or None
        None where neither age nor occupation nor links are known.
    """
    import ibis

    there = set(portrait.columns)
    retail = portrait.kind == "retail"
    branches: list[tuple[Any, str]] = []
    if "occupation" in there:
        branches.append((retail & (portrait.occupation == "retired"), "retirement_income"))
    if "age" in there:
        branches.append((retail & (portrait.age >= OLD), "retirement_income"))
    if "occupation" in there:
        branches.append((retail & (portrait.occupation == "student"), "starting_out"))
    if "age" in there:
        branches.append((retail & (portrait.age < ADULT), "starting_out"))
        branches.append((retail & (portrait.age >= LATE), "retirement_planning"))
        branches.append((retail & (portrait.age >= SETTLED), "wealth_building"))
        if "balance_loan" in there:
            branches.append((retail & portrait.age.notnull() & (portrait.balance_loan > 0), "protection"))
        branches.append((retail & portrait.age.notnull(), "home_and_family"))
    if "linked_employees" in there:
        corporate = portrait.kind == "corporate"
        branches.append((corporate & (portrait.linked_employees > 0), "payroll"))
        branches.append((corporate & (portrait.linked_suppliers > 0), "supply_chain"))
        branches.append((corporate, "working_capital"))
    if not branches:
        return None
    return ibis.cases(*branches, else_=ibis.null("string"))
