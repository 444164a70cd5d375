"""One generator for each part of each block of customers.

A part's numbers depend on the seed, the part and the block alone, so blocks can be made
in any order, and a change to one part leaves the others as they were.
"""

from __future__ import annotations

import numpy as np

PARTS = (
    "population",
    "people",
    "traits",
    "balances",
    "holdings",
    "transactions",
    "events",
    "links",
    "campaigns",
    "surveys",
    "mess",
)
BLOCK = 10_000
"""Customers made at a time; the memory needed does not grow with the bank."""


def generator(random_state: int, part: str, block: int = 0) -> np.random.Generator:
    """Return the generator of one part of one block.

    Parameters
    ----------
    random_state : int
        The bank's seed.
    part : str
        One of `PARTS`.
    block : int, default=0
        Number of the block.

    Examples
    --------
    >>> a, b = generator(7, "people"), generator(7, "people")
    >>> bool(a.random() == b.random())
    True
    """
    sequence = np.random.SeedSequence(random_state, spawn_key=(PARTS.index(part), block))
    return np.random.Generator(np.random.PCG64(sequence))
