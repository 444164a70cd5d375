"""An executed notebook as one page that needs no other file and asks no other machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench import locale

_CHART = "application/vnd.vegalite.v6+json"
_WIDGET = "application/vnd.jupyter.widget-view+json"


def keep_charts() -> None:
    """Let a kernel store each chart with its data, so that a page can draw it later."""
    import altair

    # Altair's own name for the type ends in ".json", and a notebook can't hold that.
    altair.renderers.register("archive", lambda specification, **_: {_CHART: specification, "text/plain": ""})
    altair.renderers.enable("archive")
    altair.data_transformers.disable_max_rows()


def notebook_page(path: Path, *, title: str, lang: str = "en") -> str:
    """Return an executed notebook as HTML.

    Parameters
    ----------
    path : pathlib.Path
        The notebook, with its results.
    title : str
        The page's title.
    lang : {"en", "zh_CN"}, default="en"
        Language of the page's own words.

    Returns
    -------
    str
        The whole page: styles, charts and their code are in it.
    """
    import nbformat
    from nbconvert import HTMLExporter
    from traitlets.config import Config

    from workbench.ui.vega import still_script

    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.pop("widgets", None)
    # The first cell only prepared the run; papermill's own marks failed cells.
    kept = [cell for cell in notebook.cells if "archive" not in cell.metadata.get("tags", [])]
    notebook.cells = kept
    n_charts = 0
    for cell in kept:
        for output in cell.get("outputs", []):
            if "data" in output:
                n_charts += _make_static(output, lang)
    config = Config()
    config.HTMLExporter.extra_template_basedirs = [str(Path(__file__).parent)]
    config.HTMLExporter.template_name = "archive"
    exporter = HTMLExporter(config=config, embed_images=True)
    resources = {"metadata": {"name": title}, "charts_script": still_script() if n_charts else ""}
    page, _ = exporter.from_notebook_node(notebook, resources=resources)
    return page


def _make_static(output: Any, lang: str) -> int:
    """Put HTML in the place of a chart or a screen; return how many charts there were."""
    from workbench.ui.vega import still_chart

    data = output["data"]
    if _CHART in data:
        output["data"] = {"text/html": str(still_chart(data[_CHART]))}
        return 1
    if _WIDGET in data:
        note = locale.text("cli.run.screen", lang)
        output["data"] = {"text/html": f'<p class="workbench-note">{note}</p>'}
    return 0
