"""Tables that come of comparing two segmentations."""

from __future__ import annotations

from workbench.tables.schema import Column, Table

MIGRATION = Table(
    "migration",
    "How many customers went from one segment before to one after.",
    (
        Column("before", "text", "Segment before; missing for who joined since."),
        Column("after", "text", "Segment after; missing for who left since."),
        Column("n", "integer", "Customers.", filled=True),
        Column("share_before", "number", "Share of the segment before, 0 to 1; missing for who joined."),
        Column("share_after", "number", "Share of the segment after, 0 to 1; missing for who left."),
    ),
)
SEGMENT_EVENTS = Table(
    "segment_events",
    "What became of a segment.",
    (
        Column(
            "kind",
            "text",
            "What happened.",
            filled=True,
            values=("split", "merged", "born", "gone", "renamed", "continued"),
        ),
        Column("before", "text", "Segments before, joined by ' + '; missing for a born one."),
        Column("after", "text", "Segments after; missing for one gone."),
        Column("n_before", "integer", "Customers of those before.", filled=True),
        Column("n_after", "integer", "Customers of those after.", filled=True),
        Column("jaccard", "number", "Customers on both sides over customers on either, 0 to 1."),
        Column("share_before", "number", "How much of those before is in those after."),
        Column("share_after", "number", "How much of those after is of those before."),
        Column("sentence", "text", "The evidence, in English.", filled=True),
        Column("sentence_zh", "text", "The evidence, in Chinese.", filled=True),
    ),
)
DRIFT = Table(
    "drift",
    "How far the distribution of one feature moved.",
    (
        Column("feature", "text", "The feature.", filled=True),
        Column("kind", "text", "How it was binned.", filled=True, values=("numeric", "categorical")),
        Column("n_bins", "integer", "Bins that somebody is in.", filled=True),
        Column("psi", "number", "Population stability index.", filled=True),
        Column("critical", "number", "What chance exceeds in any feature with probability alpha."),
        Column("p_value", "number", "Probability of a larger index by chance, of this feature alone."),
        Column("exceeds", "boolean", "Whether the index is above its critical value.", filled=True),
        Column(
            "level",
            "text",
            "By convention: below .1 stable, to .25 watch, above it shifted.",
            filled=True,
            values=("stable", "watch", "shifted"),
        ),
    ),
    key=("feature",),
)
LABEL_MATCHES = Table(
    "label_matches",
    "Which label follows into one cluster of a newer segmentation. Open: candidates (a list).",
    (
        Column("cluster", "integer", "The newer segmentation's number.", filled=True),
        Column("label", "text", "The label suggested; missing where the cluster is new."),
        Column("decision", "text", "What to do.", filled=True, values=("carry", "ask", "new")),
        Column("similarity", "number", "Of label and cluster, 0 to 1.", filled=True),
        Column("margin", "number", "How far above the next candidate; negative where another is nearer."),
        Column("basis", "text", "What was compared.", filled=True, values=("customers", "centroids")),
        Column("n", "integer", "Customers of the cluster.", filled=True),
    ),
    key=("cluster",),
    is_open=True,
)
