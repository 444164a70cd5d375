"""Records that belong together, put together one edge at a time, none against a contradiction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Edge:
    """A reason to take two records for one customer.

    Parameters
    ----------
    one, other : str
        The records.
    how : str
        ``id_number``, ``number``, ``phone_birth``, ``decision`` or ``probability``.
    """

    one: str
    other: str
    how: str


@dataclass
class Grouping:
    """Who is with whom after all edges.

    Parameters
    ----------
    root : dict of str to str
        Record → one record of its group.
    members : dict of str to list of str
        Root → the group.
    how : dict of str to set of str
        Root → by what the group was put together.
    refused : list of (Edge, str)
        Edges not taken, and why.
    """

    root: dict[str, str] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)
    how: dict[str, set[str]] = field(default_factory=dict)
    refused: list[tuple[Edge, str]] = field(default_factory=list)


def group(
    records: Iterable[str], edges: Iterable[Edge], against: Callable[[str, str, Edge], str]
) -> Grouping:
    """Put records together, the strongest edge first.

    Parameters
    ----------
    records : iterable of str
        All records.
    edges : iterable of Edge
        In the order to take them.
    against : callable
        Gets two records that an edge would bring together, and the edge; returns why
        they can't be one customer, or nothing.

    Returns
    -------
    Grouping
        The connected components of the edges that were taken.

    Examples
    --------
    >>> edges = [Edge("a", "b", "number"), Edge("b", "c", "number")]
    >>> never = lambda one, other, edge: "name" if {one, other} == {"a", "c"} else ""
    >>> found = group("abc", edges, never)
    >>> [sorted(members) for members in found.members.values()], found.refused[0][1]
    ([['a', 'b'], ['c']], 'chain')
    """
    made = Grouping()
    for record in records:
        made.root[record] = record
        made.members[record] = [record]
    for edge in edges:
        one, other = made.root[edge.one], made.root[edge.other]
        if one == other:
            made.how[one].add(edge.how)
            continue
        reason = against(edge.one, edge.other, edge)
        if not reason and len(made.members[one]) + len(made.members[other]) > 2:
            pairs = ((a, b) for a in made.members[one] for b in made.members[other])
            reason = "chain" if any(against(a, b, edge) for a, b in pairs) else ""
        if reason:
            made.refused.append((edge, reason))
            continue
        if len(made.members[one]) < len(made.members[other]):
            one, other = other, one
        for record in made.members[other]:
            made.root[record] = one
        made.members[one] += made.members.pop(other)
        made.how[one] = made.how.get(one, set()) | made.how.pop(other, set()) | {edge.how}
    return made
