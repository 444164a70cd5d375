"""What was left out of the features is stored with the segmentation, and stays with it."""

from __future__ import annotations

import workbench as wb


def test_a_reader_finds_what_was_left_out(walked_folder):
    prepared = wb.open_project(walked_folder, role="viewer").insight.preparation()
    assert prepared is not None
    assert {"customer_id", "tier", "lifecycle_stage"} <= set(prepared.excluded["feature"])
    assert prepared.features.empty
    assert len(prepared.notes) == prepared.features.shape[1] > 10
    assert all(text.endswith(".") for _, text in prepared.reasons())
