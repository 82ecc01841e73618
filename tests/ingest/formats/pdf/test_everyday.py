"""What people have lying around: reports, memos, slides, manuals, newsletters, chapters, data sheets."""

from collections.abc import Callable, Sequence
from io import BytesIO

import pytest
from reportlab.lib import colors
from reportlab.lib.pagesizes import letter
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    FrameBreak,
    ListFlowable,
    ListItem,
    PageBreak,
    PageTemplate,
    Paragraph,
    Preformatted,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)
from sota_rag.index.blocks import BlockKind
from sota_rag.ingest.formats.pdf import parse_pdf
from sota_rag.ingest.parsed import Parsed

STYLES = getSampleStyleSheet()
BODY = STYLES["BodyText"]
CENTRED = ParagraphStyle("centred", parent=BODY, alignment=1)


def set_in(style: str, text: str) -> Paragraph:
    return Paragraph(text, STYLES[style])


def body(text: str) -> Paragraph:
    return Paragraph(text, BODY)


def built(content: Sequence[Flowable], head: Callable[[Canvas, int], None] | None = None) -> Parsed:
    file = BytesIO()

    def draw(canvas: Canvas, document: SimpleDocTemplate) -> None:
        if head:
            head(canvas, document.page)

    SimpleDocTemplate(file, pagesize=letter, invariant=1).build(list(content), onFirstPage=draw, onLaterPages=draw)
    return parse_pdf(file.getvalue())


def headings(parsed: Parsed) -> list[tuple[int, str]]:
    return [(block.level, block.title) for block in parsed.blocks if block.level]


def put_away(parsed: Parsed) -> list[str]:
    return [
        parsed.text[block.start : block.end]
        for block in parsed.blocks
        if block.kind in {BlockKind.METADATA, BlockKind.FIGURE}
    ]


def test_a_report_without_authors_has_no_front(prose, texts):
    rows = [["Model", "BLEU", "Memory"], ["dense", "28.1", "16 GB"], ["sparse", "27.3", "4 GB"], ["both", "", "20 GB"]]
    caption = "Table 1: The sparse model needs a quarter of the memory of the dense model."
    content: list[Flowable] = [
        set_in("Title", "A Study of Sparse Attention"),
        set_in("Heading1", "1 Introduction"),
        body(prose(60, 1)),
    ]
    content += [set_in("Heading1", "2 Results"), body(prose(30, 2)), Table(rows), body(caption), body(prose(90, 3))]
    parsed = built(content)
    assert headings(parsed) == [(1, "A Study of Sparse Attention"), (2, "1 Introduction"), (2, "2 Results")]
    assert put_away(parsed) == []
    assert texts(parsed, BlockKind.PARAGRAPH) == [prose(60, 1), prose(30, 2), prose(90, 3)]
    assert texts(parsed, BlockKind.TABLE)[0].endswith("both | 20 GB")
    assert parsed.meta.authors == ()


def test_a_report_with_authors_and_a_date_tells_them(prose):
    content: list[Flowable] = [
        set_in("Title", "Quarterly Safety Report"),
        Paragraph("Ada Lovelace, Alan Turing", CENTRED),
    ]
    content += [Paragraph("12 March 2024", CENTRED), set_in("Heading1", "State of the Plant"), body(prose(80, 1))]
    content += [set_in("Heading2", "North"), body(prose(60, 2)), set_in("Heading1", "Outlook"), body(prose(160, 3))]
    parsed = built(content)
    assert parsed.meta.authors == ("Ada Lovelace", "Alan Turing")
    assert parsed.meta.published == "2024-03"
    assert put_away(parsed) == ["Ada Lovelace, Alan Turing", "12 March 2024"]
    assert headings(parsed)[1:] == [(2, "State of the Plant"), (3, "North"), (2, "Outlook")]


@pytest.mark.parametrize("line", ["Water Works Ltd.", "Version 2.1 of the third draft", "Springfield"])
def test_what_tells_of_no_author_is_text(prose, texts, line):
    parsed = built([set_in("Title", "Terms of Delivery"), body(line), body(prose(120, 1)), body(prose(90, 2))])
    assert put_away(parsed) == []
    assert texts(parsed, BlockKind.PARAGRAPH)[0] == line
    assert parsed.meta.authors == ()


def test_a_memo_without_a_title_is_text(prose, texts):
    parsed = built([body("To: All staff"), body("Date: 3 May 2023"), *(body(prose(90, seed)) for seed in range(12))])
    assert parsed.meta.title is None
    assert {block.kind for block in parsed.blocks} == {BlockKind.PARAGRAPH}
    assert texts(parsed, BlockKind.PARAGRAPH)[2:] == [prose(90, seed) for seed in range(12)]


def test_short_paragraphs_stay_apart(texts):
    lines = ["This release mends what broke in the last one.", "It also brings a faster index.", "Fixed", "Added"]
    parsed = built([set_in("Title", "Release Notes"), *map(body, lines)])
    assert texts(parsed, BlockKind.PARAGRAPH) == lines


def test_slides_have_titles_and_items():
    file = BytesIO()
    canvas = Canvas(file, pagesize=(720, 405), invariant=1)
    canvas.setFont("Helvetica-Bold", 40)
    canvas.drawCentredString(360, 230, "Retrieval in Practice")
    canvas.showPage()
    for title, items in (
        ("Why retrieval?", "facts prices rules"),
        ("What it costs", "memory time"),
        ("Next", "ask us"),
    ):
        canvas.setFont("Helvetica-Bold", 30)
        canvas.drawString(40, 340, title)
        for index, item in enumerate(items.split()):
            canvas.setFont("Helvetica", 20 if index < 2 else 16)
            canvas.drawString(60 + 30 * (index // 2), 280 - 34 * index, f"{'•' if index < 2 else '–'} {item} of today")
        canvas.showPage()
    canvas.save()
    parsed = parse_pdf(file.getvalue())
    assert headings(parsed) == [
        (1, "Retrieval in Practice"),
        (2, "Why retrieval?"),
        (2, "What it costs"),
        (2, "Next"),
    ]
    assert {block.kind for block in parsed.blocks} == {BlockKind.HEADING, BlockKind.LIST}


def test_a_manual_keeps_all_but_its_table_of_contents(prose, texts):
    code = ParagraphStyle("code", fontName="Courier", fontSize=8.5, leading=10.5, leftIndent=12)
    chapters = ("Installation", "Configuration", "Operation")
    content: list[Flowable] = [set_in("Title", "Pump Manual"), set_in("Heading1", "Contents")]
    content += [body(f"{number} {title} {'. ' * 50} {number + 1}") for number, title in enumerate(chapters, start=1)]
    for number, title in enumerate(chapters, start=1):
        content += [PageBreak(), set_in("Heading1", f"{number} {title}"), body(prose(60, number))]
        content += [Preformatted("pip install pump\npump init --here\npump run", code)]
        content += [set_in("Heading2", f"{number}.1 Afterwards"), body(f"<b>Note:</b> {prose(40, number)}")]
    parsed = built(content)
    assert headings(parsed)[:4] == [
        (1, "Pump Manual"),
        (2, "Contents"),
        (2, "1 Installation"),
        (3, "1.1 Afterwards"),
    ]
    (contents,) = put_away(parsed)
    assert contents.startswith("1 Installation . .") and contents.count("\n") == 2
    assert texts(parsed, BlockKind.CODE) == ["pip install pump\npump init --here\npump run"] * 3


def test_a_list_of_contents_that_leads_to_no_page_is_text(prose, texts):
    items = ListFlowable([body("one pump of steel"), body("two valves of brass")], bulletType="bullet")
    parsed = built([set_in("Title", "The Box"), set_in("Heading1", "Contents"), items, body(prose(90, 1))])
    assert put_away(parsed) == []
    assert len(texts(parsed, BlockKind.LIST)) == 2


def test_a_newsletter_in_two_columns_is_text(prose, texts):
    file = BytesIO()
    document = BaseDocTemplate(file, pagesize=letter, invariant=1)
    frames = [Frame(50, 660, 512, 80), Frame(50, 50, 246, 600), Frame(316, 50, 246, 600)]
    document.addPageTemplates([PageTemplate("page", frames)])
    content: list[Flowable] = [set_in("Title", "The Plant Courier"), Paragraph("Issue 12", CENTRED), FrameBreak()]
    titles = ("New valves arrive", "Who won the race", "Canteen news", "Letters")
    for seed, title in enumerate(titles):
        content += [set_in("Heading2", title), body(prose(120, seed))]
    document.build(content)
    parsed = parse_pdf(file.getvalue())
    assert put_away(parsed) == []
    assert headings(parsed)[1:] == [(2, title) for title in titles]
    assert texts(parsed, BlockKind.PARAGRAPH)[1:] == [prose(120, seed) for seed in range(4)]


def test_running_heads_alternate_and_change(prose):
    def head(canvas: Canvas, page: int) -> None:
        canvas.setFont("Times-Italic", 9)
        if page % 2:
            canvas.drawRightString(540, 750, f"Of Tanks, part {'I' * page}")
        else:
            canvas.drawString(72, 750, "The Book of Pumps")
        canvas.drawCentredString(306, 40, str(page + 40))

    parsed = built([set_in("Title", "Of Tanks"), *(body(prose(110, seed)) for seed in range(30))], head)
    assert parsed.layout is not None and len(parsed.layout.sizes) >= 4
    assert "The Book of Pumps" not in parsed.text
    assert "part III" not in parsed.text


def test_titles_of_slides_are_no_running_heads(prose):
    content: list[Flowable] = []
    for title in ("First results", "More of them", "What to do", "Who does it"):
        content += [set_in("Heading1", title), Spacer(1, 20), body(prose(20, len(title))), body("Yes"), PageBreak()]
    assert "More of them" in built(content).text


def test_a_data_sheet_has_its_grid_as_a_table(prose, texts):
    rows = [["Parameter", "Symbol", "Min", "Max"], *([f"Voltage {i}", f"V{i}", f"{i}.1", f"{i}.9"] for i in range(9))]
    grid = TableStyle([("GRID", (0, 0), (-1, -1), 0.5, colors.black)])
    content: list[Flowable] = [
        set_in("Title", "XR200 Regulator"),
        set_in("Heading2", "Description"),
        body(prose(70, 1)),
    ]
    content += [
        set_in("Heading2", "Characteristics"),
        Table(rows, style=grid),
        set_in("Heading2", "Use"),
        body(prose(60)),
    ]
    parsed = built(content)
    assert texts(parsed, BlockKind.TABLE) == ["\n".join(" | ".join(row) for row in rows)]
    assert [title for _, title in headings(parsed)] == ["XR200 Regulator", "Description", "Characteristics", "Use"]


def test_bold_lines_as_large_as_the_text_are_headings(prose):
    plain = ParagraphStyle("plain", fontName="Helvetica", fontSize=11, leading=14, spaceAfter=8)
    bold = ParagraphStyle("bold", parent=plain, fontName="Helvetica-Bold", spaceAfter=4)
    titles = ("Attendance", "Budget for the year", "Staff and holidays", "Next meeting")
    content: list[Flowable] = []
    for seed, title in enumerate(titles):
        content += [Paragraph(title, bold), Paragraph(prose(70, seed), plain)]
    assert headings(built(content)) == [(2, title) for title in titles]


def test_nested_lists_are_items(prose, texts):
    inner = ListFlowable(
        [ListItem(body("the first tank")), ListItem(body("the second tank"))], bulletType="bullet", start="–"
    )
    long = prose(28, 3)
    items = ListFlowable(
        [body(long), ListItem([body("Check the tanks"), inner]), body("Write it down")], bulletType="bullet"
    )
    parsed = built([set_in("Title", "The Night Shift"), body(prose(40, 1)), items, body(prose(90, 2))])
    assert put_away(parsed) == []
    expected = [f"• {long}", "• Check the tanks", "– the first tank", "– the second tank", "• Write it down"]
    assert texts(parsed, BlockKind.LIST) == expected


def test_a_sidebar_is_read_by_itself(paper, prose, texts):
    made = paper()
    made.bold(54, 60, "Living With Heat Pumps", size=20)
    made.canvas.rect(400, made.height - 400, 160, 310)
    y = made.text(54, 100, prose(150, 1), width=330)
    made.text(54, y + 14, prose(150, 2), width=330)
    made.text(410, 110, prose(70, 3), width=140)
    parsed = parse_pdf(made.data())
    assert sorted(texts(parsed, BlockKind.PARAGRAPH)) == sorted([prose(150, 1), prose(150, 2), prose(70, 3)])


def test_a_cover_has_the_title_and_the_rest_is_text(prose, texts):
    cover = ParagraphStyle("cover", parent=STYLES["Title"], fontSize=28, leading=34)
    content: list[Flowable] = [
        Spacer(1, 200),
        Paragraph("Annual Report of the Water Works and All Their Pumps", cover),
        PageBreak(),
    ]
    content += [set_in("Heading1", "Letter to the readers"), body(prose(200, 1)), set_in("Heading1", "Plans")]
    content += [body(prose(200, 2))]
    parsed = built(content)
    assert headings(parsed) == [
        (1, "Annual Report of the Water Works and All Their Pumps"),
        (2, "Letter to the readers"),
        (2, "Plans"),
    ]
    assert texts(parsed, BlockKind.PARAGRAPH) == [prose(200, 1), prose(200, 2)]


def test_a_thesis_has_its_title_and_no_text_is_lost(prose, texts):
    titles = ("Introduction", "Theory of pipes", "Conclusion")
    lines = [
        Table([[f"{number} {title}", str(7 * number)]], colWidths=[400, 40]) for number, title in enumerate(titles)
    ]
    content: list[Flowable] = [Spacer(1, 120), set_in("Title", "On the Flow of Water"), Paragraph("June 2021", CENTRED)]
    content += [PageBreak(), set_in("Heading1", "Contents"), *lines]
    for number, title in enumerate(titles, start=1):
        content += [PageBreak(), set_in("Heading1", f"{number} {title}"), body(prose(150, number))]
    parsed = built(content)
    assert parsed.meta.title == "On the Flow of Water"
    assert parsed.meta.published == "2021-06"
    assert "\n".join(put_away(parsed)) == "0 Introduction 0\n1 Theory of pipes 7\n2 Conclusion 14"
    assert texts(parsed, BlockKind.PARAGRAPH)[-3:] == [prose(150, number) for number in (1, 2, 3)]
