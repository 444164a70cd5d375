"""A store with a clock that the test moves, on SQLite and, where a module asks for it, on PostgreSQL.

A module that says ``ON_BOTH = True`` runs its tests on each; those that go through several
texts or numbers, which no database tells apart, run on SQLite alone.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa

from workbench.store import Store, open_store

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "postgres.py"
DATABASES = ("sqlite", "postgresql")


class Clock:
    """Starts at a known moment and moves a second a call."""

    def __init__(self) -> None:
        self.now = dt.datetime(2026, 10, 9, 2, 14, 55)

    def __call__(self) -> dt.datetime:
        self.now += dt.timedelta(seconds=1)
        return self.now


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a module's tests on both databases where it says so."""
    has_own = any(metafunc.definition.iter_markers("parametrize"))
    if "database" in metafunc.fixturenames and getattr(metafunc.module, "ON_BOTH", False) and not has_own:
        metafunc.parametrize("database", DATABASES, indirect=True)


def load_postgres() -> ModuleType:
    """Return the script that starts a server; scripts are no package."""
    spec = importlib.util.spec_from_file_location("postgres_script", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """Return a running PostgreSQL server."""
    script = load_postgres()
    programs = script.find_programs()
    if programs is None:
        pytest.fail(
            "no PostgreSQL server's programs were found. On Debian, as root: apt-get install postgresql; "
            "elsewhere WORKBENCH_POSTGRES may name their folder"
        )
    server = script.Server(programs, durable=False)
    yield server
    server.remove()


@pytest.fixture(scope="session")
def migrated(postgres: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Return a database with every table, and the names of those that the tests fill."""
    name = str(postgres.new_database())
    made = open_store(tmp_path_factory.mktemp("migrated"), url=postgres.url(name))
    with made.database.engine.connect() as connection:
        names = set(sa.inspect(connection).get_table_names()) - {"alembic_version"}
    return name, ", ".join(sorted(names))


@pytest.fixture
def server_url(postgres: Any, migrated: tuple[str, str]) -> str:
    """Return the URL of a database with every table and no row."""
    name, tables = migrated
    # Quicker than a new database for every test.
    postgres.run(f"TRUNCATE {tables} RESTART IDENTITY", name)
    return str(postgres.url(name))


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str | None:
    """Return the URL of the test's database; None is the file in the project's folder."""
    if getattr(request, "param", DATABASES[0]) == DATABASES[0]:
        return None
    return str(request.getfixturevalue("server_url"))


@pytest.fixture
def store(tmp_path: Path, database: str | None) -> Store:
    opened = open_store(tmp_path, url=database, who="lin", clock=Clock())
    opened.cycles.open("2026 Q2", dt.date(2026, 6, 30))
    return opened
