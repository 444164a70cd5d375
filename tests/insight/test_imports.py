"""What a viewer's process pays for."""

from __future__ import annotations

import subprocess
import sys


def test_summaries_load_neither_scikit_learn_nor_umap():
    code = (
        "import sys\n"
        "from workbench.insight import feature_label, hide_small_cells, summarise_segments\n"
        "print([name for name in ('sklearn', 'umap', 'scipy.optimize', 'numba') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
