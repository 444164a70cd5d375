"""The assignment as arrays: values, what they use, limits; and what prices make customers choose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

NOBODY = -1


@dataclass(frozen=True, eq=False)
class Problem:
    """Who may get what, what it is worth, what it uses, and how much of that there is.

    Arrays lie option by option, so that a pass over all customers reads memory in order.

    Parameters
    ----------
    values : numpy.ndarray, shape (j, n)
        Value of each option for each customer; minus infinity where it is no option.
    resources : tuple of numpy.ndarray
        For each limit what an option uses: (j,) where it is the same for all customers,
        else (j, n). Of a floor the reverse: every use counts negative.
    limits : numpy.ndarray, shape (r,)
        What may be used at most; a floor of 5 is −5.
    per_customer : int
        Most options a customer gets.
    groups : numpy.ndarray, shape (j,)
        Options of a group exclude each other for a customer: channels of a strategy.
    weights : numpy.ndarray, shape (n,)
        How many customers each column stands for; those who are alike are counted together.
    """

    values: Floats
    resources: tuple[Floats, ...]
    limits: Floats
    per_customer: int
    groups: Ints
    weights: Ints

    @property
    def shape(self) -> tuple[int, int]:
        """Options, customers."""
        return self.values.shape[0], self.values.shape[1]

    @property
    def n_options(self) -> int:
        """Pairs of a customer and an option that there are."""
        return int(np.isfinite(self.values).sum())

    def only(self, rows: list[int]) -> Problem:
        """Return the same without the other limits."""
        return replace(self, resources=tuple(self.resources[k] for k in rows), limits=self.limits[rows])

    def sample(self, step: int) -> Problem:
        """Return every so many-th customer, with the limits that go with so few."""
        kept = slice(None, None, step)
        values = np.ascontiguousarray(self.values[:, kept])
        resources = tuple(r if r.ndim == 1 else np.ascontiguousarray(r[:, kept]) for r in self.resources)
        weights = self.weights[kept]
        share = weights.sum() / max(self.weights.sum(), 1)
        return replace(self, values=values, resources=resources, limits=self.limits * share, weights=weights)

    def priced(self, prices: Floats) -> Iterator[Floats]:
        """Yield each option's values less what it uses at the prices."""
        flat = np.zeros(self.shape[0])
        wide = []
        for price, used in zip(prices, self.resources, strict=True):
            if price and used.ndim == 1:
                flat += price * used
            elif price:
                wide.append((price, used))
        for option, row in enumerate(self.values):
            left = row - flat[option]
            for price, used in wide:
                left -= price * used[option]
            yield left

    def uses(self, option: Ints, customer: Ints) -> Floats:
        """Return what pairs of option and customer use: (r, pairs)."""
        found = np.empty((len(self.resources), len(option)))
        for k, used in enumerate(self.resources):
            found[k] = used[option] if used.ndim == 1 else used[option, customer]
        return found


def choose(problem: Problem, prices: Floats) -> Ints:
    """Return the options that each customer would take at these prices: (picks, n), −1 for none."""
    n = problem.shape[1]
    if problem.per_customer == 1:
        best = np.zeros(n)
        picks = np.full(n, NOBODY, dtype=np.int64)
        for option, left in enumerate(problem.priced(prices)):
            better = left > best
            np.copyto(best, left, where=better)
            picks[better] = option
        return picks[None, :]
    values, options = _best_of_groups(problem, prices)
    take = min(problem.per_customer, len(values))
    order = np.argsort(-values, axis=0, kind="stable")[:take]
    chosen = np.take_along_axis(options, order, axis=0)
    return np.where(np.take_along_axis(values, order, axis=0) > 0, chosen, NOBODY)


def _best_of_groups(problem: Problem, prices: Floats) -> tuple[Floats, Ints]:
    names, index = np.unique(problem.groups, return_inverse=True)
    values = np.zeros((len(names), problem.shape[1]))
    options = np.full(values.shape, NOBODY, dtype=np.int64)
    for option, left in enumerate(problem.priced(prices)):
        better = left > values[index[option]]
        np.copyto(values[index[option]], left, where=better)
        options[index[option]][better] = option
    return values, options


def pairs_of(picks: Ints) -> tuple[Ints, Ints]:
    """Return picks as pairs: options and customers."""
    place, customer = np.nonzero(picks != NOBODY)
    return picks[place, customer], customer


def total_of(problem: Problem, counts: Ints) -> tuple[float, Floats]:
    """Return the value of so many customers with each option (j, n), and what they use."""
    option, customer = np.nonzero(counts)
    return _sum(problem, option, customer, counts[option, customer])


def total_of_picks(problem: Problem, picks: Ints) -> tuple[float, Floats]:
    """Return the value of what all customers pick, and what they use."""
    option, customer = pairs_of(picks)
    return _sum(problem, option, customer, problem.weights[customer])


def _sum(problem: Problem, option: Ints, customer: Ints, count: Ints) -> tuple[float, Floats]:
    value = float(problem.values[option, customer] @ count)
    by_option = np.bincount(option, weights=count, minlength=problem.shape[0])
    used = np.empty(len(problem.resources))
    for k, each in enumerate(problem.resources):
        used[k] = by_option @ each if each.ndim == 1 else each[option, customer] @ count
    return value, used


def losses(problem: Problem, prices: Floats, picks: Ints) -> Floats:
    """Return what it costs, at the prices, to take an option in (or, where picked, out): (j, n).

    No solution with that change is worth more than the bound at these prices less the loss.
    """
    found = np.stack(list(problem.priced(prices)))
    picked = np.zeros(found.shape, dtype=bool)
    option, customer = pairs_of(picks)
    picked[option, customer] = True
    worth = np.where(picked, found, np.inf)
    full = picked.sum(axis=0) >= problem.per_customer
    displaced = np.where(full, worth.min(axis=0), 0.0)
    for group in np.unique(problem.groups):
        mine = problem.groups == group
        own = worth[mine].min(axis=0)
        pays = np.where(np.isfinite(own), own, displaced)
        found[mine] = np.where(picked[mine], found[mine], pays - found[mine])
    return np.maximum(found, 0.0)


def gather(problem: Problem) -> tuple[Problem, Ints]:
    """Count customers who are alike together; return the type of each customer too.

    Types stand in the order of their first customers.
    """
    columns = [problem.values, *(r for r in problem.resources if r.ndim == 2)]
    key = np.zeros(problem.shape[1], dtype=np.uint64)
    for part in columns:
        for row in part:
            key = (key ^ (row + 0.0).view(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
            key ^= key >> np.uint64(29)
    _, first, inverse, size = np.unique(key, return_index=True, return_inverse=True, return_counts=True)
    order = np.argsort(first, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    types, first = rank[inverse], first[order]
    if not all(_same(part, part[:, first[types]]) for part in columns):  # two keys met by chance
        return problem, np.arange(problem.shape[1])
    return (
        replace(
            problem,
            values=np.ascontiguousarray(problem.values[:, first]),
            resources=tuple(
                r if r.ndim == 1 else np.ascontiguousarray(r[:, first]) for r in problem.resources
            ),
            weights=size[order],
        ),
        types,
    )


def _same(one: Floats, other: Floats) -> bool:
    return bool(np.array_equal(one, other))


def deal(counts: Ints, types: Ints, groups: Ints) -> tuple[Ints, Ints]:
    """Return the pairs (option, customer) that counts of types come to, lowest customers first.

    The units of an option go round the customers of a type, option after option, those of
    a group in a row: so nobody gets two of a group, nor more than the type's most.
    """
    members = np.argsort(types, kind="stable")
    begin = np.searchsorted(types[members], np.arange(counts.shape[1]))
    size = np.bincount(types, minlength=counts.shape[1])
    order = np.argsort(groups, kind="stable")
    ordered = counts[order]
    before = np.cumsum(ordered, axis=0) - ordered
    row, kind = np.nonzero(ordered)
    n = ordered[row, kind]
    number = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
    place = (np.repeat(before[row, kind], n) + number) % np.repeat(size[kind], n)
    return np.repeat(order[row], n), members[np.repeat(begin[kind], n) + place]
