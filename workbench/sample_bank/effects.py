"""What each offer does to each segment: the truth that a review should recover."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.sample_bank.structure import CHANNELS, OFFERS, SEGMENTS, TRAITS

BASE = {
    "time_deposit": 0.050, "fund_plan": 0.030, "wealth_review": 0.040, "card_instalment": 0.045,
    "payroll_service": 0.035, "app_activation": 0.060, "sme_loan": 0.030, "winback_gift": 0.040,
}  # fmt: skip
"""Share that does what the offer asks for without being asked, before the segment's factor."""
_BASE_FACTOR = {
    "happy_retirees": {"time_deposit": 1.8, "fund_plan": 2.2, "card_instalment": 0.3, "payroll_service": 0.1,
                       "app_activation": 0.6, "sme_loan": 0.1},
    "affluent_planners": {"wealth_review": 1.8, "fund_plan": 2.0, "sme_loan": 0.5, "payroll_service": 0.4},
    "payroll_young": {"card_instalment": 2.2, "fund_plan": 1.4, "wealth_review": 0.7, "time_deposit": 0.5},
    "sme_owners": {"sme_loan": 2.2, "payroll_service": 1.4, "time_deposit": 0.6},
    "dormant_savers": {"time_deposit": 0.5, "fund_plan": 0.2, "wealth_review": 0.3, "card_instalment": 0.3,
                       "payroll_service": 0.3, "app_activation": 0.4, "sme_loan": 0.2},
    "new_honeymoon": {"app_activation": 1.3, "payroll_service": 1.4, "sme_loan": 0.3},
}  # fmt: skip
EFFECT = {
    "happy_retirees": {
        "time_deposit": 0.11,
        "wealth_review": 0.03,
        "fund_plan": -0.02,
        "app_activation": 0.02,
        "winback_gift": 0.05,
    },
    "affluent_planners": {
        "wealth_review": 0.12,
        "fund_plan": 0.05,
        "time_deposit": 0.03,
        "card_instalment": -0.02,
    },
    "payroll_young": {
        "fund_plan": 0.06,
        "card_instalment": 0.02,
        "app_activation": 0.03,
        "time_deposit": 0.0,
        "wealth_review": 0.02,
        "winback_gift": 0.02,
    },
    "sme_owners": {"sme_loan": 0.10, "payroll_service": 0.07, "wealth_review": 0.02, "card_instalment": 0.0},
    "dormant_savers": {"winback_gift": 0.02, "time_deposit": 0.02, "app_activation": 0.0, "fund_plan": -0.01},
    "new_honeymoon": {
        "app_activation": 0.11,
        "payroll_service": 0.08,
        "fund_plan": 0.03,
        "card_instalment": 0.03,
        "winback_gift": 0.03,
    },
    "micro": {"sme_loan": 0.09, "payroll_service": 0.07, "time_deposit": 0.02},
    "core_supplier": {"sme_loan": 0.06, "payroll_service": 0.10, "time_deposit": 0.04, "wealth_review": 0.04},
    "strategic_group": {"payroll_service": 0.05, "wealth_review": 0.08},
}
"""Points that a customer who was reached adds by the segment's best channel."""
_FIT = {
    "happy_retirees": {"phone": 1.0, "branch": 1.0, "sms": 0.3, "app": 0.15, "email": 0.1},
    "affluent_planners": {"phone": 1.0, "branch": 0.8, "app": 0.8, "sms": 0.3, "email": 0.4},
    "payroll_young": {"app": 1.0, "sms": 0.5, "phone": 0.6, "email": 0.4, "branch": 0.3},
    "sme_owners": {"phone": 1.0, "branch": 0.9, "app": 0.7, "sms": 0.4, "email": 0.4},
    "dormant_savers": {"phone": 1.0, "sms": 0.2, "app": 0.1, "branch": 0.4, "email": 0.1},
    "new_honeymoon": {"app": 1.0, "phone": 0.9, "sms": 0.8, "email": 0.4, "branch": 0.4},
}  # fmt: skip
_COMPANY_FIT = {"phone": 0.9, "branch": 1.0, "app": 0.5, "sms": 0.2, "email": 0.4}
EXCEPTIONS = {
    ("payroll_young", "card_instalment", "app"): -0.075,
    ("payroll_young", "card_instalment", "phone"): -0.075,
    ("affluent_planners", "fund_plan", "email"): -0.050,
    ("happy_retirees", "fund_plan", "app"): -0.050,
    ("dormant_savers", "winback_gift", "sms"): 0.0,
}
"""Where the channel turns the effect: four harms and one that does nothing at all."""
REACH = {"phone": 0.84, "sms": 0.86, "app": 0.84, "branch": 0.82, "email": 0.83}
"""Share of a list's treated customers that is reached."""
WEAK_BRANCH, WEAK_REACH = "Branch 31", 0.65
"""A branch that reaches fewer: its factor on `REACH`."""
AMOUNT = {
    "time_deposit": 40_000, "fund_plan": 6_000, "wealth_review": 60_000, "card_instalment": 5_000,
    "payroll_service": 9_000, "app_activation": 800, "sme_loan": 150_000, "winback_gift": 4_000,
}  # fmt: skip
"""Median money that comes of a response in an average segment, CNY."""


def plant_effects() -> pd.DataFrame:
    """Return the response of every segment to every offer by every channel.

    Returns
    -------
    pandas.DataFrame
        segment, offer, channel, base_response (share without contact), effect (points
        that reaching the customer adds), reach (share reached), amount_median (CNY).

    Examples
    --------
    >>> effects = plant_effects().set_index(["segment", "offer", "channel"])
    >>> float(effects.loc[("happy_retirees", "time_deposit", "phone"), "effect"])
    0.11
    """
    rows = []
    for segment in SEGMENTS:
        wealth = (TRAITS[segment].balance / 60_000) ** 0.5
        for offer in OFFERS:
            base = round(BASE[offer] * _BASE_FACTOR.get(segment, {}).get(offer, 1.0), 4)
            for channel in CHANNELS:
                fit = _FIT.get(segment, _COMPANY_FIT)[channel]
                effect = EFFECT[segment].get(offer, 0.0) * fit
                effect = EXCEPTIONS.get((segment, offer, channel), effect)
                effect = max(effect, 0.005 - base)
                rows.append((segment, offer, channel, base, round(effect, 4), REACH[channel],
                             round(AMOUNT[offer] * wealth, 2)))  # fmt: skip
    names = ["segment", "offer", "channel", "base_response", "effect", "reach", "amount_median"]
    return pd.DataFrame(rows, columns=names)


def draw_responses(
    effects: pd.DataFrame,
    segment: np.ndarray,
    offer: np.ndarray,
    channel: np.ndarray,
    engagement: np.ndarray,
    reached: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Let customers answer, or do by themselves what the offer asks for.

    Parameters
    ----------
    effects : pandas.DataFrame
        As `plant_effects` returns.
    segment, offer, channel : numpy.ndarray of str, shape (n,)
        One row a customer and offer.
    engagement : numpy.ndarray, shape (n,)
        Standard normal; an active customer responds more, contacted or not.
    reached : numpy.ndarray of bool, shape (n,)
        Whether the contact reached the customer.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    responded : numpy.ndarray of bool
        Whether the customer did it.
    amount : numpy.ndarray
        CNY; 0 without a response.
    """
    index = pd.MultiIndex.from_arrays([segment, offer, channel])
    rows = effects.set_index(["segment", "offer", "channel"]).reindex(index)
    lean = np.exp(0.45 * engagement - 0.45**2 / 2)
    base = rows["base_response"].to_numpy()
    chance = base * lean + np.where(reached, rows["effect"].to_numpy(), 0.0)
    responded = rng.random(len(chance)) < np.clip(chance, 0.002, 0.95)
    amount = rows["amount_median"].to_numpy() * rng.lognormal(0.0, 0.6, len(chance))
    return responded, np.where(responded, np.round(amount, 2), 0.0)
