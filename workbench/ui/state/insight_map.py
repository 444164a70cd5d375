"""The picture of the customers: who is drawn, who is chosen in it, and where names stand."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from workbench import locale
from workbench.insight import inside_polygon
from workbench.tables import EMBEDDING
from workbench.ui import request

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.project.segmentation import Segmentation

GRID = 12
MAP_POINTS = 20_000
# Both are exact in four bytes, so that a changed emphasis is half as long on its way.
SHOWN, DIMMED = 0.625, 0.078125
# How far a segment that nobody chosen is in fades in the other charts.
FAINT = 0.25


def label_places(points: pd.DataFrame) -> pd.DataFrame:
    """Return where the name of each segment stands: over the densest part of its points.

    Parameters
    ----------
    points : pandas.DataFrame
        ``x``, ``y`` and ``segment``.

    Returns
    -------
    pandas.DataFrame
        ``segment``, ``x``, ``y``.
    """
    places = []
    for segment, rows in points.groupby("segment", sort=True):
        cells = rows.assign(
            column=((rows["x"] - points["x"].min()) / (np.ptp(points["x"]) or 1) * GRID).round(),
            line=((rows["y"] - points["y"].min()) / (np.ptp(points["y"]) or 1) * GRID).round(),
        )
        column, line = cast("tuple[float, float]", cells.groupby(["column", "line"]).size().idxmax())
        near = cells[(cells["column"] - column).abs().le(1) & (cells["line"] - line).abs().le(1)]
        places.append({"segment": segment, "x": near["x"].mean(), "y": near["y"].quantile(0.95)})
    return pd.DataFrame(places, columns=["segment", "x", "y"])


class MapFigures:
    """What `InsightState` says of the picture, and of who is chosen in any chart."""

    project: Any
    segmentation: Segmentation | None
    customers: pd.DataFrame
    lang: str
    selected: Any
    stage_chosen: Any
    outline: Any
    top_share: Any
    shown: Callable[[], pd.DataFrame]
    summary: Callable[[], pd.DataFrame]
    select: Callable[[str], None]
    touch: Callable[[], None]
    may: Callable[[str], bool]
    _once: Callable[[str, Callable[[], Any]], Any]
    _kept: dict[str, Any]

    @property
    def focus(self) -> str:
        """The segment in focus; the state says which."""
        raise NotImplementedError

    @property
    def careful(self) -> bool:
        """Whether only groups may be told of, and no single customer: on published screens."""
        return not self.may("analyst") or request.is_published()

    # Choosing --------------------------------------------------------------------

    def draw_around(self, outline: list[list[float]]) -> None:
        """Choose the customers inside an outline of the picture; an empty one clears.

        Parameters
        ----------
        outline : list of [float, float]
            Its corners, in the picture's places. Fewer than three choose nobody.
        """
        self._choose("", outline=outline if len(outline) >= 3 else [])

    def choose_cell(self, segment: str, stage: str) -> None:
        """Choose a segment's customers of one lifecycle stage; the same again clears."""
        again = (segment, stage) == (self.selected, self.stage_chosen)
        self._choose("" if again else segment, "" if again else stage)

    def pick(self, x: float, y: float, dx: float, dy: float) -> None:
        """Choose the segment of the point nearest to a click; a click beside all points clears."""
        points = self.map_points()
        if points.empty or dx <= 0 or dy <= 0:
            return
        far = ((points["x"] - x) / dx) ** 2 + ((points["y"] - y) / dy) ** 2
        nearest = far.to_numpy().argmin()
        self.select(str(points["segment"].iloc[nearest]) if far.iloc[nearest] <= 1 else "")

    def clear_choice(self) -> None:
        """Choose nobody: every chart shows everyone again."""
        self._choose("")

    @property
    def is_group(self) -> bool:
        """Whether customers are chosen that are not just a segment."""
        return bool(self.outline) or bool(self.stage_chosen)

    def _choose(self, segment: str, stage: str = "", outline: Any = ()) -> None:
        """Set the whole choice at once, so that the screen is drawn once."""
        self._forget_group()
        self.outline, self.stage_chosen = list(outline), stage
        if segment != self.selected:
            self.selected = segment  # its observer draws
        else:
            self.touch()

    def _forget_group(self) -> None:
        for name in [name for name in self._kept if name.startswith("group")]:
            del self._kept[name]

    def group_ids(self) -> pd.Series:
        """Return the customer_ids of the chosen group among those that the filters leave."""
        return self._once("group", self._group)

    def _group(self) -> pd.Series:
        rows = self.shown()
        if self.stage_chosen:
            return rows.loc[
                (rows["segment"] == self.selected) & (rows["lifecycle_stage"] == self.stage_chosen),
                "customer_id",
            ]
        places = self._everyone()
        if places is None or not self.outline:
            return rows["customer_id"].iloc[:0]
        inside = inside_polygon(places["x"], places["y"], self.outline)
        chosen = set(places["customer_id"].to_numpy()[inside])
        return rows.loc[rows["customer_id"].isin(chosen), "customer_id"]

    def _everyone(self) -> pd.DataFrame | None:
        # Read when somebody first draws around: it is as long as the bank has customers.
        return self._once("everyone", self.project.insight.everyone)

    # Drawing ---------------------------------------------------------------------

    def map_points(self) -> pd.DataFrame:
        """Return the picture's points: ``x``, ``y``, ``segment``, ``emphasis``."""
        rows = self._once("points", self._placed)
        return rows[["x", "y", "segment"]].assign(emphasis=self.map_emphasis())

    def map_emphasis(self) -> np.ndarray:
        """Return how strongly each point is drawn: the chosen ones stand out."""
        rows = self._once("points", self._placed)
        chosen = rows["kept"].to_numpy()
        if self.is_group:
            chosen = self._once("group points", self._group_points)
        elif self.selected:
            chosen = chosen & rows["segment"].eq(self.selected).to_numpy()
        if self.top_share < 100 and self.richest()["n"]:
            chosen = chosen & (rows["rank"].to_numpy() <= self.top_share / 100)
        return np.where(chosen, SHOWN, DIMMED)

    def _group_points(self) -> np.ndarray:
        rows = self._once("points", self._placed)
        if self.careful and len(self.group_ids()) < self.project.small_cell:
            return np.zeros(len(rows), dtype=bool)
        return rows["customer_id"].isin(set(self.group_ids())).to_numpy()

    def _placed(self) -> pd.DataFrame:
        assert self.segmentation is not None
        points = self.segmentation.embedding
        if points is None:
            empty = {"segment": "str", "kept": "bool", "rank": "float64"}
            return EMBEDDING.empty().assign(**{n: pd.Series(dtype=kind) for n, kind in empty.items()})
        if len(points) > MAP_POINTS:
            points = points.sample(MAP_POINTS, random_state=0)
        rows = points.merge(self.customers[["customer_id", "segment"]], on="customer_id")
        return rows.assign(
            kept=rows["customer_id"].isin(self.shown()["customer_id"]),
            rank=rows["customer_id"].map(self._ranks()).fillna(2.0),
        )

    def _ranks(self) -> pd.Series:
        """Return each customer's share of those who hold at least as much, 0 to 1."""
        rows = self.shown()
        if "balance_total" not in rows:
            return pd.Series(dtype="float64")
        ranks = rows.set_index("customer_id")["balance_total"].rank(ascending=False, method="first", pct=True)
        return cast("pd.Series", ranks)

    def richest(self) -> dict[str, Any]:
        """Return who the slider's top share are: ``n``, and the share of balances they hold.

        ``n`` is 0 where balances are not known, or on a published screen too few are meant.
        """
        held = self._once("richest", self._held)
        n = round(len(held) * self.top_share / 100)
        if not len(held) or (self.careful and n < self.project.small_cell):
            return {"n": 0, "share": float("nan")}
        return {"n": n, "share": float(held[n - 1]) if n else 0.0}

    def knows_balances(self) -> bool:
        """Say whether there are balances that the slider can rank by."""
        return len(self._once("richest", self._held)) > 0

    def select_hint(self) -> str:
        """Return the Python that finds who is chosen."""
        if self.outline:
            return "ids = project.insight.select(outline=[(x, y), …])"
        stage = f", stage={self.stage_chosen!r}" if self.stage_chosen else ""
        return f"ids = project.insight.select(segment={self.focus!r}{stage})"

    def _held(self) -> np.ndarray:
        rows = self.shown()
        if "balance_total" not in rows:
            return np.empty(0)
        balances = np.sort(rows["balance_total"].dropna().to_numpy())[::-1]
        total = balances.sum()
        return np.cumsum(balances) / total if len(balances) and total > 0 else np.empty(0)

    def map_labels(self) -> pd.DataFrame:
        """Return where each segment's name stands in the picture, and what it says."""
        return self._once("labels", self._labels)

    def _labels(self) -> pd.DataFrame:
        middle = label_places(self._once("points", self._placed))
        summary = self.summary()
        if summary.empty:
            return middle.assign(label=[], note=[]).iloc[:0]
        rows = middle.merge(summary[["segment", "shown", "n", "share_customers"]], on="segment")
        number = partial(locale.count, lang=self.lang)
        rows["label"] = rows["shown"]
        rows["note"] = [
            f"{number(n)} · {locale.percent(share, places=0)}"
            for n, share in zip(rows["n"], rows["share_customers"], strict=True)
        ]
        return rows[["x", "y", "segment", "label", "note"]]

    def segment_emphasis(self) -> pd.Series:
        """Return how strongly each segment of `summary` is drawn in the other charts, 0 to 1."""
        segments = self.summary()["segment"]
        if self.is_group:
            mix = self.group_mix().set_index("segment")["share"]
            share = segments.map(mix).fillna(0.0)
            return FAINT + (1 - FAINT) * share / (share.max() or 1.0)
        if self.selected:
            return segments.eq(self.selected).map({True: 1.0, False: FAINT})
        return pd.Series(1.0, index=segments.index)

    def group_mix(self) -> pd.DataFrame:
        """Return the chosen group by segment, the largest first: ``segment, shown, slot, n, share``.

        On a published screen segments with too few of them are left out, and all of them
        where the group itself is too small.
        """
        return self._once("group mix", self._mix)

    def _mix(self) -> pd.DataFrame:
        rows = self.shown()
        ids = set(self.group_ids())
        counts = rows.loc[rows["customer_id"].isin(ids), "segment"].value_counts()
        mix = self.summary()[["segment", "shown", "slot"]].assign(
            n=lambda each: each["segment"].map(counts).fillna(0).astype("int64")
        )
        mix["share"] = mix["n"] / max(len(ids), 1)
        least = self.project.small_cell if self.careful else 1
        if len(ids) < least:
            return mix.iloc[:0]
        return mix[mix["n"] >= least].sort_values("n", ascending=False, ignore_index=True)
