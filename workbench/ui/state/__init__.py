"""What the screens do, without a widget: traits, figures, sentences and handlers."""

from workbench.ui.state.base import ScreenState
from workbench.ui.state.parts import Banner, Button, Fact, Heading, Kpi, Progress, StageLink

__all__ = ["Banner", "Button", "Fact", "Heading", "Kpi", "Progress", "ScreenState", "StageLink"]
