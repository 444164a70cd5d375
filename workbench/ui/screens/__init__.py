"""What the screens look like: each is a view of its state in ``workbench.ui.state``."""
