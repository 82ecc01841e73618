"""Chains of succession: from what was put away, edge by edge, to what is current."""

from collections.abc import Iterable, Mapping, Sequence

MOST_ENDS = 8
"""Current successors that are kept of any one practice: more than a reader would look at."""

Edges = Mapping[str, Sequence[str]]


def follow(edges: Edges, order: Iterable[str]) -> tuple[dict[str, tuple[str, ...]], list[tuple[str, str]]]:
    """The current successors of everything that was superseded, and the edges that closed a cycle.

    A depth-first search in the given order; an edge back to a node that is still being followed would close a cycle
    and is dropped. Visits every edge once and keeps no call stack, so a chain may be of any length.

    Args:
        edges: from a superseded node to its successors, in order.
        order: where to begin; the oldest first, so that of a cycle the step back in time is dropped.

    Returns:
        By node, the nodes at the ends of its chains, at most `MOST_ENDS`, itself where nothing follows; and the
        dropped edges in the order in which they were met.
    """
    ends: dict[str, tuple[str, ...]] = {}
    dropped: list[tuple[str, str]] = []
    for root in order:
        if root in ends:
            continue
        followed = {root}
        stack: list[tuple[str, list[str], dict[str, None]]] = [(root, list(reversed(edges.get(root, ()))), {})]
        while stack:
            node, waiting, found = stack[-1]
            if not waiting:
                stack.pop()
                followed.discard(node)
                ends[node] = tuple(found)[:MOST_ENDS] or (node,)
                if stack:
                    stack[-1][2].update(dict.fromkeys(ends[node]))
                continue
            target = waiting.pop()
            if target in followed:
                dropped.append((node, target))
            elif target in ends:
                found.update(dict.fromkeys(ends[target]))
            else:
                followed.add(target)
                stack.append((target, list(reversed(edges.get(target, ()))), {}))
    return ends, dropped
