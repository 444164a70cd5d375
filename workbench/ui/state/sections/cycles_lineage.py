"""From a figure of the review to the raw files, as the screen draws it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.project.lineage import Lineage, short_hash

if TYPE_CHECKING:
    from workbench.ui.state.sections.cycles import CyclesState

BOARD = ("value_won", "return_on_cost", "responded", "contacted_share", "cost", "strategies_proven")
"""Figures of the board's strip; all are read from the evaluation."""
CARDS = {
    "effects": ("evaluation",),
    "funnel": ("outcomes", "target_list"),
    "against_plan": ("outcomes", "target_list", "scores"),
    "by_day": ("evidence", "outcomes"),
    "past": ("import",),
    "advice": ("recommendation",),
}
"""Cards of the board → the kinds that they are read from."""
GROUPED = ("raw", "import", "target_list", "results", "launch_request", "fairness", "recommendation")
"""Kinds of which several stand side by side, and are drawn as one."""
MEMBERS = 12
"""Members of a group that are listed."""
MESSAGE_PREFIXES = ("review.kpi.", "review_cycles.card.", "review_cycles.node.", "project.lineage.")
_PART, _EARLIER = "part:", "earlier:"


class LineageChoice:
    """What is drawn of the lineage, and the chosen node.

    Parameters
    ----------
    section : CyclesState
        Whose ``figure`` and ``node`` are shown.
    """

    def __init__(self, section: CyclesState) -> None:
        self._section = section
        self.lineage = Lineage({}, [])
        self._rows = pd.DataFrame()
        self._drawn: dict[tuple[Any, ...], tuple[pd.DataFrame, pd.DataFrame]] = {}

    def load(self) -> None:
        """Read the project's lineage."""
        self.lineage = self._section.project.lineage()
        self._rows = self.lineage.graph_rows()
        self._drawn.clear()
        if self._section.figure not in self.figures():
            self._section.figure = BOARD[0]
        self._keep_node()

    # Figures ---------------------------------------------------------------------

    def figures(self) -> dict[str, list[str]]:
        """Return what can be traced in the cycle shown: figure → the nodes that it was read from."""
        cycle = self._section.project.cycle.cycle_id
        newest = self._newest(cycle)
        evaluation = newest.get("evaluation", [])
        found = dict.fromkeys(BOARD, evaluation)
        found |= {
            name: [node for kind in kinds for node in newest.get(kind, [])] for name, kinds in CARDS.items()
        }
        shown = {kind for kinds in CARDS.values() for kind in kinds}
        for kind, nodes in newest.items():
            made = set(nodes) & set(self.lineage.descendants(evaluation[0])) if evaluation else set()
            if made and kind not in shown and kind != "cycle":
                found[f"{_PART}{kind}"] = nodes
        return {name: nodes for name, nodes in found.items() if nodes}

    def _newest(self, cycle: str) -> dict[str, list[str]]:
        """Return the nodes of a cycle by kind: the newest version, or all that stand side by side."""
        rows = self._rows
        if rows.empty:
            return {}
        mine = rows[rows["cycle_id"].eq(cycle) & rows["state"].ne("superseded")]
        found: dict[str, list[str]] = {}
        for kind, part in mine.groupby("kind", sort=False):
            found[str(kind)] = list(part["node_id"])
        imported = rows[rows["kind"].eq("import")]
        if len(imported):
            found["import"] = list(imported["node_id"])
        return found

    def choices(self) -> list[tuple[str, str]]:
        """Return the figures for a choice, as (shown, name)."""
        return [(self.figure_name(name), name) for name in self.figures()]

    def figure_name(self, figure: str) -> str:
        """Return a figure's name in the screen's language."""
        t = self._section.t
        if figure.startswith(_PART):
            return t(f"project.lineage.{figure.removeprefix(_PART)}")
        return t(f"review.kpi.{figure}" if figure in BOARD else f"review_cycles.card.{figure}")

    def choose_figure(self, figure: str) -> None:
        """Draw another figure's lineage."""
        if figure in self.figures():
            self._section.figure = figure
            self._keep_node()
            self._section.touch()

    def choose_node(self, node_id: str) -> None:
        """Show a node's facts and its way to the raw files."""
        if node_id in {self._home(one) for one in self.kept()} | set(self.kept()):
            self._section.node = node_id
            self._section.touch()

    def targets(self) -> list[str]:
        """Return the nodes that the chosen figure was read from."""
        return self.figures().get(self._section.figure, [])

    def kept(self) -> list[str]:
        """Return every node of the drawn lineage."""
        targets = self.targets()
        return list(self.lineage.graph_rows(targets)["node_id"]) if targets else []

    def _keep_node(self) -> None:
        section = self._section
        if section.node not in self.kept():
            section.node = next(iter(self.targets()), "")

    def _home(self, node_id: str) -> str:
        nodes, _ = self.graph()
        return _home_of(nodes, node_id) or node_id

    # The picture -----------------------------------------------------------------

    def graph(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the nodes and the bent edges as they are drawn; empty where nothing was made yet."""
        section = self._section
        key = (section.figure, section.lang, section.project.cycle.cycle_id)
        if key not in self._drawn:
            self._drawn[key] = self._laid_out()
        nodes, points = self._drawn[key]
        if nodes.empty:
            return nodes, points
        home = _home_of(nodes, section.node)
        way = {home, *self._before(home, points)}
        return (
            nodes.assign(on=nodes["node_id"].isin(way), chosen=nodes["node_id"].eq(home)),
            points.assign(on=points["source"].isin(way) & points["target"].isin(way)),
        )

    @staticmethod
    def _before(home: str, points: pd.DataFrame) -> set[str]:
        lines = points.drop_duplicates("edge")
        found, waiting = set(), [home]
        for node in waiting:
            for source in lines.loc[lines["target"].eq(str(node)), "source"].astype("str"):
                if source not in found:
                    found.add(source)
                    waiting.append(source)
        return found

    def _laid_out(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        from workbench.review import group_nodes, lay_out_graph

        targets = self.targets()
        rows = self.lineage.graph_rows(targets) if targets else pd.DataFrame()
        if rows.empty:
            return pd.DataFrame(), pd.DataFrame()
        edges = self.lineage.edge_rows(targets)
        nodes, points = lay_out_graph(
            *group_nodes(
                rows.assign(group=pd.Series(self._groups(rows), index=rows.index, dtype="object")),
                edges,
                ["group"],
                smallest=2,
            )
        )
        words = [self._words(row) for row in nodes.itertuples()]
        for position, name in enumerate(("label", "note", "word")):
            nodes[name] = [each[position] for each in words]
        kept = ["node_id", "kind", "n", "members", "state", "x", "y", "label", "note", "word"]
        return nodes[kept], points

    def _groups(self, rows: pd.DataFrame) -> list[str | None]:
        """Return what each node is drawn with: its like, or the earlier cycle that it is of."""
        here = self._section.project.cycle.cycle_id
        found: list[str | None] = []
        for kind, cycle_id, state in rows[["kind", "cycle_id", "state"]].astype("str").to_numpy():
            if cycle_id and cycle_id != here and kind != "cycle":
                found.append(f"{_EARLIER}{cycle_id}")
            elif kind in GROUPED:
                found.append(f"{kind} {state}")
            else:
                # The other kinds are versions, and never one.
                found.append(None)
        return found

    def _words(self, row: Any) -> tuple[str, str, str]:
        t = self._section.t
        kind = self._kind(str(row.kind))
        if str(row.group).startswith(_EARLIER) and row.n > 1:
            label, note = (
                t("review_cycles.node.earlier"),
                t("review_cycles.node.steps", cycle=row.cycle_id, n=row.n),
            )
        elif row.n > 1:
            label, note = t("review_cycles.node.group", kind=kind, n=row.n), row.cycle_id
        elif row.version == row.version and row.version is not None and row.kind not in GROUPED:
            label, note = kind, f"v{int(row.version)} {short_hash(row.sha256)}"
        else:
            label, note = kind, str(row.name)
        return label, note, "" if row.state == "current" else t(f"review_cycles.node.{row.state}")

    def _kind(self, kind: str) -> str:
        key = f"review_cycles.node.{kind}"
        return self._section.t(key if key in locale.keys(self._section.lang) else f"project.lineage.{kind}")

    # The chosen node -------------------------------------------------------------

    def facts(self) -> dict[str, Any] | None:
        """Return what is known of the chosen node, or None."""
        section = self._section
        nodes, _ = self.graph()
        if nodes.empty:
            return None
        found = nodes[nodes["chosen"]]
        if found.empty:
            return None
        members = list(found["members"].iloc[0])
        single = len(members) == 1 or section.node not in members[:1]
        one = self.lineage.node(section.node if single else members[0])
        analyst, t = section.may("analyst"), section.t
        raw = [node for node in self.lineage.ancestors(one.node_id) if node.startswith("raw:")]
        return {
            "id": one.node_id,
            "kind": self._kind(one.kind)
            if single or one.kind in GROUPED
            else t("review_cycles.node.earlier"),
            "name": one.name if single else t("review_cycles.node.several", n=len(members)),
            "state": one.state,
            "word": t(f"review_cycles.node.{one.state}"),
            "cycle": one.cycle_id,
            "sha256": one.sha256 if single else "",
            "at": locale.timestamp(one.made_at) if one.made_at is not None and single else "",
            "who": one.made_by if analyst and single else "",
            "members": [] if single else [self._link(node) for node in members[:MEMBERS]],
            "more": 0 if single else max(0, len(members) - MEMBERS),
            "inputs": [self._link(node) for node in self.lineage.inputs(one.node_id)[:MEMBERS]],
            "n_raw": len(raw),
            "path": self.path(one.node_id),
            "hint": f"project.lineage().graph_rows({one.node_id!r})",
        }

    def _link(self, node_id: str) -> dict[str, str]:
        node = self.lineage.node(node_id)
        kind = self._kind(node.kind)
        return {
            "id": node_id,
            "label": f"{kind} {node.name}".strip(),
            "hash": short_hash(node.sha256),
            "state": node.state,
        }

    def path(self, node_id: str) -> list[dict[str, str]]:
        """Return one way from a raw file to a node, the shortest there is; empty for what has none."""
        raw = [node for node in self.lineage.ancestors(node_id) if node.startswith("raw:")]
        ways = [way for node in raw if (way := self.lineage.path(node, node_id)) is not None]
        return [self._link(node) for node in min(ways, key=len)] if ways else []

    # Sentences -------------------------------------------------------------------

    def title(self) -> tuple[str, str]:
        """Return what the figure rests on, and the subtitle."""
        section, t = self._section, self._section.t
        nodes, _ = self.graph()
        if nodes.empty:
            return t("review_cycles.lineage.neutral"), ""
        kept = self.lineage.graph_rows(self.targets())
        n_raw = int(kept["kind"].eq("raw").sum())
        stale = int(kept["state"].eq("stale").sum())
        name = self.figure_name(section.figure)
        key = "review_cycles.lineage.stale" if stale else "review_cycles.lineage.title"
        subtitle = t("review_cycles.lineage.subtitle", n=len(kept), cycle=section.project.cycle.cycle_id)
        return t(key, figure=name, files=n_raw, n=stale), subtitle


def _home_of(nodes: pd.DataFrame, node_id: str) -> str:
    """Return the drawn node that a node is a member of, or nothing."""
    if nodes.empty:
        return ""
    pairs = zip(nodes["node_id"], nodes["members"], strict=True)
    return next((str(home) for home, members in pairs if node_id in members), "")
