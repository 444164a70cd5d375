"""The list that takes the best first and skips what no longer fits."""

from __future__ import annotations

import numpy as np

from workbench.strategy.allocation.problem import Floats, Ints, Problem

_BLOCK = 8_192


def take_greedily(problem: Problem, order_by: Floats, floors: list[int]) -> tuple[Ints, Ints]:
    """Return the pairs (option, customer) that are taken, best first.

    Parameters
    ----------
    problem : Problem
        Of single customers.
    order_by : numpy.ndarray, shape (j, n)
        The highest comes first; ties by customer, then by option.
    floors : list of int
        Limits that are floors: each is filled first, best first.

    Notes
    -----
    Options that are worth nothing or less are taken for a floor only.
    """
    state = _State(problem)
    possible = np.isfinite(problem.values)
    key = np.where(possible, order_by, -np.inf)
    for floor in floors:
        used = problem.resources[floor]
        counts = (used < 0) if used.ndim == 2 else np.broadcast_to((used < 0)[:, None], possible.shape)
        state.fill(_ordered(key, possible & counts), until=floor)
    state.fill(_ordered(key, possible & (problem.values > 0)))
    return state.pairs()


def _ordered(key: Floats, wanted: np.ndarray) -> tuple[Ints, Ints]:
    customer, option = np.nonzero(wanted.T)
    order = np.argsort(-key[option, customer], kind="stable")
    return option[order], customer[order]


class _State:
    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.left = np.where(problem.limits < 0, np.inf, problem.limits)
        self.owed = np.where(problem.limits < 0, -problem.limits, 0.0)
        self.got = np.zeros(problem.shape[1], dtype=np.int64)
        _, index = np.unique(problem.groups, return_inverse=True)
        self.group = index
        self.used = np.zeros((int(index.max(initial=-1)) + 1, problem.shape[1]), dtype=bool)
        self.taken: list[tuple[Ints, Ints]] = []

    def pairs(self) -> tuple[Ints, Ints]:
        none = np.zeros(0, dtype=np.int64)
        options, customers = zip(*self.taken, strict=True) if self.taken else ((none,), (none,))
        return np.concatenate(options), np.concatenate(customers)

    def fill(self, ordered: tuple[Ints, Ints], until: int | None = None) -> None:
        """Take along an order; with ``until``, stop when that floor is met."""
        every = self.problem.per_customer
        for begin in range(0, len(ordered[0]), _BLOCK):
            option, customer = (part[begin : begin + _BLOCK] for part in ordered)
            while len(option):
                if until is not None and self.owed[until] <= 1e-9:
                    return
                need = self.problem.uses(option, customer)
                alive = (self.got[customer] < every) & ~self.used[self.group[option], customer]
                alive &= (need <= self.left[:, None] + 1e-9).all(axis=0)
                option, customer, need = option[alive], customer[alive], need[:, alive]
                stop = self._prefix(option, customer, need, until)
                option, customer = option[stop:], customer[stop:]

    def _prefix(self, option: Ints, customer: Ints, need: Floats, until: int | None) -> int:
        """Take what fits up to the first that does not; return how many were looked at."""
        m = len(option)
        if not m:
            return 0
        first = np.zeros(m, dtype=bool)
        key = customer * len(self.used) + self.group[option]
        first[np.unique(key, return_index=True)[1]] = True
        mine = np.flatnonzero(first)
        by_customer = np.argsort(customer[mine], kind="stable")
        sorted_ = customer[mine][by_customer]
        rank = np.empty(len(mine), dtype=np.int64)
        rank[by_customer] = np.arange(len(mine)) - np.searchsorted(sorted_, sorted_)
        first[mine] = rank < self.problem.per_customer - self.got[customer[mine]]
        running = np.cumsum(np.where(first, need, 0.0), axis=1)
        over = first & (running > self.left[:, None] + 1e-9).any(axis=0)
        stop = int(over.argmax()) if over.any() else m
        if until is not None:
            met = np.flatnonzero(-running[until] >= self.owed[until] - 1e-9)
            stop = min(stop, int(met[0]) + 1) if len(met) else stop
        took = np.flatnonzero(first[:stop])
        self.taken.append((option[took], customer[took]))
        np.add.at(self.got, customer[took], 1)
        self.used[self.group[option[took]], customer[took]] = True
        spent = need[:, took].sum(axis=1)
        self.left -= np.where(np.isinf(self.left), 0.0, spent)
        self.owed += np.where(self.problem.limits < 0, spent, 0.0)
        return stop
