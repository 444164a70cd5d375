"""Two small lists, and the customers on them."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench.tables import STRATEGIES, TARGETS

NAMES = ["王小明", "李芳", None, "欧阳修", "Anna Li", "Li, Anna", " ", "张三", "赵四", "钱五"]
NAMES += ["{product} & <b>", "Acme Ltd"]


@pytest.fixture
def strategies() -> pd.DataFrame:
    return STRATEGIES.check(
        pd.DataFrame(
            {
                "strategy_id": ["S1", "S2"],
                "name": ["Retention call", "Honeymoon care"],
                "objective": ["keep", "care"],
                "segment": ["Retirees", "New"],
                "lifecycle_stages": ["mature", "honeymoon"],
                "scenario": ["lifecycle", "lifecycle"],
                "offer": ["time_deposit", "green_bond"],
                "channel": ["phone", "sms"],
                "script": ["{name}您好，{product} {name.__class__} {0!r} {other}", "Dear {name}: {product}"],
                "value_per_response": [900.0, 200.0],
                "cost_per_contact": [12.0, 0.5],
                "expected_response": [0.08, 0.05],
                "control_share": [0.2, 0.2],
                "starts_on": pd.Series(pd.to_datetime(["2026-10-12"] * 2)).astype("datetime64[us]"),
                "ends_on": pd.Series(pd.to_datetime(["2026-10-21"] * 2)).astype("datetime64[us]"),
            }
        )
    )


@pytest.fixture
def targets() -> pd.DataFrame:
    n = 10
    first = pd.DataFrame(
        {
            "customer_id": [f"{number:010d}" for number in range(1, n + 1)],
            "strategy_id": "S1",
            "segment": "Retirees",
            "score": [1 - number / 20 for number in range(n)],
            "rank": range(1, n + 1),
            "arm": ["treatment", "control"] + ["treatment"] * 3 + ["control"] + ["treatment"] * 4,
            "list_id": "L1",
        }
    )
    second = first.head(2).assign(
        customer_id=["0000000101", "0000000102"],
        strategy_id="S2",
        segment="New",
        arm=["treatment", "control"],
        list_id="L2",
    )
    return TARGETS.check(pd.concat([first, second], ignore_index=True))


@pytest.fixture
def customers(targets) -> pd.DataFrame:
    n = len(targets)
    return pd.DataFrame(
        {
            "customer_id": targets["customer_id"],
            "kind": ["retail"] * (n - 1) + ["corporate"],
            "name": NAMES,
            "gender": ["M", "F", "F", None, "F", "F", "F", "M", "M", "F", "M", None],
            "phone": [f"138{number:08d}" for number in range(n)],
            "do_not_contact": [False] * n,
            "consent": pd.Series([True] * n, dtype="boolean"),
        }
    )
