"""Contacts counted in rolling windows: exact, and for millions of customers at once."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import TableProblem
from workbench.strategy.contact_policy import ContactPolicy, Limit

Moment = dt.date | str | None


class _Moments:
    """The contacts of some customers, sorted so that a window of any of them is two look-ups.

    A moment stands for its place among all different moments, and a customer for a
    whole number: one key for both keeps the counting exact, to the microsecond.
    """

    def __init__(self, contacts: pd.DataFrame, customers: pd.Index) -> None:
        codes = _codes(contacts["customer_id"], customers)
        moments = _naive(contacts["contacted_at"])
        kept = (codes >= 0) & ~np.isnat(moments)
        codes, moments = codes[kept], moments[kept]
        self.different, places = np.unique(moments, return_inverse=True)
        self.size = len(self.different) + 1
        keys = codes * self.size + places
        order = np.argsort(keys, kind="stable")
        self.keys, self.codes, self.moments = keys[order], codes[order], moments[order]

    def before(self, codes: npt.NDArray[Any], at: npt.NDArray[Any], side: Any) -> npt.NDArray[np.int64]:
        """Return how many keys lie before a customer's moment; its own counted on the right side."""
        places = np.searchsorted(self.different, at, side=side)
        return np.searchsorted(self.keys, codes * self.size + places, side="left")

    def fullest(
        self, codes: npt.NDArray[Any], at: npt.NDArray[Any], length: np.timedelta64
    ) -> npt.NDArray[np.int64]:
        """Return the most contacts that any window of a length holds in which a moment lies."""
        # A fullest window can be taken to begin at one of its contacts, or at the moment itself.
        ahead = self.before(codes, at + length, "right") - self.before(codes, at, "left")
        own = self.before(self.codes, self.moments + length, "right") - np.arange(len(self.keys))
        first, past = self.before(codes, at - length, "left"), self.before(codes, at, "right")
        return np.maximum(ahead, _range_max(own, first, past))


def _range_max(
    values: npt.NDArray[np.int64], begin: npt.NDArray[np.int64], end: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return the largest of ``values[begin:end]``, 0 where there is none, by a sparse table."""
    found = np.zeros(len(begin), dtype=np.int64)
    length = end - begin
    some = length > 0
    if not some.any():
        return found
    level, table = 0, values
    longest = int(length.max())
    while True:
        width = 1 << level
        mine = some & (length >= width) & (length < 2 * width)
        if mine.any():
            found[mine] = np.maximum(table[begin[mine]], table[end[mine] - width])
        if 2 * width > longest:
            return found
        table = np.maximum(table[:-width], table[width:])
        level += 1


def count_contacts(contacts: pd.DataFrame, days: int, at: Moment = None, channel: str = "") -> pd.Series:
    """Return how often each customer was contacted in the days up to a moment.

    Parameters
    ----------
    contacts : pandas.DataFrame
        CONTACTS or CAMPAIGN_HISTORY: ``customer_id``, ``contacted_at`` and, where a
        channel is asked for, ``channel``. Rows without a moment are no contacts.
    days : int
        Length of the window: it holds what happened no more than days × 24 hours before
        `at`, both ends included.
    at : datetime.date or str, optional
        The moment, naive UTC; default is the last contact.
    channel : str, default=""
        Only this channel's; ``"message"`` is sms, app and email together.

    Returns
    -------
    pandas.Series of int
        By customer_id; customers without a contact in the window are left out.

    Raises
    ------
    TableProblem
        If a column is missing.

    Examples
    --------
    >>> seen = pd.DataFrame({"customer_id": ["1", "1", "2"], "contacted_at": pd.to_datetime(
    ...     ["2026-09-01 09:00", "2026-09-30 09:00", "2026-06-01 09:00"])})
    >>> count_contacts(seen, 30, "2026-10-01 09:00").to_dict()
    {'1': 2}
    """
    limit = Limit(channel, 0, days)
    mine = _of_channel(contacts, limit)
    moments = pd.Series(_naive(mine["contacted_at"]), index=mine.index)
    if mine.empty or moments.notna().sum() == 0:
        return pd.Series(dtype="int64", index=pd.Index([], name="customer_id", dtype="str"), name="contacts")
    end = pd.Timestamp(at) if at is not None else moments.max()
    inside = (moments <= end) & (moments >= end - pd.Timedelta(days=days))
    counted = mine.loc[inside.to_numpy()].groupby("customer_id").size()
    return counted.rename("contacts").astype("int64")


def within_policy(
    pairs: pd.DataFrame,
    contacts: pd.DataFrame,
    policy: ContactPolicy,
    at: Moment = None,
    *,
    explain: bool = False,
) -> pd.Series:
    """Say for each pair of customer and channel whether one more contact keeps to the policy.

    With the new contact in it, no window of a limit's days may hold more contacts than
    the limit allows. Windows roll: it is not asked how many there were in a calendar
    month. What is planned for later counts, as it may share a window with the new one.

    Parameters
    ----------
    pairs : pandas.DataFrame
        ``customer_id``, ``channel`` of the new contact and, unless `at` is given, ``at``:
        its moment.
    contacts : pandas.DataFrame
        ``customer_id``, ``contacted_at`` (naive UTC), ``channel``. Without ``channel``
        only limits on all channels can be counted.
    policy : ContactPolicy
        The limits.
    at : datetime.date or str, optional
        The moment of every pair.
    explain : bool, default=False
        Return instead the number of the first limit that fails, −1 where none does.

    Returns
    -------
    pandas.Series of bool (or of int)
        By the pairs' index. A limit on another channel than the pair's can't fail.

    Raises
    ------
    TableProblem
        If a column is missing.

    Examples
    --------
    >>> pairs = pd.DataFrame({"customer_id": ["1", "2"], "channel": ["phone", "phone"]})
    >>> seen = pd.DataFrame({"customer_id": ["1"], "channel": ["sms"],
    ...                      "contacted_at": pd.to_datetime(["2026-09-12 00:00"])})
    >>> policy = ContactPolicy("standard", (Limit("", 1, 30),))
    >>> within_policy(pairs, seen, policy, at="2026-10-12").tolist()
    [False, True]
    >>> within_policy(pairs, seen, policy, at="2026-10-12 00:01").tolist()
    [True, True]
    """
    failed = np.full(len(pairs), -1, dtype=np.int64)
    if len(pairs) and len(contacts):
        customers = pd.Index(pairs["customer_id"].drop_duplicates())
        codes = _codes(pairs["customer_id"], customers)
        when = _naive(pairs["at"]) if at is None else np.full(len(pairs), _moment(at))
        for number, limit in enumerate(policy.limits):
            if limit.channels and "channel" not in contacts.columns:
                continue
            asked = failed < 0
            if limit.channels:
                asked &= pairs["channel"].isin(limit.channels).to_numpy()
            if asked.any():
                moments = _Moments(_of_channel(contacts, limit), customers)
                length = np.timedelta64(limit.days * 86_400_000_000, "us")
                held = moments.fullest(codes[asked], when[asked], length)
                failed[np.flatnonzero(asked)[held + 1 > limit.most]] = number
    elif len(pairs):
        for number, limit in enumerate(policy.limits):
            # A limit of none at all needs no contact to fail.
            mine = pairs["channel"].isin(limit.channels).to_numpy() if limit.channels else True
            failed[(failed < 0) & mine & (limit.most < 1)] = number
    return pd.Series(failed if explain else failed < 0, index=pairs.index)


def _of_channel(contacts: pd.DataFrame, limit: Limit) -> pd.DataFrame:
    wanted = ["customer_id", "contacted_at", *(["channel"] if limit.channels else [])]
    missing = [name for name in wanted if name not in contacts.columns]
    if missing:
        present = ", ".join(map(str, contacts.columns)) or "-"
        raise TableProblem(
            "errors.table.missing_columns", table="contacts", columns=", ".join(missing), present=present
        )
    return contacts.loc[contacts["channel"].isin(limit.channels)] if limit.channels else contacts


def _codes(ids: pd.Series, customers: pd.Index) -> npt.NDArray[np.int64]:
    codes, different = pd.factorize(ids)
    return customers.get_indexer(different)[codes] if len(different) else np.full(len(ids), -1)


def _naive(moments: pd.Series) -> npt.NDArray[Any]:
    """Return moments as naive UTC; one with a time zone is brought to UTC."""
    typed = pd.to_datetime(moments)
    if getattr(typed.dtype, "tz", None) is not None:
        typed = typed.dt.tz_convert("UTC").dt.tz_localize(None)
    return typed.to_numpy(dtype="datetime64[us]")


def _moment(at: Any) -> np.datetime64:
    moment = pd.Timestamp(at)
    if moment.tz is not None:
        moment = moment.tz_convert("UTC").tz_localize(None)
    return moment.to_datetime64().astype("datetime64[us]")
