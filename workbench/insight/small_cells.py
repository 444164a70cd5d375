"""Hide small counts so that they can't be worked out from the totals either."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem

_ROUNDING = 1e-9


def hide_small_cells(
    counts: pd.DataFrame,
    minimum: int = 11,
    *,
    by: Sequence[str] = ("segment", "lifecycle_stage"),
    count: str = "n",
    totals: bool = False,
) -> pd.DataFrame:
    """Hide counts from 1 to ``minimum - 1``, and others that would give them away.

    Row, column and grand totals are taken to be published too. Beside the small cells
    (primary) so many others are hidden (complementary) that no hidden cell, and no
    hidden total, has only one value that fits all that is shown. A reader is assumed to
    know that hidden cells hold at least one customer. Zeros are shown.

    Parameters
    ----------
    counts : pandas.DataFrame
        One row a cell, for example from `count_by_lifecycle`. A combination that is not
        there counts as 0.
    minimum : int, default=11
        The smallest count that may be shown.
    by : sequence of one or two str, default=("segment", "lifecycle_stage")
        The columns that name a cell.
    count : str, default="n"
        The column with the counts.
    totals : bool, default=False
        Also return the totals, after the cells, with None for the key summed over. Use
        it where totals are shown: a total may have to be hidden too.

    Returns
    -------
    pandas.DataFrame
        A copy with the counts as nullable integers and a column ``hidden``. In hidden
        cells the count and every column of floating-point numbers (balances) are
        missing.

    Raises
    ------
    ParameterProblem
        If a column is missing, a cell repeats, or a count is missing, negative or not
        whole.

    References
    ----------
    L. Willenborg, T. de Waal: Elements of Statistical Disclosure Control. Springer
    (2001), chapter 6.

    Examples
    --------
    >>> import pandas as pd
    >>> counts = pd.DataFrame({
    ...     "segment": ["A", "B", "C"] * 2, "lifecycle_stage": ["growth"] * 3 + ["mature"] * 3,
    ...     "n": [3, 40, 50, 60, 70, 80],
    ... })
    >>> hide_small_cells(counts)["n"].tolist()
    [<NA>, <NA>, 50, <NA>, <NA>, 80]
    """
    _check(counts, tuple(by), count)
    table = _Cells(counts, tuple(by), count)
    hidden = _hidden(table.values, table.sums, table.is_total, minimum)
    shown = counts.copy()
    measures = [c for c in counts.columns if c != count and pd.api.types.is_float_dtype(counts[c].dtype)]
    if totals:
        shown = pd.concat([shown, table.total_rows(counts, measures)], ignore_index=True)
    own = hidden[table.position_of_row]
    concealed = np.concatenate([own, hidden[table.is_total]]) if totals else own
    shown[count] = shown[count].astype("Int64").mask(concealed)
    for measure in measures:
        shown[measure] = shown[measure].mask(concealed)
    return shown.assign(hidden=concealed)


class _Cells:
    """A table's cells and totals as one vector, and the sums that tie them."""

    def __init__(self, counts: pd.DataFrame, by: tuple[str, ...], count: str) -> None:
        self.by, self.count = by, count
        codes, self.levels = zip(*(pd.factorize(counts[key].astype("object")) for key in by), strict=True)
        shape = tuple(len(levels) for levels in self.levels)
        position = np.arange(int(np.prod(shape))).reshape(shape)
        self.position_of_row = position[codes]
        inner = np.zeros(shape)
        inner[codes] = counts[count].to_numpy(dtype="float64")
        self.sums = _sums(shape)
        n_inner = inner.size
        self.total_keys = self._total_keys()
        self.values = np.concatenate([inner.ravel(), self._summed(inner)])
        self.is_total = np.arange(len(self.values)) >= n_inner

    def _summed(self, inner: np.ndarray) -> np.ndarray:
        if inner.ndim == 1:
            return np.array([inner.sum()])
        return np.concatenate([inner.sum(axis=1), inner.sum(axis=0), [inner.sum()]])

    def _total_keys(self) -> list[tuple[object, ...]]:
        if len(self.by) == 1:
            return [(None,)]
        rows, columns = self.levels
        return [*((row, None) for row in rows), *((None, column) for column in columns), (None, None)]

    def total_rows(self, counts: pd.DataFrame, measures: list[str]) -> pd.DataFrame:
        """Return the totals as rows like those of the cells."""
        rows = []
        for keys, value in zip(self.total_keys, self.values[self.is_total], strict=True):
            inside = np.ones(len(counts), dtype=bool)
            for name, key in zip(self.by, keys, strict=True):
                if key is not None:
                    inside &= (counts[name] == key).to_numpy()
            sums = {measure: counts.loc[inside, measure].sum() for measure in measures}
            rows.append({**dict(zip(self.by, keys, strict=True)), self.count: int(value), **sums})
        return pd.DataFrame(rows)


def _sums(shape: tuple[int, ...]) -> np.ndarray:
    """Return the matrix A with A @ (cells, totals) = 0: each sum of cells is its total."""
    if len(shape) == 1:
        return np.append(np.ones(shape[0]), -1.0)[None, :]
    n_rows, n_columns = shape
    n_inner = n_rows * n_columns
    sums = np.zeros((n_rows + n_columns + 2, n_inner + n_rows + n_columns + 1))
    position = np.arange(n_inner).reshape(shape)
    for row in range(n_rows):
        sums[row, position[row]] = 1
        sums[row, n_inner + row] = -1
    for column in range(n_columns):
        sums[n_rows + column, position[:, column]] = 1
        sums[n_rows + column, n_inner + n_rows + column] = -1
    sums[-2, n_inner : n_inner + n_rows] = 1
    sums[-1, n_inner + n_rows : -1] = 1
    sums[-2:, -1] = -1
    return sums


def _hidden(values: np.ndarray, sums: np.ndarray, is_total: np.ndarray, minimum: int) -> np.ndarray:
    primary = (values > 0) & (values < minimum)
    # Totals are wanted most, so they are hidden last.
    cost = np.where(is_total, values + values.max(initial=0) + 1, values)
    hidden = primary.copy()
    while hidden.any():
        exposed = _exposed(values, sums, hidden)
        partner = None if exposed is None else _partner(exposed, cost, sums, hidden, values)
        if partner is None:
            break
        hidden[partner] = True
    # One by one, some partners turn out not to be needed once the others are there.
    for cell in sorted(np.flatnonzero(hidden & ~primary), key=lambda position: -cost[position]):
        hidden[cell] = False
        hidden[cell] = _exposed(values, sums, hidden) is not None
    return hidden


def _partner(
    exposed: int, cost: np.ndarray, sums: np.ndarray, hidden: np.ndarray, values: np.ndarray
) -> int | None:
    """Return the cheapest cell that a hidden cell can hide among.

    First for hidden cells that are alone in a sum; then in the exposed cell's own sums,
    those with the fewest hidden cells before others.
    """
    among = (sums[:, hidden] != 0).sum(axis=1)
    own = np.flatnonzero(sums[:, exposed])
    alone = (sums[among == 1] != 0).any(axis=0)
    places = [
        alone,
        *(sums[own[np.argsort(among[own], kind="stable")]] != 0),
        (sums[among > 0] != 0).any(axis=0),
    ]
    for place in places:
        candidates = np.flatnonzero(place & ~hidden & (values > 0))
        if len(candidates):
            return int(candidates[cost[candidates].argmin()])
    return None


def _exposed(values: np.ndarray, sums: np.ndarray, hidden: np.ndarray) -> int | None:
    """Return a hidden cell that what is shown determines, or None.

    First by linear algebra (a cell that no solution of the sums moves), then by what can
    move without an impossible count (`_unmoved`).
    """
    positions = np.flatnonzero(hidden)
    moves = _null_space(sums[:, hidden])
    fixed = (np.abs(moves) < _ROUNDING).all(axis=1)
    if not fixed.any():
        fixed = _unmoved(values[hidden], sums[:, hidden])
    return int(positions[fixed.argmax()]) if fixed.any() else None


def _unmoved(truth: np.ndarray, ties: np.ndarray) -> np.ndarray:
    """Say for each hidden cell whether every table that fits has the same count in it.

    A cell stands in one sum of its row and in one of its column, so the hidden cells are
    arcs between sums, and the tables that fit are flows of at least 1 along them. From
    the true table, a cell can rise when a chain of others leads back from its head to its
    tail, each one step up along its arc or, if above 1, one step down against it; it can
    fall, if above 1, when a chain leads the other way. That is the residual graph of
    network flows, and exact.

    References
    ----------
    R. K. Ahuja, T. L. Magnanti, J. B. Orlin: Network Flows. Prentice Hall (1993), 2.4.
    """
    tails, heads = _arcs(ties)
    steps: dict[int, list[tuple[int, int]]] = {}
    for arc, (tail, head) in enumerate(zip(tails, heads, strict=True)):
        steps.setdefault(tail, []).append((head, arc))
        if truth[arc] > 1:
            steps.setdefault(head, []).append((tail, arc))

    def leads(begin: int, end: int, without: int) -> bool:
        seen, waiting = {begin}, [begin]
        while waiting:
            for node, arc in steps.get(waiting.pop(), ()):
                if arc != without and node not in seen:
                    if node == end:
                        return True
                    seen.add(node)
                    waiting.append(node)
        return begin == end

    return np.array(
        [
            not leads(head, tail, arc) and not (truth[arc] > 1 and leads(tail, head, arc))
            for arc, (tail, head) in enumerate(zip(tails, heads, strict=True))
        ]
    )


def _arcs(ties: np.ndarray) -> tuple[list[int], list[int]]:
    """Return between which sums each hidden cell runs; a cell in one sum runs to the ground."""
    ground = len(ties)
    members = [[int(row) for row in np.flatnonzero(ties[:, cell])] for cell in range(ties.shape[1])]
    sign = _signs(ties, members)
    tails, heads = [], []
    for cell, rows in enumerate(members):
        first = rows[0]
        second = rows[1] if len(rows) > 1 else ground
        leaves_first = sign[first] * ties[first, cell] > 0
        tails.append(first if leaves_first else second)
        heads.append(second if leaves_first else first)
    return tails, heads


def _signs(ties: np.ndarray, members: list[list[int]]) -> np.ndarray:
    """Return the sign for each sum with which every cell leaves one sum and enters the other."""
    sign = np.zeros(len(ties))
    for start in range(len(ties)):
        if sign[start]:
            continue
        sign[start], waiting = 1.0, [start]
        while waiting:
            row = waiting.pop()
            for cell in np.flatnonzero(ties[row]):
                for other in members[cell]:
                    if other != row and not sign[other]:
                        sign[other] = -sign[row] * ties[row, cell] / ties[other, cell]
                        waiting.append(other)
    return sign


def _null_space(ties: np.ndarray) -> np.ndarray:
    _, singular, axes = np.linalg.svd(ties, full_matrices=True)
    rank = int((singular > 1e-9 * max(1.0, singular.max(initial=0.0))).sum())
    return np.asarray(axes[rank:].T)


def _check(counts: pd.DataFrame, by: tuple[str, ...], count: str) -> None:
    absent = [name for name in (*by, count) if name not in counts.columns]
    if absent or not 1 <= len(by) <= 2:
        raise ParameterProblem(
            "insight_room.error.counts_columns",
            columns=", ".join(absent) or ", ".join(by),
            present=", ".join(map(str, counts.columns)),
        )
    repeated = counts.duplicated(list(by))
    if repeated.any():
        first = counts.loc[repeated.to_numpy(), list(by)].iloc[0]
        raise ParameterProblem("insight_room.error.repeated_cells", first=" × ".join(map(str, first)))
    numbers = counts[count].to_numpy(dtype="float64", na_value=np.nan)
    if len(numbers) and not ((numbers >= 0) & (numbers % 1 == 0)).all():
        raise ParameterProblem("insight_room.error.not_counts", column=count)
