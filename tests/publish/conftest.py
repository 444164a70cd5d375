"""A published process with two small notebooks, shared by this folder's tests."""

from __future__ import annotations

import time

import nbformat
import pytest

from workbench.publish import Dashboards

SOUND = """
import ipywidgets as widgets
from workbench.publish import query
asked = query()
label = widgets.Label(f"asked {asked}")
import os
role = widgets.Label(os.environ["WORKBENCH_ROLE"] + " " + os.environ.get("WORKBENCH_TOKEN", "no token"))
slider = widgets.IntSlider(value=3)
widgets.VBox([label, role, slider])
"""
FAILING = "raise RuntimeError('customer 13812341234')"


def write(file, *cells):
    made = [nbformat.v4.new_code_cell(source, metadata={"tags": tags}) for tags, source in cells]
    notebook = nbformat.v4.new_notebook(cells=made)
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, file)


@pytest.fixture(scope="session")
def published(tmp_path_factory):
    """Return running dashboards: 01 works, 02 fails, 03 has a hidden cell that would fail."""
    place = tmp_path_factory.mktemp("publish")
    folder = place / "notebooks"
    (folder / "cases").mkdir(parents=True)
    write(folder / "01_insight.ipynb", ([], SOUND))
    write(folder / "02_strategy.ipynb", ([], FAILING))
    hidden = "open('ran.txt', 'w').write('ran')"
    write(folder / "03_execution.ipynb", (["code"], hidden), (["trainer"], hidden), ([], "1 + 1"))
    write(folder / "cases" / "01_case.ipynb", ([], "1"))
    (folder / "secret.png").write_bytes(b"secret")
    dashboards = Dashboards(
        place / "my_bank", notebooks=folder, preheat=False, log=place / "log.txt", role="contributor"
    )
    dashboards.start()
    yield dashboards
    dashboards.stop()


@pytest.fixture
def wait_for():
    """Return a function that waits until something is so."""

    def wait(condition, seconds=20.0):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if condition():
                return True
            time.sleep(0.1)
        return False

    return wait
