"""What control words do, as far as it can be read."""

from functools import partial

from ....index.blocks import BlockKind
from .bibliography import BIBLIOGRAPHY
from .environments import ENVIRONMENTS, begin
from .flow import AUTHOR_BREAK, LINE_BREAK, Draft
from .lexer import PARAGRAPH, Literal
from .numbering import SECTIONS, reference
from .reader import Command, ItemList, Reader
from .silent import OPTIONS_ONLY, SILENT


def _line(text: str) -> str:
    return text.replace(LINE_BREAK, " ")


def _section(reader: Reader, *, name: str) -> None:
    tokens = reader.tokens
    starred = tokens.star()
    tokens.option()
    number = "" if starred else reader.numbers.step(name)
    if starred:
        reader.numbers.unnumbered()
    reader.flow.end_paragraph()
    reader.argument(lambda text: reader.heading(_line(text), SECTIONS.index(name), number))


def _abstract(reader: Reader) -> None:
    reader.paper = True
    if reader.tokens.peek() == "{":
        reader.flow.end_paragraph()
        reader.heading("Abstract", SECTIONS.index("section"))


def _appendix(reader: Reader) -> None:
    reader.numbers.begin_appendix()


def _title(reader: Reader) -> None:
    reader.tokens.option()

    def use(text: str) -> None:
        reader.titling -= 1
        reader.front.title = reader.front.title or _line(text)

    reader.titling += 1
    reader.argument(use)


def _author(reader: Reader) -> None:
    reader.tokens.option()

    def use(text: str) -> None:
        reader.titling -= 1
        reader.front.authors.append(text)

    reader.titling += 1
    reader.argument(use)


def _date(reader: Reader) -> None:
    def use(text: str) -> None:
        reader.front.date = _line(text)

    reader.argument(use)


def _nothing(_: str) -> None:
    """What was read is not kept."""


def _thanks(reader: Reader) -> None:
    reader.tokens.option()
    reader.argument(_nothing)


def _footnote(reader: Reader) -> None:
    reader.tokens.option()
    if reader.titling:
        reader.argument(_nothing)
        return
    reader.footnotes += 1
    mark = f"[^{reader.footnotes}]"
    reader.flow.write(mark)

    def use(text: str) -> None:
        if text:
            reader.flow.aside.append(Draft(BlockKind.FOOTNOTE, f"{mark}: {text.replace(LINE_BREAK, ' ')}"))

    reader.argument(use)


def _caption(reader: Reader, *, kind: str | None = None) -> None:
    tokens = reader.tokens
    starred = tokens.star()
    if kind == "of":
        kind = tokens.word()
        starred = tokens.star() or starred
    tokens.option()
    kind = kind if kind is not None else reader.floats[-1] if reader.floats else ""
    number = reader.numbers.step(kind) if kind and not starred else ""
    name = f"{kind.capitalize()} {number}".strip() if kind and not starred else ""

    def use(text: str) -> None:
        said = f"{name}: {_line(text)}" if name and text else _line(text)
        if reader.flow.inline:
            # Within a table, as `longtable` has it: cells are being captured.
            reader.flow.aside.append(Draft(BlockKind.CAPTION, said))
        else:
            reader.flow.block(BlockKind.CAPTION, said)

    reader.argument(use)


def _cite(reader: Reader) -> None:
    tokens = reader.tokens
    tokens.star()
    options = [text for _ in range(2) if (text := "".join(tokens.option() or []).strip())]
    keys = ", ".join(key.strip() for key in tokens.word().split(",") if key.strip())
    before = options[0].replace("~", " ") + " " if len(options) == 2 else ""
    after = ", " + options[-1].replace("~", " ") if options else ""
    if keys:
        reader.flow.write(f"[{before}{keys}{after}]")


def _reference(reader: Reader, *, style: str) -> None:
    reader.tokens.star()
    if keys := reader.tokens.word():
        reader.flow.write(reference(style, keys))


def _label(reader: Reader) -> None:
    reader.numbers.label(reader.tokens.word())


def _link(reader: Reader) -> None:
    """A link is told by its words."""
    reader.tokens.option()
    reader.tokens.argument()


def _address(reader: Reader) -> None:
    reader.flow.write(reader.tokens.word())


def _paragraph(reader: Reader) -> None:
    reader.flow.end_paragraph()


def _line_end(reader: Reader) -> None:
    reader.tokens.star()
    if reader.tokens.peek() == "[":
        length = reader.tokens.option() or []
        if not any(token[0].isdigit() or token[0] in "-.\\" for token in length):
            reader.tokens.push(["[", *length, "]"])
    if not reader.end_row():
        reader.flow.write(LINE_BREAK)


def _item(reader: Reader) -> None:
    flow, tokens = reader.flow, reader.tokens
    marker = tokens.option()
    if flow.inline:
        flow.write(" • ")
        return
    flow.end_paragraph()
    list_ = reader.lists[-1] if reader.lists else ItemList("")
    list_.items += 1
    numbered = list_.name.startswith("enumerate")
    flow.prefix = f"{list_.items}. " if numbered else "- "
    if marker:
        term = "".join(marker).strip()
        colon = ":" if list_.name.startswith("description") and not term.endswith((":", ".", ")", "?")) else ""
        flow.prefix = "" if numbered else "- "
        tokens.push(["{", *marker, "}", Literal(f"{colon} ")])


def _and(reader: Reader) -> None:
    reader.flow.write(AUTHOR_BREAK if reader.titling else " ")


def _multicolumn(reader: Reader) -> None:
    columns = reader.tokens.word()
    reader.tokens.argument()
    if columns.isdecimal() and len(columns) < 4 and reader.frames and (table := reader.frames[-1].table):
        table.span = int(columns)


def _rule(reader: Reader) -> None:
    r"""`\cmidrule(lr){2-3}`."""
    tokens = reader.tokens
    tokens.option()
    while (token := tokens.take()) not in ("{", "\n", PARAGRAPH, None):
        pass
    tokens.push(["{"] if token == "{" else [])
    tokens.argument()


def _multirow(reader: Reader) -> None:
    tokens = reader.tokens
    tokens.option()
    tokens.argument()
    tokens.option()
    tokens.argument()
    tokens.option()


def _ensured(reader: Reader) -> None:
    reader.tokens.push(["$", *reader.tokens.argument(), "$"])


def _theorem(reader: Reader) -> None:
    tokens = reader.tokens
    tokens.star()
    name = tokens.word()
    tokens.option()
    shown = tokens.word()
    tokens.option()
    if name and shown and "\\" not in shown:
        reader.theorems[name] = shown


def _within(reader: Reader) -> None:
    reader.tokens.star()
    counter = reader.tokens.word()
    reader.numbers.within[counter] = reader.tokens.word()


def _counter(reader: Reader) -> None:
    reader.numbers.unknown.add(reader.tokens.word())
    reader.tokens.argument()


def _missing(reader: Reader) -> None:
    r"""An `\input` that nobody has replaced by the file's content."""
    if name := reader.tokens.word():
        reader.warn(f"the content of {name!r}, which it takes in, is missing here")


def _package_warning(reader: Reader) -> None:
    package, said = reader.tokens.word(), reader.tokens.word()
    if package == "sota-rag":
        reader.warn(said)


def _end(reader: Reader) -> None:
    name = reader.tokens.word()
    if name == "document":
        reader.ended = True
    elif name in reader.tokens.environments and name not in ENVIRONMENTS:
        reader.tokens.push(reader.tokens.environments[name].end)
    else:
        reader.close(name)


def _dropped(reader: Reader, *, arguments: int) -> None:
    tokens = reader.tokens
    tokens.star()
    for _ in range(arguments):
        while tokens.option() is not None:
            pass
        tokens.argument()
    tokens.option()


def _options(reader: Reader) -> None:
    """A command whose options say nothing, while its argument is text."""
    reader.tokens.star()
    while reader.tokens.option() is not None:
        pass


def _sized(reader: Reader) -> None:
    reader.tokens.star()
    reader.tokens.argument()
    reader.tokens.argument()


COMMANDS: dict[str, Command] = {
    **{name: partial(_dropped, arguments=arguments) for name, arguments in SILENT.items()},
    **dict.fromkeys(OPTIONS_ONLY, _options),
    **{f"\\{name}": partial(_section, name=name) for name in SECTIONS},
    "\\begin": begin,
    "\\end": _end,
    "\\abstract": _abstract,
    "\\appendix": _appendix,
    **dict.fromkeys(("\\title", "\\icmltitle"), _title),
    **dict.fromkeys(("\\author", "\\icmlauthor"), _author),
    "\\date": _date,
    **dict.fromkeys(("\\and", "\\And", "\\AND"), _and),
    **dict.fromkeys(("\\thanks", "\\tnoteref"), _thanks),
    **dict.fromkeys(("\\footnote", "\\footnotetext"), _footnote),
    **dict.fromkeys(("\\caption", "\\tablecaption"), _caption),
    "\\captionof": partial(_caption, kind="of"),
    **dict.fromkeys(("\\subcaption", "\\subcaptionbox"), partial(_caption, kind="")),
    **dict.fromkeys((f"\\{name}" for name in (
        "cite citep citet citealp citealt citeauthor citeyear citeyearpar parencite textcite autocite footcite "
        "shortcite Citet Citep citenum cites fullcite smartcite supercite newcite citetext possessivecite").split()),
        _cite),
    **dict.fromkeys(("\\ref", "\\pageref", "\\subref", "\\labelcref"), partial(_reference, style="")),
    "\\eqref": partial(_reference, style="eq"),
    **dict.fromkeys(("\\autoref", "\\cref", "\\Cref", "\\nameref", "\\vref"), partial(_reference, style="named")),
    "\\label": _label,
    **dict.fromkeys(("\\href", "\\hyperlink", "\\hypertarget", "\\textcolor", "\\colorbox", "\\parbox", "\\scalebox",
                     "\\raisebox", "\\rotatebox", "\\adjustbox", "\\foreignlanguage"), _link),
    "\\resizebox": _sized,
    **dict.fromkeys(("\\url", "\\path", "\\nolinkurl"), _address),
    **dict.fromkeys(("\\par", "\\bigbreak", "\\newparagraph"), _paragraph),
    **dict.fromkeys(("\\\\", "\\newline", "\\tabularnewline", "\\cr"), _line_end),
    "\\item": _item,
    **BIBLIOGRAPHY,
    "\\multicolumn": _multicolumn,
    "\\multirow": _multirow,
    "\\cmidrule": _rule,
    "\\ensuremath": _ensured,
    "\\(": lambda reader: reader.mathematics("\\("),
    "\\[": lambda reader: reader.mathematics("\\["),
    "\\newtheorem": _theorem,
    **dict.fromkeys(("\\numberwithin", "\\counterwithin"), _within),
    **dict.fromkeys(("\\setcounter", "\\addtocounter"), _counter),
    **dict.fromkeys(("\\input", "\\include", "\\subfile"), _missing),
    "\\PackageWarning": _package_warning,
}  # fmt: skip
