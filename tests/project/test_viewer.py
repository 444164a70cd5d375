"""A viewer's kernel stays small: reading loads no engine and no machine learning."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_READ_EVERYTHING = """
import sys
import workbench as wb
project = wb.open_project(sys.argv[1], role="viewer")
project.cycles(), project.status(), project.comments("insight"), project.audit_log()
for stage in ("insight", "strategy", "execution", "review"):
    project.footer(stage)
project.customers(["customer_id", "age", "balance_total"])
segmentation = project.insight.segmentation()
project.insight.versions(), project.insight.slots()
compared = project.insight.compare()
compared.migration, compared.events, compared.drift
project.strategy.cards(), project.strategy.plan(), project.strategy.scores()
project.strategy.lists(), project.strategy.targets(), project.strategy.funnel(), project.strategy.ideas()
project.execution.contacts(), project.execution.outcomes()
project.review.evaluation(), project.review.recommendations()
str(project.lineage()), project.table("campaign_history"), project.quarantine()
heavy = ("duckdb", "ibis", "sklearn", "umap", "numba", "alembic", "altair", "scipy")
print(*[name for name in heavy if name in sys.modules])
"""


def test_reading_loads_no_engine_and_no_machine_learning(walked_folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _READ_EVERYTHING, str(walked_folder)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""
