"""Fixtures that several test folders use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import workbench as wb


@pytest.fixture(scope="session")
def cases() -> Path:
    """Return the folder of real data, or skip where it is absent."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "cases"
    folder = Path(os.environ.get("WORKBENCH_CASES", beside))
    if not (folder / "hillstrom.csv").is_file():
        pytest.skip(f"the real data is not at {folder}; set WORKBENCH_CASES to its folder")
    return folder


@pytest.fixture(scope="session")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bank") / "raw"
    return Path(wb.create_sample_bank(folder, customers=1_500, months=12))


@pytest.fixture(scope="session")
def walked_folder(bank: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two cycles: the first decided, the second with open recommendations."""
    os.environ.pop("WORKBENCH_ROLE", None)
    folder = tmp_path_factory.mktemp("projects") / "walked"
    project = wb.create_project(folder, "Walked")
    project.walk(bank, embedding="pca", sample_size=400, k_range=range(2, 7))
    return folder
