"""From a raw file's hash to an accepted recommendation and the next cycle, readable."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from workbench import locale

if TYPE_CHECKING:
    import pandas as pd

    from workbench.store import Artefact, Store

MESSAGE_PREFIXES = ("project.lineage.",)


@dataclass(frozen=True)
class Node:
    """One thing that came from others.

    Parameters
    ----------
    node_id : str
        ``raw:<sha256>``, an artefact's id, ``results:…``, ``recommendation:…`` or ``cycle:…``.
    kind : str
        The word for it, a key under ``project.lineage``.
    name : str
        Its name or version.
    sha256 : str
        Hash of its content, where it has one.
    version : int or None
        Its number among its kind.
    cycle_id : str
        The cycle it was made in; empty for what belongs to none.
    made_at : datetime.datetime or None
        UTC.
    made_by : str
        Who.
    state : {"current", "superseded", "stale"}
        Whether a newer version stands in its place, or one stands in place of something that
        it was made from. What a frozen or closed cycle holds is never stale.
    """

    node_id: str
    kind: str
    name: str
    sha256: str = ""
    version: int | None = None
    cycle_id: str = ""
    made_at: dt.datetime | None = None
    made_by: str = ""
    state: str = "current"


def short_hash(sha256: str) -> str:
    """Return a hash as people compare it.

    Examples
    --------
    >>> short_hash("9f3c" + "0" * 56 + "a41e")
    '9f3c…a41e'
    """
    return f"{sha256[:4]}…{sha256[-4:]}" if len(sha256) > 9 else sha256


class Lineage:
    """What came from what.

    Parameters
    ----------
    nodes : mapping of str to Node
        Every node by its id.
    edges : sequence of (str, str)
        From source to target.

    Examples
    --------
    >>> raw = Node("raw:9f3c", "raw", "customers.csv", "9f3c" + "0" * 56 + "a41e")
    >>> made = Node("import/v0001-12345678", "import", "v1", "1234" + "0" * 56 + "abcd")
    >>> print(Lineage({raw.node_id: raw, made.node_id: made}, [("raw:9f3c", made.node_id)]))
    Raw file customers.csv 9f3c…a41e
    └─ Import v1 1234…abcd
    """

    def __init__(self, nodes: Mapping[str, Node], edges: Sequence[tuple[str, str]]) -> None:
        self._nodes = dict(nodes)
        self._edges = list(edges)

    def frame(self) -> pd.DataFrame:
        """Return the edges with the kinds, names and hashes of both ends."""
        import pandas as pd

        rows = []
        for source, target in self._edges:
            a, b = self._node(source), self._node(target)
            rows.append((source, a.kind, a.name, a.sha256, target, b.kind, b.name, b.sha256))
        columns = [
            f"{end}{part}" for end in ("source", "target") for part in ("", "_kind", "_name", "_sha256")
        ]
        return pd.DataFrame(rows, columns=columns)

    def path(self, source: str, target: str) -> list[str] | None:
        """Return the shortest way from a node to one made from it, or None.

        Parameters
        ----------
        source, target : str
            Ids of nodes.
        """
        after = self._after()
        ways = [[source]]
        seen = {source}
        while ways:
            way = ways.pop(0)
            if way[-1] == target:
                return way
            for node in after[way[-1]]:
                if node not in seen:
                    seen.add(node)
                    ways.append([*way, node])
        return None

    def ancestors(self, node_id: str) -> list[str]:
        """Return everything that a node was made from, directly or through others.

        Parameters
        ----------
        node_id : str
            The node.

        Returns
        -------
        list of str
            Ids, nearest first.
        """
        return _reached(node_id, _beside(self._edges, 1))

    def descendants(self, node_id: str) -> list[str]:
        """Return everything that was made from a node, nearest first."""
        return _reached(node_id, _beside(self._edges, 0))

    def node(self, node_id: str) -> Node:
        """Return what is known of one node."""
        return self._node(node_id)

    def inputs(self, node_id: str) -> list[str]:
        """Return what a node was made from directly."""
        return self._order(_beside(self._edges, 1).get(node_id, []))

    def graph_rows(self, target: str | Sequence[str] | None = None) -> pd.DataFrame:
        """Return the nodes as a table, one row each.

        Parameters
        ----------
        target : str or sequence of str, optional
            Only these nodes and what they were made from; everything by default.

        Returns
        -------
        pandas.DataFrame
            node_id, kind, name, sha256, version, cycle_id, made_at (UTC), made_by, state.
        """
        import pandas as pd

        kept = self._kept(target)
        nodes = [self._node(name) for name in self._order(sorted(kept))]
        names = [field.name for field in fields(Node)]
        return pd.DataFrame([[getattr(node, name) for name in names] for node in nodes], columns=names)

    def edge_rows(self, target: str | Sequence[str] | None = None) -> pd.DataFrame:
        """Return the edges between the nodes of `graph_rows`: source, target."""
        import pandas as pd

        kept = self._kept(target)
        rows = [edge for edge in self._edges if set(edge) <= kept]
        return pd.DataFrame(rows, columns=["source", "target"])

    def _kept(self, target: str | Sequence[str] | None) -> set[str]:
        if target is None:
            return {*self._nodes, *(end for edge in self._edges for end in edge)}
        named = [target] if isinstance(target, str) else list(target)
        return {*named, *(before for one in named for before in self.ancestors(one))}

    def text(self, lang: str = "en") -> str:
        """Return the tree as indented text.

        A node that was drawn already is named again, with a mark instead of its branch.

        Parameters
        ----------
        lang : str, default="en"
            ``"en"`` or ``"zh_CN"``.
        """
        after = self._after()
        targets = {target for _, target in self._edges}
        roots = [node for node in self._order(self._nodes) if node not in targets]
        drawn: set[str] = set()
        lines: list[str] = []

        def draw(node: str, stem: str, branch: str) -> None:
            again = node in drawn and bool(after[node])
            mark = f" {locale.text('project.lineage.again', lang)}" if again else ""
            lines.append(f"{stem}{branch}{self._label(node, lang)}{mark}")
            if again:
                return
            drawn.add(node)
            inner = stem + ("" if not branch else "   " if branch.startswith("└") else "│  ")
            children = self._order(after[node])
            for child in children:
                draw(child, inner, "└─ " if child == children[-1] else "├─ ")

        for root in roots:
            draw(root, "", "")
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.text("en")

    def __repr__(self) -> str:
        return self.text("en")

    def _node(self, node_id: str) -> Node:
        kind, _, name = node_id.partition(":") if ":" in node_id else node_id.partition("/")
        return self._nodes.get(node_id) or Node(node_id, kind, name)

    def _label(self, node_id: str, lang: str) -> str:
        node = self._node(node_id)
        kind = locale.text(f"project.lineage.{node.kind}", lang)
        return " ".join(part for part in (kind, node.name, short_hash(node.sha256)) if part)

    def _after(self) -> dict[str, list[str]]:
        after: dict[str, list[str]] = defaultdict(list)
        for source, target in self._edges:
            after[source].append(target)
        return after

    def _order(self, nodes: Mapping[str, Node] | Sequence[str]) -> list[str]:
        known = {node: i for i, node in enumerate(self._nodes)}
        return sorted(nodes, key=lambda node: (known.get(node, len(known)), node))


def _beside(edges: Sequence[tuple[str, str]], end: int) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for edge in edges:
        found[edge[end]].append(edge[1 - end])
    return found


def _reached(node_id: str, beside: Mapping[str, Sequence[str]]) -> list[str]:
    seen, waiting = {node_id: None}, [node_id]
    for node in waiting:
        for other in beside.get(node, ()):
            if other not in seen:
                seen[other] = None
                waiting.append(other)
    return waiting[1:]


SIDE_BY_SIDE = ("target_list", "launch_request", "fairness")
"""Kinds of which several stand in a cycle; a newer one replaces none."""


def read_lineage(store: Store) -> Lineage:
    """Return a project's lineage, with what is stale in it."""
    nodes: dict[str, Node] = {}
    for row in store.trail.raw_files():
        node_id = f"raw:{row['sha256']}"
        seen = row["first_seen_at"]
        nodes[node_id] = Node(node_id, "raw", row["name"], row["sha256"], made_at=seen)
    artefacts = store.artefacts.versions()
    for artefact in artefacts:
        cycle = f" · {artefact.cycle_id}" if artefact.cycle_id else ""
        nodes[artefact.artefact_id] = Node(
            artefact.artefact_id,
            artefact.kind,
            artefact.summary.get("list_id") or f"v{artefact.version}{cycle}",
            artefact.sha256,
            artefact.version,
            artefact.cycle_id or "",
            artefact.created_at,
            artefact.created_by,
        )
    lists = store.lists.rows()
    for row in lists:
        node_id = f"results:{row['list_id']}"
        nodes[node_id] = Node(node_id, "results", row["list_id"], cycle_id=row["cycle_id"])
    for record in store.decisions.frame().to_dict("records"):
        node_id = f"recommendation:{record['recommendation_id']}"
        name = f"{record['recommendation_id']} {record['action']} ({record['status']})"
        decided = record["decided_at"]
        nodes[node_id] = Node(
            node_id,
            "recommendation",
            name,
            cycle_id=str(record["cycle_id"]),
            made_at=decided if decided == decided else None,
            made_by=record["decided_by"] or "",
        )
    cycles = store.cycles.rows()
    for row in cycles:
        node_id = f"cycle:{row['cycle_id']}"
        opened = {"made_at": row["opened_at"], "made_by": row["opened_by"]}
        nodes[node_id] = Node(node_id, "cycle", row["cycle_id"], cycle_id=row["cycle_id"], **opened)
    edges = store.trail.edges()
    open_ones = {row["cycle_id"] for row in cycles if row["state"] == "open"}
    replaced = _superseded(artefacts)
    overtaken = _overtaken(store, artefacts, lists, open_ones)
    stale = set(overtaken)
    after = _beside(edges, 0)
    for node_id in (*replaced, *overtaken):
        stale.update(_reached(node_id, after))
    states = {name: "stale" for name in stale if name in nodes and nodes[name].cycle_id in open_ones}
    # What was decided stands as it was decided; a cycle is not made anew by a newer version.
    states = {name: word for name, word in states.items() if nodes[name].kind not in _STANDING}
    states |= dict.fromkeys(replaced, "superseded")
    return Lineage(
        {name: replace(node, state=states.get(name, "current")) for name, node in nodes.items()}, edges
    )


_STANDING = ("raw", "results", "recommendation", "cycle")


def _superseded(artefacts: Sequence[Artefact]) -> list[str]:
    """Return the artefacts in whose place a newer version of the same cycle stands."""
    newest: dict[tuple[str, str | None], int] = {}
    for one in artefacts:
        key = (one.kind, one.cycle_id)
        newest[key] = max(newest.get(key, 0), one.version)
    # Imports belong to no cycle and each brings other tables; portraits know which they need.
    return [
        one.artefact_id
        for one in artefacts
        if one.cycle_id and one.kind not in SIDE_BY_SIDE and one.version < newest[one.kind, one.cycle_id]
    ]


def _overtaken(
    store: Store, artefacts: Sequence[Artefact], lists: Sequence[Mapping[str, Any]], open_ones: set[str]
) -> list[str]:
    """Return the frozen outcomes of open cycles in which results were recorded since."""
    newest = {one.cycle_id: one for one in artefacts if one.kind == "outcomes" and one.cycle_id in open_ones}
    found = []
    for cycle_id, one in newest.items():
        now = store.results.counts([row["list_id"] for row in lists if row["cycle_id"] == cycle_id])
        if any(now[name] != one.summary.get(name) for name in ("contacts", "outcomes")):
            found.append(one.artefact_id)
    return found
