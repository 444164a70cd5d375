"""Why a customer is on a list, or at which gate they went out: in words of both languages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.errors import NotFound
from workbench.locale import normal_language
from workbench.strategy.conditions import column_words, describe_condition, read_conditions
from workbench.strategy.contact_policy import Limit

if TYPE_CHECKING:
    from workbench.strategy.selection import Selection

MESSAGE_PREFIXES = (
    "strategy_lists.gate.",
    "strategy_lists.why.",
    "strategy_lists.detail.",
    "strategy_lists.trigger.",
    "strategy.channel.",
)
COLUMNS = ("strategy_id", "arm", "gate", "reason", "detail")


def gate_label(gate: str, lang: str = "en") -> str:
    """Return the name of a gate, for a funnel's axis.

    Examples
    --------
    >>> gate_label("capacity", "zh_CN")
    '产能之内'
    """
    # What lists launched by an earlier version kept.
    known = "contact_policy" if gate == "recent_contact" else gate
    return locale.text(f"strategy_lists.gate.{known}", lang)


def why(selection: Selection, customer_id: str, lang: str = "en") -> pd.DataFrame:
    """Return for one customer which list they are on, or which gate kept them out and why.

    Parameters
    ----------
    selection : Selection
        From `select_targets`.
    customer_id : str
        The customer.
    lang : str, default="en"
        Language of the sentence.

    Returns
    -------
    pandas.DataFrame
        One row a strategy: ``strategy_id``, ``arm`` (empty when not listed), ``gate`` (empty
        when listed; the gates before it were passed), ``reason``: a sentence that names the
        condition or limit that failed, ``detail``: the same as the gate noted it.

    Raises
    ------
    NotFound
        If the customer took no part in the selection.

    Examples
    --------
    >>> customers = pd.DataFrame({"customer_id": ["1", "2"], "age": [16.0, 40.0]})
    >>> membership = customers[["customer_id"]].assign(cluster=0, segment="All")
    >>> from workbench.strategy import score_customers, select_targets, suggest_strategies
    >>> cards = suggest_strategies(customers, membership, starts_on="2026-10-12")
    >>> rule = '[{"column": "age", "operator": "at_least", "value": 18}]'
    >>> cards = cards.assign(eligibility=rule)
    >>> scores = score_customers(customers, membership, cards)
    >>> why(select_targets(scores, cards, customers, membership), "1")["gate"].tolist()[0]
    'eligibility'
    """
    listed = selection.targets.loc[selection.targets["customer_id"].eq(customer_id).to_numpy()]
    out = selection.dropped.loc[selection.dropped["customer_id"].eq(customer_id).to_numpy()]
    if listed.empty and out.empty:
        raise NotFound("strategy_room.error.unknown_customer", n=selection.funnel["n_in"].iloc[0])
    rows = [
        (row["strategy_id"], row["arm"], "", _say(str(row["arm"]), lang, row), "")
        for row in listed.to_dict("records")
    ]
    rows += [
        (row["strategy_id"], "", row["gate"], _say(str(row["gate"]), lang, row), row["detail"])
        for row in out.to_dict("records")
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _say(reason: str, lang: str, row: dict[Any, Any]) -> str:
    detail = str(row.get("detail") or "")
    key = f"strategy_lists.why.{reason}"
    if reason in ("segment", "consent"):
        key = f"strategy_lists.why.{detail or 'nobody'}"
    strategy = row["strategy_id"] or locale.decimal(None)
    words = describe_detail(reason, detail, lang)
    return locale.text(key, lang, strategy=strategy, rank=row.get("rank"), detail=words)


def describe_detail(gate: str, detail: str, lang: str = "en") -> str:
    """Return what a gate asked, or noted as its reason, in words of a language.

    Parameters
    ----------
    gate : str
        One of `GATES`.
    detail : str
        As it stands in ``Selection.used`` and ``Selection.dropped``.
    lang : str, default="en"
        The language.

    Examples
    --------
    >>> describe_detail("suitability", '[{"column": "age", "operator": "at_least", "value": 70}]')
    'age at least 70'
    """
    lang = normal_language(lang)
    if not detail:
        return ""
    if gate in ("eligibility", "suitability"):
        parts = [describe_condition(condition, lang) for condition in read_conditions(detail)]
        return locale.text("strategy_lists.detail.both", lang).join(parts)
    if gate == "applicability":
        return _trigger(json.loads(detail), lang)
    if gate == "contact_policy":
        noted = json.loads(detail)
        return Limit(noted["channel"], noted["most"], noted["days"]).describe(lang)
    if gate == "capacity":
        key = f"strategy.channel.{detail}"
        return locale.text(key, lang) if key in locale.keys(lang) else detail
    if gate in ("segment", "consent"):
        return locale.text(f"strategy_lists.detail.{detail}", lang)
    return detail


def _trigger(noted: dict[str, Any], lang: str) -> str:
    sources = [
        locale.text("strategy_lists.detail.events", lang) if part == "events" else column_words(part, lang)
        for part in str(noted["source"]).split(" + ")
        if part
    ]
    return locale.text(
        "strategy_lists.detail.trigger" if sources else "strategy_lists.detail.no_trigger",
        lang,
        trigger=locale.text(f"strategy_lists.trigger.{noted['trigger']}", lang),
        days=f"{noted['days']:g}",
        source=locale.text("strategy_lists.say.list", lang).join(sources),
    )
