"""Compare two segmentations: who moved, what drifted, which segments live on, which labels follow.

Numpy and pandas alone, but for `match_labels`: viewers' kernels read these figures, and
load no scikit-learn and no scipy for them.
"""

from __future__ import annotations

from workbench.insight.versions.agreement import adjusted_rand_index, mutual_information
from workbench.insight.versions.drift import population_stability_index, stability_bins
from workbench.insight.versions.events import (
    SegmentEvent,
    event_sentence,
    find_segment_events,
    segment_events,
)
from workbench.insight.versions.flow import flow_layout
from workbench.insight.versions.matching import match_labels
from workbench.insight.versions.migration import SegmentMigration, compare_segmentations

__all__ = [
    "SegmentEvent",
    "SegmentMigration",
    "adjusted_rand_index",
    "compare_segmentations",
    "event_sentence",
    "find_segment_events",
    "flow_layout",
    "match_labels",
    "mutual_information",
    "population_stability_index",
    "segment_events",
    "stability_bins",
]
