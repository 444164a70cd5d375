"""Keep the numerical libraries to one thread where more do harm."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from threadpoolctl import threadpool_limits

P = ParamSpec("P")
R = TypeVar("R")


def one_thread(function: Callable[P, R]) -> Callable[P, R]:
    """Make a function use one thread of OpenMP and BLAS.

    Fitting a few thousand customers is too small a task to share out: on a machine that
    others use too, threads that waited for each other made it twenty times slower. It
    also makes results the same on machines with different numbers of cores.

    Parameters
    ----------
    function : callable
        Any function.

    Returns
    -------
    callable
        The same function, run within the limit.

    Examples
    --------
    >>> @one_thread
    ... def double(x):
    ...     return 2 * x
    >>> double(3)
    6
    """

    @wraps(function)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        with threadpool_limits(limits=1):
            return function(*args, **kwargs)

    return limited
