"""Check an outcomes file against the lists: what is loaded, repeated or quarantined."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import pandas as pd

from workbench.execution.dispositions import Codes
from workbench.execution.keys import lead_key, outcome_key, result_key
from workbench.execution.outcome_parts import OutcomeCheck, OutcomeParts
from workbench.execution.outcome_rows import ListedOn

__all__ = ["OutcomeCheck", "OutcomeParts", "check_outcomes", "lead_key", "outcome_key", "result_key"]


def check_outcomes(
    raw: pd.DataFrame,
    targets: pd.DataFrame,
    known_keys: Collection[str] = frozenset(),
    *,
    today: dt.date | str | None = None,
    strategies: pd.DataFrame | None = None,
    known_customers: Collection[str] | None = None,
    listed_on: ListedOn = None,
    dispositions: Codes | None = None,
    file: str = "outcomes",
    lang: str = "en",
) -> OutcomeCheck:
    """Return what can be loaded from a file of outcomes, and why the rest can't.

    Parameters
    ----------
    raw : pandas.DataFrame
        The file's cells as text. Columns ``customer_id`` (or ``lead_id``, as `lead_key` makes it)
        and ``responded`` or ``disposition``; optional ``amount``, ``contacted_at``, ``recorded_at``,
        ``contacted`` (no: not contacted, whatever else the row says), ``currency`` (amounts in
        another than CNY are quarantined), ``note``, ``channel``, ``agent``, ``strategy_id``,
        ``list_id``, ``result_id`` (the sender's own number of the result). Chinese headers (客户号,
        是否响应 …) are understood. A column ``line`` gives line numbers; otherwise the first row
        is line 2.
    targets : pandas.DataFrame
        Table TARGETS, with ``list_id`` where the lists have one (else the strategy_id
        stands for it).
    known_keys : collection of str, default=()
        ``outcome_id`` and ``contact_id`` of what was loaded before.
    today : datetime.date or str, optional
        Later contacts are quarantined; it also dates rows that carry no date.
    strategies : pandas.DataFrame, optional
        Table STRATEGIES, for the channel of contacts.
    known_customers : collection of str, optional
        Every customer of the bank, to tell an unknown customer from one that is on no list.
    listed_on : mapping, datetime.date or str, optional
        The day the lists were cut, or one by list_id; earlier contacts are quarantined.
    dispositions : mapping of str to Disposition, optional
        The project's codes; by default the packaged ones.
    file : str, default="outcomes"
        The file's name, for the quarantine and as the outcomes' source.
    lang : str, default="en"
        Language of the reasons.

    Returns
    -------
    OutcomeCheck

    Raises
    ------
    ImportProblem
        If the columns that a file must have are missing.

    Notes
    -----
    A row's key is the hash of list_id, strategy_id, customer_id, contacted_at (else
    recorded_at, else nothing), responded, amount and disposition: reading a file again
    changes nothing, on whatever day. A row with a result_id is known by that: the same number
    with another content is quarantined. Rows of the file that give one customer, list and
    moment different results are all quarantined, because none is known to be right. A
    control customer who was contacted is loaded and flagged: leaving such rows out would
    hide contamination. A contact without a disposition counts as reached when the row
    says whether the customer responded.

    Examples
    --------
    >>> targets = pd.DataFrame({"customer_id": ["07", "08"], "strategy_id": ["S1", "S1"],
    ...     "segment": ["All"] * 2, "score": [0.9, 0.8], "rank": [1, 2], "arm": ["treatment"] * 2})
    >>> raw = pd.DataFrame({"customer_id": ["07", "08", "99"], "responded": ["yes", "perhaps", "no"]})
    >>> check = check_outcomes(raw, targets, today="2026-10-20")
    >>> check.loaded[["customer_id", "responded"]].values.tolist()
    [['07', True]]
    >>> check.quarantined[["line", "cause"]].values.tolist()
    [[3, 'unknown_code'], [4, 'not_on_list']]
    """
    parts = OutcomeParts(
        targets,
        today=today,
        strategies=strategies,
        known_customers=known_customers,
        listed_on=listed_on,
        dispositions=dispositions,
        file=file,
        lang=lang,
    )
    parts.add(raw)
    lines = parts.lines
    return parts.settle(known_keys, reread=lambda: [(raw, lines)])
