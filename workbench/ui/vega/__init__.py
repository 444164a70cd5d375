"""Our own view of an Altair chart: canvas, binary columns, bundled in the package."""

from workbench.ui.vega.capture import unchecked_charts
from workbench.ui.vega.lasso import LassoView
from workbench.ui.vega.still import still_chart, still_script
from workbench.ui.vega.view import BUNDLE_IN_PAGE, VegaView, bundle, bundle_hash

__all__ = [
    "BUNDLE_IN_PAGE",
    "LassoView",
    "VegaView",
    "bundle",
    "bundle_hash",
    "still_chart",
    "still_script",
    "unchecked_charts",
]
