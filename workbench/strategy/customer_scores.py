"""Score the customers: how much each strategy promises for each customer of its segment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.strategy.criteria import Responses, response_chance
from workbench.strategy.propensity import Propensity
from workbench.strategy.reach import join_segments
from workbench.strategy.weights import CRITERIA, DEFAULT_WEIGHTS, normal_weights
from workbench.tables import SCORES, STRATEGIES

Vector = npt.NDArray[np.float64]
_ASKED = ("customer_id", "balance_total", "satisfaction")


def score_customers(
    customers: pd.DataFrame,
    membership: pd.DataFrame,
    strategies: pd.DataFrame,
    propensities: Responses | None = None,
    weights: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Return how much each strategy promises for each customer of its segment.

    The score weighs the same criteria as `score_strategies`: the customer's expected value
    and balances, their survey score, and the cost of the contact. Because balances are
    skewed, each criterion is brought to 0 … 1 by its rank among all rows (mean rank for
    ties; 0.5 where it is missing), not by its minimum and maximum.

    Parameters
    ----------
    customers : pandas.DataFrame
        Table PORTRAIT, one row a customer.
    membership : pandas.DataFrame
        Table MEMBERSHIP.
    strategies : pandas.DataFrame
        Table STRATEGIES.
    propensities : mapping of str to pandas.Series or Propensity, optional
        By strategy_id; a strategy without one uses its planned ``expected_response``.
        Series that share an index are looked up once: take them from one frame.
    weights : mapping of str to float, optional
        As in `score_strategies`.

    Returns
    -------
    pandas.DataFrame
        Table SCORES, a row for each customer and strategy of the customer's segment, in
        any lifecycle stage: `select_targets` applies stages and the other gates.

    Raises
    ------
    ParameterProblem
        If nobody has a segment, weights are unusable, or a strategy has neither
        propensity nor planned response.

    Notes
    -----
    A customer's balance and survey score stand in a row for each strategy of the segment,
    and a cost in all rows of a strategy: they are ranked once, counted as often as they
    stand there. Only expected values that a model gave are sorted row by row.

    Examples
    --------
    >>> customers = pd.DataFrame({"customer_id": ["1", "2"], "balance_total": [10.0, 30.0]})
    >>> membership = pd.DataFrame(
    ...     {"customer_id": ["1", "2"], "cluster": [0, 0], "segment": ["All"] * 2})
    >>> from workbench.strategy import suggest_strategies
    >>> cards = suggest_strategies(customers, membership, starts_on="2026-10-12")
    >>> scores = score_customers(customers, membership, cards, weights={"balances": 1})
    >>> scores[["customer_id", "score"]].values.tolist()
    [['1', 0.0], ['2', 1.0]]
    """
    shares = normal_weights(DEFAULT_WEIGHTS if weights is None else weights)
    STRATEGIES.check(strategies)
    sources = dict(propensities or {})
    learned = any(isinstance(source, Propensity) for source in sources.values())
    asked = customers if learned else customers[[name for name in _ASKED if name in customers.columns]]
    joined = join_segments(asked, membership)
    if strategies.empty:
        return SCORES.empty()
    rows = _Rows(joined, strategies)
    promised = _Promised(rows, sources)
    score = _weigh(rows, promised, joined, shares)
    # Of this form by construction: a check of the whole would take longer than the scoring.
    return pd.DataFrame(
        {
            "customer_id": rows.spread_ids(),
            "strategy_id": rows.strategy_ids(),
            "propensity": promised.chance,
            "expected_value": promised.value,
            "score": score,
        }
    )


class _Rows:
    """Which customers stand in the rows of each card: cards in order, customers in order."""

    def __init__(self, joined: pd.DataFrame, strategies: pd.DataFrame) -> None:
        self.joined = joined
        self.cards: list[dict[str, Any]] = [
            {str(name): value for name, value in card.items()} for card in strategies.to_dict("records")
        ]
        codes, names = pd.factorize(joined["segment"])
        number = {name: code for code, name in enumerate(names)}
        self.segment = [number.get(card["segment"], -1) for card in self.cards]
        self._members: dict[int, npt.NDArray[np.int64]] = {
            code: np.flatnonzero(codes == code) for code in dict.fromkeys(self.segment)
        }
        sizes = [len(self._members[code]) for code in self.segment]
        ends = np.cumsum(sizes)
        self.n = int(ends[-1])
        self.spans = [slice(int(end - size), int(end)) for end, size in zip(ends, sizes, strict=True)]
        used = np.bincount([code for code in self.segment if code >= 0], minlength=len(names))
        # How many rows each customer stands in; a customer without a segment's card in none.
        self.counts = used[codes] if len(names) else np.zeros(len(joined), dtype=np.int64)
        self._kept: dict[int, pd.DataFrame] = {}

    def positions(self, number: int) -> npt.NDArray[np.int64]:
        """Return which rows of the joined customers a card is for."""
        return self._members[self.segment[number]]

    def customers(self, number: int) -> pd.DataFrame:
        """Return a card's customers."""
        code = self.segment[number]
        if code not in self._kept:
            members = self._members[code]
            everyone = len(members) == len(self.joined)
            self._kept[code] = self.joined if everyone else self.joined.iloc[members]
        return self._kept[code]

    def spread_ids(self) -> Any:
        """Return the customer of each row; cards of one segment share their texts."""
        parts = [self.customers(number)["customer_id"] for number in range(len(self.cards))]
        return pd.concat(parts, ignore_index=True).array

    def strategy_ids(self) -> Any:
        """Return the strategy of each row."""
        ids = pd.array([str(card["strategy_id"]) for card in self.cards], dtype="str")
        return ids.take(np.repeat(np.arange(len(ids)), [span.stop - span.start for span in self.spans]))


class _Promised:
    """What each row promises: chance and expected value; whether one value is a whole card's."""

    def __init__(self, rows: _Rows, sources: dict[str, Any]) -> None:
        self.chance, self.value = np.empty(rows.n), np.empty(rows.n)
        self.constant = np.zeros(len(rows.cards), dtype=bool)
        look_up = _LookUp(rows)
        for number, (card, span) in enumerate(zip(rows.cards, rows.spans, strict=True)):
            source = sources.get(card["strategy_id"])
            self.chance[span] = look_up.chance(number, card, source)
            self.value[span] = self.chance[span] * card["value_per_response"] - card["cost_per_contact"]
            self.constant[number] = source is None


class _LookUp:
    """Find customers in the index of a series once, however many series share it."""

    def __init__(self, rows: _Rows) -> None:
        self._rows = rows
        self._ids = pd.Index(rows.joined["customer_id"])
        self._known: list[tuple[pd.Index, npt.NDArray[np.intp]]] = []
        self._predicted: dict[tuple[int, int], Vector] = {}

    def chance(self, number: int, card: dict[str, Any], source: Any) -> Vector | float:
        """Return the chance of a response of each of a card's customers."""
        strategy_id, planned = card["strategy_id"], card["expected_response"]
        if isinstance(source, pd.Series) and len(self._rows.positions(number)):
            return self._in_series(strategy_id, float(planned), source, self._rows.positions(number))
        if source is None and pd.notna(planned):
            return float(planned)
        key = (id(source), self._rows.segment[number])
        if source is None or key not in self._predicted:
            mine = self._rows.customers(number)
            self._predicted[key] = response_chance(strategy_id, planned, mine, source)
        return self._predicted[key]

    def _in_series(
        self, strategy_id: str, planned: float, series: pd.Series, positions: npt.NDArray[np.int64]
    ) -> Vector:
        fallback = planned if planned == planned else float(series.mean())
        values = series.to_numpy(dtype="float64", na_value=np.nan)
        at = self._places(series.index)[positions]
        chance = values.take(at, mode="clip") if len(values) else np.full(len(at), np.nan)
        chance[(at < 0) | np.isnan(chance)] = fallback
        # Said this way round, a missing one is outside too.
        if not (chance.min() >= 0 and chance.max() <= 1):
            raise ParameterProblem("strategy_room.error.probability", strategy=strategy_id)
        return chance

    def _places(self, index: pd.Index) -> npt.NDArray[np.intp]:
        for known, places in self._known:
            if known.is_(index) or known.equals(index):
                return places
        places = index.get_indexer(self._ids)
        self._known.append((index, places))
        return places


def _weigh(rows: _Rows, promised: _Promised, joined: pd.DataFrame, shares: dict[str, float]) -> Vector:
    """Return the weighted sum of the criteria's rank shares, a figure for each row."""
    score = np.zeros(rows.n)
    for name in CRITERIA:
        if shares[name] <= 0:
            continue
        if name == "expected_value":
            score += shares[name] * _share_of_values(rows, promised)
            continue
        if name == "cost":
            sizes = np.array([span.stop - span.start for span in rows.spans])
            costs = np.array([-float(card["cost_per_contact"]) for card in rows.cards])
            each = rank_shares(costs, sizes)
            for number, span in enumerate(rows.spans):
                score[span] += shares[name] * each[number]
            continue
        column = {"balances": "balance_total", "satisfaction": "satisfaction"}[name]
        if column in joined.columns:
            figures = joined[column].to_numpy(dtype="float64", na_value=np.nan)
        else:
            figures = np.full(len(joined), np.nan)
        weighted = shares[name] * rank_shares(figures, rows.counts)
        for number, span in enumerate(rows.spans):
            score[span] += weighted[rows.positions(number)]
    return score


def _share_of_values(rows: _Rows, promised: _Promised) -> Vector:
    """Rank the expected values; a card whose customers all promise the same is one cell."""
    same = promised.constant
    if not same.any():
        return rank_shares(promised.value)
    cells, counts = [], []
    for constant, span in zip(same, rows.spans, strict=True):
        size = span.stop - span.start
        cells.append(promised.value[span][:1] if constant else promised.value[span])
        counts.append(np.full(min(size, 1), size) if constant else np.ones(size, dtype=np.int64))
    ranked = rank_shares(np.concatenate(cells), np.concatenate(counts))
    found, begin = np.empty(rows.n), 0
    for cell, span in zip(cells, rows.spans, strict=True):
        found[span] = ranked[begin : begin + len(cell)]
        begin += len(cell)
    return found


def rank_shares(values: Vector, counts: npt.NDArray[np.int64] | None = None) -> Vector:
    """Bring values to 0 … 1 by their rank; 0.5 where missing or where all are equal.

    Parameters
    ----------
    values : numpy.ndarray
        Any figures; missing ones take no part.
    counts : numpy.ndarray, optional
        How often each value stands in the whole; by default once.

    Returns
    -------
    numpy.ndarray
        (mean rank − 1) / (n − 1); equal values share their mean rank.

    Examples
    --------
    >>> rank_shares(np.array([30.0, 10.0, np.nan, 10.0])).tolist()
    [1.0, 0.25, 0.5, 0.25]
    >>> rank_shares(np.array([30.0, 10.0]), np.array([1, 2])).tolist()
    [1.0, 0.25]
    """
    known = ~np.isnan(values)
    everyone = bool(known.all())
    kept = values if everyone else values[known]
    n = len(kept) if counts is None else int(counts[known].sum())
    if n < 2:
        return np.full(len(values), 0.5)
    order = np.argsort(kept)
    ordered = kept[order]
    new = np.empty(len(kept), dtype=bool)
    new[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    first = np.flatnonzero(new)
    ends = np.append(first[1:], len(kept))
    if counts is None:
        mean = (first + ends - 1) / 2
    else:
        before = np.concatenate([[0], np.cumsum(counts[known][order])])
        mean = (before[first] + before[ends] - 1) / 2
    ranks = np.empty(len(kept))
    ranks[order] = np.repeat(mean / (n - 1), ends - first)
    if everyone:
        return ranks
    found = np.full(len(values), 0.5)
    found[known] = ranks
    return found
