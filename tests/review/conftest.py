"""A small cycle whose figures can be counted by hand, or drawn from known rates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

FIRST_DAY = pd.Timestamp("2026-07-01")


@dataclass
class Cycle:
    """The tables a review works on."""

    strategies: pd.DataFrame
    targets: pd.DataFrame
    outcomes: pd.DataFrame
    contacts: pd.DataFrame
    customers: pd.DataFrame

    def tables(self) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        return self.targets, self.outcomes, self.strategies


def card(strategy_id: str, **changes: object) -> dict[str, object]:
    return {
        "strategy_id": strategy_id,
        "name": f"Strategy {strategy_id}",
        "objective": "keep balances",
        "segment": f"segment {strategy_id}",
        "lifecycle_stages": "",
        "scenario": "lifecycle",
        "offer": "time_deposit",
        "channel": "phone",
        "script": "",
        "value_per_response": 100.0,
        "cost_per_contact": 2.0,
        "expected_response": 0.2,
        "control_share": 0.1,
        "starts_on": FIRST_DAY,
        "ends_on": FIRST_DAY + pd.Timedelta(days=59),
    } | changes


@pytest.fixture
def make_cycle() -> Callable[..., Cycle]:
    """Return a function that makes a cycle.

    Each strategy is given as (id, treated, responded treated, control, responded control)
    and changes to its card; amounts are 50 a response, every treated customer is contacted
    once and reached, unless ``contacted`` says how many.
    """

    def make(*lists: tuple[str, int, int, int, int], contacted: dict[str, int] | None = None, **changes):
        cards, targets, outcomes, contacts = [], [], [], []
        for strategy_id, n_t, r_t, n_c, r_c in lists:
            cards.append(card(strategy_id, **changes.get(strategy_id, {})))
            n_contacted = (contacted or {}).get(strategy_id, n_t)
            for arm, n, responded in (("treatment", n_t, r_t), ("control", n_c, r_c)):
                for i in range(n):
                    customer_id = f"{strategy_id}{arm[0]}{i:06d}"
                    targets.append((customer_id, strategy_id, f"segment {strategy_id}", 0.5, i + 1, arm))
                    if i < responded:
                        when = FIRST_DAY + pd.Timedelta(days=i % 30, hours=9)
                        outcomes.append((customer_id, "L1", strategy_id, customer_id, when, True, 50.0))
                    if arm == "treatment" and i < n_contacted:
                        when = FIRST_DAY + pd.Timedelta(days=i % 30, hours=8)
                        contacts.append(
                            (customer_id, "L1", strategy_id, customer_id, when, "phone", "reached")
                        )
        target_names = ["customer_id", "strategy_id", "segment", "score", "rank", "arm"]
        frame = pd.DataFrame(targets, columns=target_names)
        stages = np.where(np.arange(len(frame)) % 2 == 0, "growth", "mature")
        customers = pd.DataFrame(
            {
                "customer_id": frame["customer_id"],
                "lifecycle_stage": stages,
                "branch": [f"Branch {i % 3:02d}" for i in range(len(frame))],
            }
        )
        outcome_names = ["outcome_id", "list_id", "strategy_id", "customer_id"]
        outcome_names += ["recorded_at", "responded", "amount"]
        contact_names = ["contact_id", "list_id", "strategy_id", "customer_id"]
        contact_names += ["contacted_at", "channel", "disposition"]
        return Cycle(
            pd.DataFrame(cards),
            frame,
            pd.DataFrame(outcomes, columns=outcome_names).astype({"responded": bool}),
            pd.DataFrame(contacts, columns=contact_names),
            customers,
        )

    return make
