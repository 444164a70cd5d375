"""A bank's customer loop: insight, strategy, execution, review, and the next cycle."""
