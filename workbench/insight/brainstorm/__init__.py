"""What a brainstorm room's ideas have in common, where two sides differ, and how it came to it."""

from workbench.insight.brainstorm.affinity import find_duplicate_ideas, propose_idea_groups
from workbench.insight.brainstorm.replay import replay_moves
from workbench.insight.brainstorm.sides import compare_sides

__all__ = ["compare_sides", "find_duplicate_ideas", "propose_idea_groups", "replay_moves"]
