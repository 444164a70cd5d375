"""Strip stored results from notebooks, so that git holds only what was written.

Usage: ``python scripts/strip_outputs.py notebook.ipynb …``. A notebook that was changed is
written back and the exit code is 1, as pre-commit expects of a hook that mends.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

KEPT_CELL_METADATA = {"tags", "editable", "slideshow"}
KEPT_METADATA = {"kernelspec", "language_info", "title"}


def strip(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook without results, counts, widget state and editor's traces.

    Parameters
    ----------
    notebook : dict
        The notebook as read from its file. It is changed in place.

    Returns
    -------
    dict
        The same object.

    Examples
    --------
    >>> cell = {"cell_type": "code", "metadata": {"collapsed": True}, "outputs": [1], "execution_count": 3}
    >>> strip({"cells": [cell], "metadata": {}})["cells"]
    [{'cell_type': 'code', 'metadata': {}, 'outputs': [], 'execution_count': None}]
    """
    for cell in notebook["cells"]:
        cell["metadata"] = {k: v for k, v in cell.get("metadata", {}).items() if k in KEPT_CELL_METADATA}
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    notebook["metadata"] = {k: v for k, v in notebook.get("metadata", {}).items() if k in KEPT_METADATA}
    # The interpreter's version changes with every machine.
    notebook["metadata"].get("language_info", {}).pop("version", None)
    return notebook


def main(names: list[str]) -> int:
    """Strip the named notebooks."""
    changed = 0
    for name in names:
        path = Path(name)
        before = path.read_text(encoding="utf-8")
        after = json.dumps(strip(json.loads(before)), indent=1, ensure_ascii=False) + "\n"
        if after != before:
            path.write_text(after, encoding="utf-8")
            print(f"stripped {name}")
            changed = 1
    return changed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
