"""How likely a customer is to respond, learned from past campaigns.

scikit-learn is loaded when a model is fitted, not when this is imported: a viewer's
screen reads stored models and never fits one.
"""

from workbench.strategy.propensity.model import Propensity

__all__ = ["Propensity"]
