"""Whether an order of customers finds those whom a contact changes, and models that make such an order.

`qini_curve`, `qini_coefficient`, `uplift_at_k` and `uplift_by_tenth` judge an order that is
given; `compare_orders` holds several against each other and against chance, with intervals.
`fit_uplift` learns an order from a campaign with a control, and scores everybody by models
that have not seen them. scikit-learn is loaded when a model is fitted, not before.
"""

from workbench.review.uplift.comparison import OrderComparison, compare_orders
from workbench.review.uplift.learners import UpliftModel, fit_uplift
from workbench.review.uplift.measures import (
    area_under_uplift,
    qini_coefficient,
    qini_curve,
    uplift_at_k,
    uplift_by_tenth,
)
from workbench.review.uplift.targeting import TARGETING_TABLES, measure_targeting

__all__ = [
    "TARGETING_TABLES",
    "OrderComparison",
    "UpliftModel",
    "area_under_uplift",
    "compare_orders",
    "fit_uplift",
    "measure_targeting",
    "qini_coefficient",
    "qini_curve",
    "uplift_at_k",
    "uplift_by_tenth",
]
