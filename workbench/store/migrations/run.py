"""Run the migrations from inside the program; there is no command to remember."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from workbench.store.engines import wait_for_turn


def migrate(engine: sa.Engine, revision: str = "head") -> None:
    """Bring the tables to a revision, in one transaction.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        Where the tables are.
    revision : str, default="head"
        The step to reach.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    # Two processes may open a new project at once: the lock is taken before looking.
    with engine.connect() as plain:
        connection = plain.execution_options(workbench_immediate=True)
        with connection.begin():
            wait_for_turn(connection)
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
