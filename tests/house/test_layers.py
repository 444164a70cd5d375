"""The import contracts are declared for every room, and none is optional."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
CONTRACTS = {contract["id"]: contract for contract in SETTINGS["contracts"]}
STAGES = {"customers", "insight", "strategy", "execution", "review", "sample_bank"}


def declared() -> list[set[str]]:
    return [{room.strip() for room in line.split("|")} for line in CONTRACTS["house"]["layers"]]


def test_every_room_is_declared_once() -> None:
    rooms = {
        path.stem if path.is_file() else path.name
        for path in (ROOT / "workbench").iterdir()
        if (path.suffix == ".py" and path.stem != "__init__") or (path / "__init__.py").is_file()
    }
    named = [room for line in declared() for room in line]
    assert sorted(named) == sorted(rooms)
    assert CONTRACTS["house"]["exhaustive"] is True


def test_stage_rooms_stand_side_by_side() -> None:
    line = next(line for line in declared() if "insight" in line)
    assert line == STAGES | {"charts"}


def test_no_contract_excuses_an_import() -> None:
    for contract in SETTINGS["contracts"]:
        assert "ignore_imports" not in contract
        assert "exhaustive_ignores" not in contract


def test_stages_are_kept_from_databases_and_screens() -> None:
    contract = CONTRACTS["stages"]
    assert {name.removeprefix("workbench.") for name in contract["source_modules"]} == STAGES
    assert set(contract["forbidden_modules"]) >= {"sqlalchemy", "duckdb", "ipywidgets", "altair"}
