"""Referrals that the ties between customers suggest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from workbench import locale
from workbench.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.project.contactable import People
    from workbench.project.handle import Project

COLUMNS = ("customer_id", "masked_id", "masked_name", "kind", "sentence")
TO_RETAIL = "corporate_to_retail"
_LOOKED_AT = 200


def suggest_from_ties(
    project: Project, people: People, kinds: Mapping[str, str], most: int, lang: str
) -> pd.DataFrame:
    """Return companies whose employees could be paid here, the most salaries first.

    Parameters
    ----------
    project : Project
        The handle.
    people : People
        The customers as they are now.
    kinds : mapping of str to str
        The kinds that may be sent.
    most : int
        Rows at most.
    lang : str
        Language of the sentence.

    Returns
    -------
    pandas.DataFrame
        See `workbench.project.referrals.Referrals.suggest`; none where no ties were imported.
    """
    empty = pd.DataFrame(columns=list(COLUMNS))
    if TO_RETAIL not in kinds or not project.cycle.cycle_id:
        return empty
    try:
        companies, _ = project.insight.links.stored()
    except NotFound:
        return empty
    found = companies[companies["is_customer"].astype("bool") & companies["action"].eq("offer_payroll")]
    standing = project.store.referrals.rows(is_open=True)
    taken = {row["customer_id"] for row in standing if row["kind"] == TO_RETAIL}
    found = found[~found["company_id"].isin(taken)].head(max(most, _LOOKED_AT))
    looked = people.look(found["company_id"].astype("str").tolist())
    rows = []
    for firm, known in zip(found.to_dict("records"), looked.to_dict("records"), strict=True):
        if known["held"]:
            continue
        n, paid = int(firm["n_employees"]), firm["n_payroll"]
        left = n - (0 if pd.isna(paid) else int(paid))
        sentence = locale.text("execution_referral.suggest.payroll", lang, n=n, open=left)
        rows.append([known["customer_id"], known["masked_id"], known["masked_name"], TO_RETAIL, sentence])
    return pd.DataFrame(rows[:most], columns=list(COLUMNS))
