"""The lists at hand: who is on which, looked up for many rows at once."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd

from workbench.execution.keys import lead_key
from workbench.tables import TARGETS


class Listed:
    """Target lists, prepared once for the rows of a file that come part by part.

    Parameters
    ----------
    targets : pandas.DataFrame
        Table TARGETS, with ``list_id`` where the lists have one (else the strategy_id stands for it).

    Attributes
    ----------
    customers : pandas.Index
        Everybody on a list, once.
    """

    def __init__(self, targets: pd.DataFrame) -> None:
        TARGETS.check(targets)
        self.customers = pd.Index(targets["customer_id"].unique())
        codes = self.customers.get_indexer(pd.Index(targets["customer_id"]))
        order = np.argsort(codes, kind="stable")
        counts = np.bincount(codes, minlength=len(self.customers))
        self._begin = np.concatenate([[0], np.cumsum(counts)])
        named = targets["list_id"] if "list_id" in targets.columns else targets["strategy_id"]
        self._of: dict[str, pd.Series] = {
            name: column.astype("category").iloc[order].reset_index(drop=True)
            for name, column in (
                ("list_id", named),
                ("strategy_id", targets["strategy_id"]),
                ("arm", targets["arm"]),
            )
        }
        self._codes = codes[order]
        widths = targets["customer_id"].str.len()
        self._width = int(widths.iloc[0]) if len(widths) and widths.nunique() == 1 else 0

    def canonical(self, written: pd.Series) -> pd.Series:
        """Return ids as the lists write them: a file may have lost the leading zeros."""
        digits = written.str.fullmatch(r"\d+", na=False).to_numpy(dtype=bool)
        lost = digits & (self._number(written) < 0)
        if not lost.any():
            return written
        padded = written.str.zfill(self._width)
        return written.where(~(lost & (self._number(padded) >= 0)), padded)

    def _number(self, ids: pd.Series) -> np.ndarray:
        return self.customers.get_indexer(pd.Index(ids))

    def match(self, ids: pd.Series, strategies: pd.Series, lists: pd.Series) -> pd.DataFrame:
        """Return for each row how many lists fit, and of the first one that does its names.

        Parameters
        ----------
        ids, strategies, lists : pandas.Series of text
            What each row says; a missing strategy or list fits any.

        Returns
        -------
        pandas.DataFrame
            ``_matches``, ``_customer`` (the customer's number among `customers`, or -1),
            ``list_id``, ``strategy_id``, ``arm``.
        """
        number = self._number(ids)
        size = np.where(number < 0, 0, np.diff(self._begin)[number]) if len(self.customers) else number * 0
        row = np.repeat(np.arange(len(ids)), size)
        within = np.arange(len(row)) - np.repeat(np.cumsum(size) - size, size)
        place = self._begin[number[row]] + within
        fits = np.ones(len(row), dtype=bool)
        for name, said in (("strategy_id", strategies), ("list_id", lists)):
            if said.notna().any():
                asked = said.to_numpy(dtype=object)[row]
                known = self._of[name].astype("object").to_numpy()[place]
                fits &= said.isna().to_numpy()[row] | (asked == known)
        row, place = row[fits], place[fits]
        first, at = np.unique(row, return_index=True)
        found = pd.DataFrame({"_matches": np.bincount(row, minlength=len(ids)), "_customer": number})
        for name, column in self._of.items():
            codes = np.full(len(ids), -1)
            codes[first] = column.cat.codes.to_numpy()[place[at]]
            found[name] = pd.Categorical.from_codes(codes, categories=column.cat.categories)
        return found.set_axis(ids.index)

    @cached_property
    def _leads(self) -> pd.Series:
        customers = self.customers.to_numpy(dtype=object)[self._codes]
        lists = self._of["list_id"].astype("object")
        keys = [lead_key(str(one), str(other)) for one, other in zip(lists, customers, strict=True)]
        return pd.Series(np.arange(len(keys)), index=keys)

    def of_leads(self, keys: pd.Series) -> tuple[pd.Series, pd.Series]:
        """Return customer and list of the leads that rows name; missing where there is no such lead."""
        place = self._leads.reindex(keys.to_numpy(dtype=object))
        known = place.notna().to_numpy()
        at = place.fillna(0).to_numpy(dtype="int64")
        customers = pd.Series(self.customers.to_numpy(dtype=object)[self._codes[at]], index=keys.index)
        lists = pd.Series(self._of["list_id"].astype("object").to_numpy()[at], index=keys.index)
        return customers.where(known).astype("str"), lists.where(known).astype("str")
