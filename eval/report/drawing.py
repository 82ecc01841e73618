"""Drawing in the page's own colours: matplotlib's SVG with every colour and font left to the style sheet."""

import hashlib
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...index.errors import OptionalDependencyError

if TYPE_CHECKING:
    from markupsafe import Markup
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Colours that no one would choose: each stands for a variable of the style sheet, so that a plot follows the reader's
# light or dark mode and prints in the light one.
INK, DIM, LINE, GROUND = "#0a0001", "#0a0002", "#0a0003", "#0a0004"
SERIES = tuple(f"#0b000{number}" for number in range(6))
_VARIABLES = {INK: "ink", DIM: "dim", LINE: "line", GROUND: "ground"} | {
    colour: f"s{number}" for number, colour in enumerate(SERIES)
}

MARKERS = ("o", "s", "^", "D", "v", "P")
GLYPHS = ("●", "■", "▲", "◆", "▼", "✚")
"""The markers as characters, for legends; colour alone never tells two series apart."""

WIDTH_PT = 258.0  # 344 CSS pixels: one plot fills a telephone, three stand side by side on a desk
_FONT_PT = 9.0
_DEFINED = re.compile(r'\bid="([^"]+)"')

_STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "axes.unicode_minus": True,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": _FONT_PT,
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.labelcolor": DIM,
    "axes.labelsize": _FONT_PT,
    "axes.linewidth": 0.8,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": False,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": DIM,
    "ytick.labelcolor": INK,
    "xtick.labelsize": _FONT_PT,
    "ytick.labelsize": _FONT_PT,
    "xtick.major.size": 2.5,
    "ytick.major.size": 0.0,
    "xtick.major.width": 0.8,
    "lines.linewidth": 1.4,
    "lines.markersize": 4.6,
}


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot for the page.

    Attributes:
        title: stands above it.
        svg: an SVG element; what it shows in words is its label.
    """

    title: str
    svg: "Markup"


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """A series in a legend: its marker as a character, its colour as a number, its name."""

    glyph: str
    colour: int
    name: str


def legend(names: Sequence[str]) -> list[LegendEntry]:
    """The series in their order; none for a single one, whose name stands elsewhere."""
    if len(names) < 2:
        return []
    return [LegendEntry(GLYPHS[number], number, name) for number, name in enumerate(names[: len(SERIES)])]


def plot(
    title: str,
    says: str,
    draw: Callable[["Figure"], None],
    *,
    height_pt: float,
    width_pt: float = WIDTH_PT,
) -> Plot:
    """Draw on a figure and take it as inline SVG.

    Args:
        title: of the plot.
        says: what the plot shows, in words, for those who do not see it.
        draw: draws on the empty figure it is given.
        height_pt: in points; a CSS pixel is 0.75 of one.
        width_pt: in points.

    Raises:
        OptionalDependencyError: matplotlib is not installed.
    """
    try:
        from matplotlib import rc_context
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure
    except ImportError as error:
        raise OptionalDependencyError("matplotlib", "eval") from error
    import io

    salt = hashlib.sha256(f"{title}\0{says}".encode()).hexdigest()[:12]
    style: Any = {**_STYLE, "svg.hashsalt": salt}
    with rc_context(style), warnings.catch_warnings():
        # Only the browser draws letters; that matplotlib's own font lacks some is of no account.
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from", category=UserWarning)
        figure = Figure(figsize=(width_pt / 72.0, height_pt / 72.0), layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure)
        written = io.StringIO()
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    return Plot(title, _inline(written.getvalue(), says, salt, width_pt))


def _inline(svg: str, says: str, salt: str, width_pt: float) -> "Markup":
    """The SVG element alone, with variables for colours and names that no other plot of the page has."""
    from markupsafe import Markup, escape

    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<defs>\s*<style.*?</style>\s*</defs>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    for name in set(_DEFINED.findall(svg)):
        for before, after in ((f'id="{name}"', f'id="{salt}-{name}"'), (f"#{name}", f"#{salt}-{name}")):
            svg = re.sub(re.escape(before) + r'(?=[")\s>]|$)', after, svg)
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(colour, f"var(--{variable})")
    svg = re.sub(r"font: ([\d.]+px) [^;\"]*", r"font: \1 var(--sans)", svg)
    view = re.search(r'viewBox="[^"]+"', svg)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'{view.group() if view else ""} role="img" aria-label="{escape(says)}" '
        f'style="max-width: {width_pt / 0.75:.0f}px">'
    )
    return Markup(head + svg[svg.index(">") + 1 :].strip())


def quiet_axes(axes: "Axes") -> None:
    """Horizontal rows: a light grid for the values, no other lines than the one below."""
    axes.grid(axis="x")
    axes.spines["left"].set_visible(False)
