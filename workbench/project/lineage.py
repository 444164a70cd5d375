"""From a raw file's hash to an accepted recommendation and the next cycle, readable."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench import locale

if TYPE_CHECKING:
    import pandas as pd

    from workbench.store import Store

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
    """

    node_id: str
    kind: str
    name: str
    sha256: str = ""


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


def read_lineage(store: Store) -> Lineage:
    """Return a project's lineage."""
    nodes: dict[str, Node] = {}
    for row in store.trail.raw_files():
        node_id = f"raw:{row['sha256']}"
        nodes[node_id] = Node(node_id, "raw", row["name"], row["sha256"])
    for artefact in store.artefacts.versions():
        cycle = f" · {artefact.cycle_id}" if artefact.cycle_id else ""
        name = artefact.summary.get("list_id") or f"v{artefact.version}{cycle}"
        nodes[artefact.artefact_id] = Node(artefact.artefact_id, artefact.kind, name, artefact.sha256)
    for row in store.lists.rows():
        node_id = f"results:{row['list_id']}"
        nodes[node_id] = Node(node_id, "results", row["list_id"])
    for record in store.decisions.frame().to_dict("records"):
        node_id = f"recommendation:{record['recommendation_id']}"
        name = f"{record['recommendation_id']} {record['action']} ({record['status']})"
        nodes[node_id] = Node(node_id, "recommendation", name)
    for row in store.cycles.rows():
        node_id = f"cycle:{row['cycle_id']}"
        nodes[node_id] = Node(node_id, "cycle", row["cycle_id"])
    return Lineage(nodes, store.trail.edges())
