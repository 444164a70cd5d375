"""What the participants of a brainstorm room may see of its segment: they read nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench import locale
from workbench.insight import describe_cluster

if TYPE_CHECKING:
    import datetime as dt

    from workbench.project.segmentation import Segmentation

MOST_SENTENCES = 5
# Kinds of features of which one is enough: several would say the same.
_ONCE = ("cny", "share")
_TEXTS = ("segment", "segment_zh", "description", "description_zh")


def segment_profile(
    segmentation: Segmentation, segment: str, snapshot_date: dt.date | None, smallest: int
) -> dict[str, Any]:
    """Return a segment's profile as a room keeps it.

    Parameters
    ----------
    segmentation : Segmentation
        The approved one.
    segment : str
        The segment's label; empty is all customers.
    snapshot_date : datetime.date or None
        The day that the customers are shown at.
    smallest : int
        Fewer customers than this are not told of, nor what sets a segment apart from so few.

    Returns
    -------
    dict
        segment, segment_zh, description, description_zh (text), slot (its colour, 0 for
        all customers), snapshot_date (ISO, or empty), n (customers), share (of all, 0 to
        1) and sentences (language → at most five). Without n, share and sentences where
        they are too few.
    """
    everyone = segmentation.n
    told: dict[str, Any] = dict.fromkeys(_TEXTS, "")
    told |= {"slot": 0, "snapshot_date": "" if snapshot_date is None else snapshot_date.isoformat()}
    if not segment:
        whole = {"n": everyone, "share": 1.0, "sentences": {lang: [] for lang in locale.LANGUAGES}}
        return told | whole if everyone >= smallest else told
    rows = segmentation.segments
    row = rows[rows["segment"] == segment].iloc[0].to_dict()
    texts = {name: row.get(name) for name in _TEXTS}
    told |= {name: value for name, value in texts.items() if isinstance(value, str)}
    told["slot"] = int(row["slot"])
    n = int(row["n"])
    if n < smallest:
        return told
    told |= {"n": n, "share": n / everyone}
    # Set apart from a few others, the figures would be those others' own.
    few = everyone - n < smallest
    cluster = int(row["cluster"])
    told["sentences"] = {
        lang: [] if few else _sentences(segmentation, cluster, lang) for lang in locale.LANGUAGES
    }
    return told


def _sentences(segmentation: Segmentation, cluster: int, lang: str) -> list[str]:
    """Return what sets a cluster apart, the strongest first, a sentence a feature."""
    profile = segmentation.profile
    if "effect" not in profile:
        return []
    mine = profile[profile["cluster"] == cluster]
    order = mine["effect"].abs().sort_values(ascending=False, kind="stable").index
    found: list[str] = []
    said: set[str] = set()
    for place in order:
        unit = str(mine.at[place, "unit"])
        sentence = "" if unit in said else describe_cluster(mine.loc[[place]], cluster, lang, most=1)
        if sentence:
            found.append(sentence)
            said |= {unit} & set(_ONCE)
        if len(found) == MOST_SENTENCES:
            break
    return found
