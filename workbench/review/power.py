"""How many customers a test needs before it can decide."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from workbench.errors import ParameterProblem
from workbench.review.means import Numbers, check_alpha


def plan_sample_size(
    control_rate: Any,
    uplift: Any,
    *,
    control_share: Any = 0.1,
    alpha: float = 0.05,
    power: float = 0.8,
) -> Numbers:
    """Return the customers a list needs, control included, to detect an uplift.

    Two-sided test of two proportions, normal approximation, variance pooled under the
    null and not under the alternative (Fleiss, without continuity correction).

    Parameters
    ----------
    control_rate : float or ndarray
        Response rate without the strategy, 0 to 1.
    uplift : float or ndarray
        Difference to detect, as a share (0.02 is two points).
    control_share : float or ndarray, default=0.1
        Share of the list that is held back.
    alpha : float, default=0.05
        Two-sided error probability.
    power : float, default=0.8
        Probability of finding an uplift of this size.

    Returns
    -------
    ndarray
        Whole numbers; missing where the uplift is 0 or unknown, a rate would leave
        0 to 1, or nobody or everybody is held back.

    Raises
    ------
    ParameterProblem
        If alpha or power is not between 0 and 1.

    References
    ----------
    .. [1] Fleiss, J. L., Levin, B., Paik, M. C. (2003). Statistical methods for rates and
       proportions, chapter 4.

    Examples
    --------
    >>> int(plan_sample_size(0.10, 0.02, control_share=0.5))
    7682
    >>> int(plan_sample_size(0.10, 0.02, control_share=0.1))
    21853
    """
    check_alpha(alpha)
    if not 0 < power < 1:
        raise ParameterProblem("review_room.error.power", power=power)
    p_c, delta, held = np.broadcast_arrays(
        *(np.asarray(x, dtype=np.float64) for x in (control_rate, uplift, control_share))
    )
    p_t = p_c + delta
    fits = (p_c >= 0) & (p_c <= 1) & (p_t >= 0) & (p_t <= 1) & (delta != 0) & (held > 0) & (held < 1)
    p_c, p_t, held = (np.where(fits, x, np.nan) for x in (p_c, p_t, held))
    pooled = p_t * (1 - held) + p_c * held
    null = np.sqrt(pooled * (1 - pooled) * (1 / (1 - held) + 1 / held))
    alternative = np.sqrt(p_t * (1 - p_t) / (1 - held) + p_c * (1 - p_c) / held)
    reach = special.ndtri(1 - alpha / 2) * null + special.ndtri(power) * alternative
    return np.ceil(np.square(reach / (p_t - p_c)))
