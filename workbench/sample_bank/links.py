"""Ties between customers: employees to their employers, suppliers to their buyers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.sample_bank.structure import RETAIL

KNOWN_SHARE = 0.80
"""Share of the true ties that the customer-relations system knows."""
_BUYERS = np.array([1.2, 2.0, 0.4])


def draw_links(population: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Draw all ties of the bank.

    Parameters
    ----------
    population : pandas.DataFrame
        The whole bank, as `draw_population` returns.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    pandas.DataFrame
        number (the employee, the supplier), to_number (the employer, the buyer),
        relation, since (first day of a month), known (whether the bank has it on file).
    """
    number = population["number"].to_numpy()
    segment = population["segment"].to_numpy()
    employer = population["employer"].to_numpy()
    works = employer > 0
    companies = np.flatnonzero(segment >= len(RETAIL))
    size = np.array([1.0, 8.0, 40.0])[segment[companies] - len(RETAIL)]
    if len(companies):
        sales = rng.poisson(_BUYERS[segment[companies] - len(RETAIL)])
        supplier = np.repeat(companies, sales)
        edges = np.cumsum(size)
        buyer = companies[np.searchsorted(edges, rng.random(len(supplier)) * edges[-1], side="right")]
        pairs = np.unique(np.stack([supplier, buyer])[:, supplier != buyer], axis=1)
    else:
        pairs = np.empty((2, 0), dtype=int)
    n = int(works.sum()) + pairs.shape[1]
    last = population["opened_on"].max().to_datetime64().astype("datetime64[M]")
    return pd.DataFrame(
        {
            "number": np.concatenate([number[works], number[pairs[0]]]),
            "to_number": np.concatenate([employer[works], number[pairs[1]]]),
            "relation": np.repeat(["employer", "supplier"], [int(works.sum()), pairs.shape[1]]),
            "since": last - rng.integers(1, 120, n),
            "known": rng.random(n) < KNOWN_SHARE,
        }
    )
