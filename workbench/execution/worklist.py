"""From target lists to today's work: whom to contact, when, and what to say."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from workbench.execution.dispositions import MOST_TRIES, Codes, read_dispositions
from workbench.execution.script import address, fill_script, product_name, script_language
from workbench.tables import CONTACTS, OUTCOMES, STRATEGIES, TARGETS
from workbench.tables.masking import mask_identifier, mask_phone

STATUSES = ("callback", "open", "done")
_COLUMNS = (
    "customer_id",
    "masked_id",
    "strategy_id",
    "strategy",
    "channel",
    "segment",
    "priority",
    "due_on",
    "status",
    "attempts",
    "last_disposition",
    "script",
)


def build_worklist(
    targets: pd.DataFrame,
    customers: pd.DataFrame,
    contacts: pd.DataFrame,
    outcomes: pd.DataFrame,
    strategies: pd.DataFrame,
    *,
    today: dt.date | str,
    lang: str | None = None,
    dispositions: Codes | None = None,
) -> pd.DataFrame:
    """Return the customers to contact, in the order to contact them.

    Parameters
    ----------
    targets : pandas.DataFrame
        Table TARGETS, with ``list_id`` where the lists have one. Only the treatment arm is
        worked: a control customer never appears.
    customers : pandas.DataFrame
        Table CUSTOMERS or PORTRAIT, as known today. Who has since asked not to be
        contacted, or withdrawn consent, is left out. ``phone`` (else the customer_id) is
        shown masked; ``name`` and ``gender`` are used to address the customer.
    contacts : pandas.DataFrame
        Table CONTACTS; with ``call_at``, when a customer asked to be called again, where it is known.
    outcomes : pandas.DataFrame
        Table OUTCOMES.
    strategies : pandas.DataFrame
        Table STRATEGIES.
    today : datetime.date or str
        The day of work.
    lang : str, optional
        Language of salutation and product; by default that of each card's script.
    dispositions : mapping of str to Disposition, optional
        The project's codes; by default the packaged ones.

    Returns
    -------
    pandas.DataFrame
        One row a customer and strategy:

        - ``customer_id``, ``masked_id``, ``strategy_id``, ``strategy`` (its name), ``channel``,
          ``segment``, and ``list_id`` where targets have it
        - ``status``: ``callback`` (asked for another call), ``open``, or ``done``: an outcome
          is recorded, the last try settled it, or three tries went unanswered
        - ``priority``: 1 is the first: callbacks that are due, then what is due by the
          day and score, then what is due later, then what is done
        - ``due_on``: for a first try, the list's ranks spread evenly over the strategy's
          days; for another try, the day that the customer asked for, else the days after the
          last one that its disposition asks for; missing when done
        - ``attempts``, ``last_disposition`` (empty before the first)
        - ``script``: with the customer's salutation and the product filled in

    Examples
    --------
    >>> from workbench.tables import CONTACTS, OUTCOMES
    >>> targets = pd.DataFrame({"customer_id": ["0013812341234"], "strategy_id": ["S1"],
    ...     "segment": ["All"], "score": [0.9], "rank": [1], "arm": ["treatment"]})
    >>> customers = pd.DataFrame({"customer_id": ["0013812341234"], "name": ["Anna Li"], "gender": ["F"]})
    >>> strategies = pd.DataFrame({"strategy_id": ["S1"], "name": ["Deposits"], "objective": ["-"],
    ...     "segment": ["All"], "lifecycle_stages": [""], "scenario": ["product"],
    ...     "offer": ["time_deposit"], "channel": ["phone"], "script": ["{name}: a {product}"],
    ...     "value_per_response": [1.0], "cost_per_contact": [1.0], "expected_response": [0.1],
    ...     "control_share": [0.1], "starts_on": pd.to_datetime(["2026-10-12"]),
    ...     "ends_on": pd.to_datetime(["2026-12-11"])})
    >>> work = build_worklist(targets, customers, CONTACTS.empty(), OUTCOMES.empty(), strategies,
    ...                       today="2026-10-12")
    >>> work[["status", "script"]].values.tolist()
    [['open', 'Ms Li: a time deposit']]
    """
    TARGETS.check(targets)
    CONTACTS.check(contacts)
    OUTCOMES.check(outcomes)
    STRATEGIES.check(strategies)
    day = pd.Timestamp(today).normalize()
    work = _treated(targets).merge(_people(customers), on="customer_id")
    work = work.loc[work["_allowed"].to_numpy(dtype=bool)]
    cards = strategies[["strategy_id", "name", "channel", "offer", "script", "starts_on", "ends_on"]]
    work = work.merge(cards.rename(columns={"name": "strategy"}), on="strategy_id")
    keys = ["list_id", "strategy_id", "customer_id"] if "list_id" in targets.columns else _PAIR
    work = work.merge(_last_tries(contacts, keys), on=keys, how="left")
    results = outcomes.groupby(keys, as_index=False).agg(_responded=("responded", "max"))
    work = work.merge(results, on=keys, how="left")
    work["attempts"] = work["attempts"].fillna(0).astype("int64")
    work["last_disposition"] = work["last_disposition"].fillna("")
    codes = read_dispositions() if dispositions is None else dispositions
    work["status"] = _status(work, codes)
    work["due_on"] = _due(work, day, codes)
    work["script"] = _scripts(work, lang)
    work = _prioritise(work, day)
    columns = list(_COLUMNS)
    return work[[*columns[:3], "list_id", *columns[3:]] if "list_id" in targets.columns else columns]


_PAIR = ["strategy_id", "customer_id"]


def _treated(targets: pd.DataFrame) -> pd.DataFrame:
    """Return the treatment arm with each one's place among those to contact, 0 to 1."""
    treated = targets.loc[targets["arm"].eq("treatment").to_numpy()].copy()
    lists = treated.groupby("strategy_id")["rank"]
    treated["_place"] = (lists.rank(method="first") - 1) / lists.transform("size")
    return treated


def place_targets(targets: pd.DataFrame, strategies: pd.DataFrame, today: dt.date | str) -> pd.DataFrame:
    """Return the treatment arm with the day on which each first try is due.

    Parameters
    ----------
    targets : pandas.DataFrame
        Table TARGETS with ``list_id``.
    strategies : pandas.DataFrame
        Table STRATEGIES.
    today : datetime.date or str
        First day of cards that name none.

    Returns
    -------
    pandas.DataFrame
        The targets' columns and ``first_due``.
    """
    placed = _treated(targets).merge(strategies[["strategy_id", "starts_on", "ends_on"]], on="strategy_id")
    return placed.assign(first_due=_first_due(placed, pd.Timestamp(today).normalize()))


def _people(customers: pd.DataFrame) -> pd.DataFrame:
    people = pd.DataFrame({"customer_id": customers["customer_id"]})
    masked = customers["customer_id"].map(mask_identifier).astype("str")
    if "phone" in customers.columns:
        phones = customers["phone"].map(mask_phone).astype("str")
        masked = phones.where(phones.ne(""), masked)
    people["masked_id"] = masked
    for column in ("name", "gender", "kind"):
        people[f"_{column}"] = customers[column] if column in customers.columns else None
    people["_allowed"] = ~_says(customers, "do_not_contact", True) & ~_says(customers, "consent", False)
    return people.drop_duplicates("customer_id")


def _says(customers: pd.DataFrame, column: str, answer: bool) -> pd.Series:
    if column not in customers.columns:
        return pd.Series(False, index=customers.index)
    return customers[column].astype("boolean").eq(answer).fillna(False).astype(bool)


def _last_tries(contacts: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    ordered = contacts.sort_values(["contacted_at", "contact_id"], kind="stable")
    tries = ordered.groupby(keys, as_index=False).agg(
        attempts=("contact_id", "size"),
        last_disposition=("disposition", "last"),
        _last_at=("contacted_at", "last"),
    )
    if "call_at" not in contacts.columns:
        return tries
    # Of the very last try: an older promise was kept or broken by it.
    promised = ordered.drop_duplicates(keys, keep="last")[[*keys, "call_at"]]
    return tries.merge(promised.rename(columns={"call_at": "_call_at"}), on=keys)


def _status(work: pd.DataFrame, codes: Codes) -> pd.Series:
    follows = work["last_disposition"].map({code: d.next for code, d in codes.items()})
    given_up = follows.eq("retry") & work["attempts"].ge(MOST_TRIES)
    responded = work["_responded"].astype("boolean")
    said_yes = responded.fillna(False).astype(bool)
    # "No" is final unless the last try asks for another one: exports say "no" there, too.
    said_no = responded.notna() & ~follows.isin(["retry", "callback"])
    settled = said_yes | said_no | follows.eq("done") | given_up
    status = np.where(settled, "done", np.where(follows.eq("callback"), "callback", "open"))
    return pd.Series(status, index=work.index, dtype="str")


def _due(work: pd.DataFrame, day: pd.Timestamp, codes: Codes) -> pd.Series:
    first = _first_due(work, day)
    wait = work["last_disposition"].map({code: d.days for code, d in codes.items()})
    tried = pd.to_datetime(work["_last_at"]).dt.normalize()
    again = tried + pd.to_timedelta(wait.astype("float64"), unit="D")
    if "_call_at" in work.columns:
        promised = pd.to_datetime(work["_call_at"]).dt.normalize().where(work["status"].eq("callback"))
        again = promised.fillna(again)
    due = again.fillna(first).astype("datetime64[us]")
    return due.mask(work["status"].eq("done"))


def _first_due(work: pd.DataFrame, day: pd.Timestamp) -> pd.Series:
    """Return the days of first tries: ranks spread evenly over the strategy's days."""
    starts = pd.to_datetime(work["starts_on"]).fillna(day).dt.normalize()
    ends = pd.to_datetime(work["ends_on"]).fillna(starts).dt.normalize()
    days = (ends - starts).dt.days.clip(lower=0) + 1
    return starts + pd.to_timedelta(np.floor(work["_place"] * days), unit="D")


def _scripts(work: pd.DataFrame, lang: str | None) -> list[str]:
    columns = ("script", "offer", "_name", "_gender", "_kind")
    cells = zip(*(work[c] for c in columns), strict=True)
    return [
        personal_script(script, offer, name, gender, kind, lang)
        for script, offer, name, gender, kind in cells
    ]


def personal_script(
    script: object, offer: str, name: object, gender: object, kind: object, lang: str | None = None
) -> str:
    """Return a card's script with one customer's salutation and the product filled in.

    Parameters
    ----------
    script : str
        The script; missing is empty.
    offer : str
        What is offered.
    name, gender, kind : str
        The customer's; missing is not known.
    lang : str, optional
        Language of salutation and product; by default the script's.

    Examples
    --------
    >>> personal_script("{name}您好，{product}", "time_deposit", "王小明", "M", "retail")
    '王先生您好，定期存款'
    """
    written = script if isinstance(script, str) else ""
    words = lang or script_language(written)
    person = address(
        name if isinstance(name, str) else None,
        gender if isinstance(gender, str) else None,
        company=kind == "corporate",
        lang=words,
    )
    return fill_script(written, name=person, product=product_name(offer, words))


def _prioritise(work: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    is_due = work["due_on"].le(day)
    order = np.select(
        [work["status"].eq("done"), ~is_due, work["status"].eq("callback")], [3, 2, 0], default=1
    )
    work = work.assign(_order=order, _score=-work["score"])
    work = work.sort_values(["_order", "due_on", "_score", "strategy_id", "customer_id"], ignore_index=True)
    work["priority"] = np.arange(1, len(work) + 1)
    return work
