from collections.abc import Callable
from io import BytesIO

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from sota_rag.index.blocks import BlockKind
from sota_rag.ingest.parsed import Parsed


class Paper:
    """A PDF drawn line by line, in points from the page's top left."""

    def __init__(self, size: tuple[float, float] = (612.0, 792.0), *, password: str | None = None) -> None:
        self.file = BytesIO()
        encryption = StandardEncryption(password, canPrint=1) if password else None
        self.canvas = Canvas(self.file, pagesize=size, encrypt=encryption, invariant=True)
        self.height = size[1]

    def line(self, x: float, y: float, text: str, *, size: float = 10, font: str = "Times-Roman") -> float:
        """Returns where the line ends."""
        self.canvas.setFont(font, size)
        self.canvas.drawString(x, self.height - y, text)
        return x + stringWidth(text, font, size)

    def bold(self, x: float, y: float, text: str, *, size: float = 10) -> None:
        self.line(x, y, text, size=size, font="Times-Bold")

    def text(self, x: float, y: float, text: str, *, width: float, size: float = 10, indent: float = 0) -> float:
        """Justified lines of a paragraph, broken where the words end; returns where the next line would stand."""
        words, line = text.split(), ""
        left = x + indent
        lines: list[tuple[float, str]] = []
        for word in words:
            longer = f"{line} {word}".strip()
            if line and stringWidth(longer, "Times-Roman", size) > width - (left - x):
                lines.append((left, line))
                line, left = word, x
            else:
                line = longer
        lines.append((left, line))
        for index, (start, content) in enumerate(lines):
            missing = width - (start - x) - stringWidth(content, "Times-Roman", size)
            last = index == len(lines) - 1
            words_of = content.split(" ")
            gap = 0 if last or len(words_of) < 2 else missing / (len(words_of) - 1)
            drawn = self.canvas.beginText(start, self.height - y)
            drawn.setFont("Times-Roman", size)
            drawn.setWordSpace(gap)
            drawn.textOut(content)
            self.canvas.drawText(drawn)
            y += size * 1.2
        return y

    def rule(self, x0: float, y: float, x1: float) -> None:
        self.canvas.setLineWidth(0.5)
        self.canvas.line(x0, self.height - y, x1, self.height - y)

    def image(self, x: float, y: float, width: float, height: float) -> None:
        from PIL import Image

        picture = ImageReader(Image.new("RGB", (8, 8), "gray"))
        self.canvas.drawImage(picture, x, self.height - y - height, width, height)

    def outline(self, title: str, level: int = 0) -> None:
        key = f"{title}-{level}"
        self.canvas.bookmarkPage(key)
        self.canvas.addOutlineEntry(title, key, level)

    def next_page(self) -> None:
        self.canvas.showPage()

    def data(self) -> bytes:
        self.canvas.save()
        return self.file.getvalue()


@pytest.fixture
def paper() -> type[Paper]:
    return Paper


@pytest.fixture
def texts() -> Callable[[Parsed, BlockKind], list[str]]:
    def of(parsed: Parsed, kind: BlockKind) -> list[str]:
        return [parsed.text[block.start : block.end] for block in parsed.blocks if block.kind is kind]

    return of


WORDS = (
    "the model reads every passage of the collection once and keeps what it needs for the answer while the encoder "
    "maps each of them to a vector whose length is one and the index stores them side by side so that a search takes "
    "a single product of matrices and a partial sort of the scores that it yields for the question at hand"
).split()


@pytest.fixture
def prose() -> Callable[[int, int], str]:
    def of(count: int, seed: int = 0) -> str:
        """Sentences of running text, different for each seed."""
        found = [WORDS[(index * 7 + seed * 5) % len(WORDS)] for index in range(count)]
        sentences = [" ".join(found[start : start + 14]).capitalize() + "." for start in range(0, count, 14)]
        return " ".join(sentences)

    return of
