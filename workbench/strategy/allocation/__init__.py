"""Allocation: which customer gets which strategy by which channel, within what there is.

`allocate` takes a table, `allocate_matrix` arrays; `trace_limit` shows what one limit is
worth, and `build_frontier` what any of them are, without solving anew.
"""

from workbench.strategy.allocation.frontier import Frontier, Mixture, build_frontier
from workbench.strategy.allocation.limits import Limits, label
from workbench.strategy.allocation.mixing import mix
from workbench.strategy.allocation.optimum import Allocation, MatrixAllocation, allocate, allocate_matrix
from workbench.strategy.allocation.options import ASSUMED, build_options
from workbench.strategy.allocation.trace import trace_limit

__all__ = [
    "ASSUMED",
    "Allocation",
    "Frontier",
    "Limits",
    "MatrixAllocation",
    "Mixture",
    "allocate",
    "allocate_matrix",
    "build_frontier",
    "build_options",
    "label",
    "mix",
    "trace_limit",
]
