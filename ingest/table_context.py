"""What a table's later rows need to be understood by themselves: its caption and its header row."""

from collections.abc import Sequence

from ..index.blocks import Block, BlockKind
from .heading_path import cut_words
from .pack import effective_size
from .split import Count

_LEAST_TOKENS = 16
_MAX_CHARACTERS = 400


def table_contexts(text: str, blocks: Sequence[Block], count: Count, limit: int) -> dict[int, tuple[str, int]]:
    """By position of a table among the blocks: its caption and header row on one line, and the line's effective size.

    The caption is the caption block next to the table; half of the room is the header row's.

    Args:
        text: canonical text.
        blocks: of the document, in order.
        count: word pieces of each string.
        limit: the most that a line may take, in word pieces; below 16 there are none.
    """
    places = [place for place, block in enumerate(blocks) if block.kind is BlockKind.TABLE]
    if not places or limit < _LEAST_TOKENS:
        return {}
    parts = [(_caption(text, blocks, place), _header(text, blocks[place])) for place in places]
    sizes = iter(count([part for pair in parts for part in pair]))
    contexts: dict[int, tuple[str, int]] = {}
    for place, (caption, header) in zip(places, parts, strict=True):
        caption_size, header_size = (effective_size(next(sizes), len(part)) for part in (caption, header))
        room = max(limit // 2, limit - caption_size)
        header, header_size = cut_words(header, header_size, room, count)
        caption, caption_size = cut_words(caption, caption_size, max(8, limit - header_size), count)
        line = " ".join(part for part in (caption, header) if part)
        if line:
            contexts[place] = line, caption_size + header_size + 2
    return contexts


def _caption(text: str, blocks: Sequence[Block], place: int) -> str:
    """The caption next to a table on one line, the one that says so first; empty where there is none."""
    beside = [blocks[other] for other in (place - 1, place + 1) if 0 <= other < len(blocks)]
    captions = [_line(text, block) for block in beside if block.kind is BlockKind.CAPTION]
    return min(captions, key=lambda caption: not caption.lower().startswith("tab"), default="")


def _header(text: str, table: Block) -> str:
    end = text.find("\n", table.start, table.end)
    return text[table.start : end].strip()[:_MAX_CHARACTERS] if end >= 0 else ""


def _line(text: str, block: Block) -> str:
    return " ".join(text[block.start : min(block.end, block.start + _MAX_CHARACTERS)].split())
