"""Tables: cells as they come in, and the rows written with pipes."""

from dataclasses import dataclass, field

from .flow import LINE_BREAK

SPECIFICATIONS = {
    "tabular": 1, "tabular*": 2, "tabularx": 2, "tabulary": 2, "longtable": 1, "tabu": 1, "longtabu": 1,
    "supertabular": 1, "xltabular": 2, "NiceTabular": 1, "tblr": 1, "longtblr": 1, "deluxetable": 1, "tabbing": 0,
}  # fmt: skip
"""Environments that are tables, with the number of their arguments, which say nothing to a reader."""

_MAX_SPAN = 50


@dataclass(slots=True)
class Table:
    """A table being read; rows hold the text of their cells."""

    rows: list[list[str]] = field(default_factory=list)
    row: list[str] = field(default_factory=list)
    span: int = 1

    def end_cell(self, text: str) -> None:
        """A cell is complete; one that spans columns is followed by empty ones."""
        self.row.append(" ".join(text.replace(LINE_BREAK, " ").split()))
        self.row += [""] * (min(self.span, _MAX_SPAN) - 1)
        self.span = 1

    def end_row(self) -> None:
        """A row is complete; one without a word is only there for looks."""
        if any(self.row):
            self.rows.append(self.row)
        self.row = []

    @property
    def columns(self) -> int:
        """Width of the widest row."""
        return max(map(len, self.rows), default=0)

    def written(self) -> str:
        """Rows between pipes, the first one underlined; a single column as lines."""
        if self.columns < 2:
            return "\n".join(row[0] for row in self.rows)
        lines = [_line(row) for row in self.rows]
        return "\n".join([lines[0], "|" + "---|" * self.columns, *lines[1:]])

    def in_line(self) -> str:
        """All cells in a row, for a table within a cell."""
        return " ".join(cell for row in self.rows for cell in row if cell)


def _line(row: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
