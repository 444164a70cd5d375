"""Projects to show on a screen, and the promise that nothing was swallowed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench.project import Project
from workbench.ui.state import guard
from workbench.ui.state.sections import EXECUTION, INSIGHT, REVIEW, STRATEGY


@pytest.fixture(autouse=True)
def nothing_swallowed() -> Iterator[None]:
    """Fail a test in which a handler's fault became a banner."""
    guard.UNEXPECTED.clear()
    yield
    faults, guard.UNEXPECTED[:] = list(guard.UNEXPECTED), []
    if faults:
        raise faults[0]


@pytest.fixture
def opened(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Return a function that opens the section that the test's file is named after.

    ``opened(project, **traits)`` returns the screen's state.
    """
    name = request.path.stem.removeprefix("test_")
    homes = {"insight": INSIGHT, "strategy": STRATEGY, "execution": EXECUTION, "review": REVIEW}
    stage = next(stage for stage, sections in homes.items() if name in sections)
    make = getattr(import_module(f"workbench.ui.state.{stage}"), f"{stage.title()}State")

    def open_it(project: Project, **traits: Any) -> Any:
        state = make(project, **traits)
        state.open_section(name)
        return state

    return open_it


@pytest.fixture
def text() -> Callable[[Any], str]:
    """Return a function that reads a panel's words without its marks."""
    return lambda panel: re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", panel.html))


@pytest.fixture
def walked(walked_folder: Path, tmp_path: Path) -> Project:
    """Return a walked project as an analyst; it is a copy and free to change."""
    shutil.copytree(walked_folder, tmp_path / "walked")
    return wb.open_project(tmp_path / "walked", role="analyst")


@pytest.fixture
def viewed(walked_folder: Path) -> Project:
    """Return the shared walked project as a viewer, who can change nothing."""
    return wb.open_project(walked_folder, role="viewer")


@pytest.fixture(scope="session")
def modelled_folder(walked_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan with models of two offers, one of them oddly named."""
    folder = tmp_path_factory.mktemp("modelled") / "walked"
    shutil.copytree(walked_folder, folder)
    walked = wb.open_project(folder, role="analyst")
    customers = walked.customers()
    rng = np.random.default_rng(0)
    known = customers.sample(900, random_state=0)
    chance = 0.08 + 0.35 * (known["age"].fillna(40) > 45)
    history = pd.DataFrame(
        {
            "customer_id": known["customer_id"],
            "offer": np.where(np.arange(900) % 3 == 0, "<img src=x onerror=alert(1)>", "fund_plan"),
            "contacted_at": pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(900) // 10, unit="D"),
            "responded": rng.random(900) < chance,
        }
    )
    strategy = walked.strategy
    cards, members = strategy.cards(), walked.insight.segmentation().membership
    first, second = cards["strategy_id"].head(2)
    told = wb.Propensity(after_contact=("tenure",)).fit(customers, history, offer="fund_plan")
    models = {
        first: told,
        second: wb.Propensity().fit(customers, history, offer="<img src=x onerror=alert(1)>"),
    }
    criteria = wb.build_criteria(cards, customers, members, models)
    weights = {"expected_value": 1.0}
    scores = wb.score_customers(customers, members, cards, models, weights)
    strategy.save_scores(scores, weights, criteria, models)
    return folder
