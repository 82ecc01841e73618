"""Sections: what stands between two headings, with its heading path; small ones join their neighbours."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..index.blocks import Block, BlockKind

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading's own text, without its sub-sections.

    Attributes:
        path: titles from the document's down to this section's.
        headings: indices of the headings that stand directly above the body, outermost first: its own, and
            those above it without a body of their own; each with its depth, its title's place in the path.
        body: indices of the blocks below them.
    """

    path: Path
    headings: tuple[tuple[int, int], ...]
    body: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Sections that are packed together: block indices in order, headings between them included."""

    path: Path
    blocks: tuple[int, ...]


def outline(title: str, blocks: Sequence[Block]) -> list[Section]:
    """Sections in order; a heading that only announces sub-sections has none, an empty innermost one has."""
    sections: list[Section] = []
    stack: list[tuple[int, str]] = []
    pending: list[tuple[int, int]] = []
    body: list[int] = []

    def path() -> Path:
        titles = [title] if title else []
        for _, name in stack:
            # The first heading repeats the document's title as a rule, and some repeat their parent's.
            if name and not (titles and _same(titles[-1], name)):
                titles.append(name)
        return tuple(titles)

    def close(next_level: int) -> None:
        announces = bool(stack) and not body and next_level > stack[-1][0]
        if announces or not (body or pending):
            return
        sections.append(Section(path(), tuple(pending), tuple(body)))
        pending.clear()
        body.clear()

    for index, block in enumerate(blocks):
        if block.kind is BlockKind.HEADING:
            close(block.level)
            while stack and stack[-1][0] >= block.level:
                stack.pop()
            stack.append((block.level, block.title))
            # A heading without words is told by no path.
            pending.append((index, len(path()) - bool(block.title)))
        elif block.kind is not BlockKind.METADATA:
            body.append(index)
    close(0)
    return sections


def group(sections: Sequence[Section], size: Callable[[Sequence[int]], int], minimum: int, target: int) -> list[Group]:
    """Sections in groups: one below `minimum` takes in its siblings and children that follow, up to `target`.

    What is still below it then joins the group before, on the same conditions. `size` is the effective size of
    the span over the given blocks.
    """

    def together(members: Sequence[Section]) -> int:
        related = all(_related(members[0], member) for member in members[1:])
        return size(_joined(members).blocks) if related else target + 1

    forward: list[tuple[list[Section], int]] = []
    open_ = False  # whether the last group began below the minimum, and so may take in what follows
    for section in sections:
        own = size(_joined([section]).blocks)
        if open_ and min(own, forward[-1][1]) < minimum:
            total = together([*forward[-1][0], section])
            if total <= target:
                forward[-1] = ([*forward[-1][0], section], total)
                continue
        forward.append(([section], own))
        open_ = own < minimum
    groups: list[tuple[list[Section], int]] = []
    for members, own in forward:
        if groups and own < minimum:
            total = together([*groups[-1][0], *members])
            if total <= target:
                groups[-1] = ([*groups[-1][0], *members], total)
                continue
        groups.append((members, own))
    return [_joined(members) for members, _ in groups]


def _joined(sections: Sequence[Section]) -> Group:
    path = sections[0].path
    for section in sections[1:]:
        path = _common(path, section.path)
    first = sections[0]
    # Titles that the path does not tell are told by their headings, inside the text.
    untold = tuple(index for index, depth in first.headings if depth >= len(path))
    if not first.body and not untold:
        untold = tuple(index for index, _ in first.headings[-1:])
        path = path[:-1] if len(sections) == 1 else path
    blocks = untold + first.body
    for section in sections[1:]:
        blocks += tuple(index for index, _ in section.headings) + section.body
    return Group(path, blocks)


def _related(first: Section, section: Section) -> bool:
    """Whether the section is a sibling or a descendant of the first one, or a sibling's descendant."""
    parent = first.path[:-1]
    return section.path[: len(parent)] == parent


def _common(left: Path, right: Path) -> Path:
    length = 0
    while length < min(len(left), len(right)) and left[length] == right[length]:
        length += 1
    return left[:length]


def _same(left: str, right: str) -> bool:
    return left.casefold().split() == right.casefold().split()
