from sota_rag.index.blocks import BlockKind
from sota_rag.ingest.formats.pdf import parse_pdf


def test_text_under_a_picture_that_reaches_too_far_stays_a_paragraph(paper, prose, texts):
    made = paper()
    made.image(60, 60, 490, 330)
    made.line(100, 100, "encoder", size=7)
    made.line(300, 120, "decoder", size=7)
    y = made.text(72, 240, prose(150, 1), width=468)
    made.text(72, y + 20, prose(300, 2), width=468)
    parsed = parse_pdf(made.data())
    assert texts(parsed, BlockKind.FIGURE) == ["encoder\ndecoder"]
    assert texts(parsed, BlockKind.PARAGRAPH)[0] == prose(150, 1)


def test_boxes_side_by_side_in_a_figure_are_read_one_after_the_other(paper, prose, texts):
    made = paper()
    made.text(72, 80, prose(200, 1), width=468)
    made.image(72, 300, 460, 90)
    left = ("the left box speaks first and", "tells of its own matters only", "until it has come to its end")
    right = ("while the right box is silent", "and begins when the left one", "has nothing more to tell us")
    for x, box in ((90, left), (320, right)):
        for index, line in enumerate(box):
            made.line(x, 320 + 12 * index, line, size=8, font="Helvetica")
    made.line(72, 410, "Figure 1: Two boxes.")
    assert texts(parse_pdf(made.data()), BlockKind.FIGURE) == ["\n".join(left + right)]


def test_a_heading_that_a_picture_reaches_over_is_one(paper, prose):
    made = paper()
    for number, title in enumerate(("Introduction", "Method", "Evaluation", "Outlook"), start=1):
        made.bold(72, 80 + 100 * (number - 1), f"{number} {title}", size=12)
        made.text(72, 96 + 100 * (number - 1), prose(60, number), width=468)
    made.next_page()
    made.image(70, 60, 470, 230)
    made.bold(72, 80, "Attention Visualizations", size=12)
    made.line(150, 160, "making", size=7)
    made.line(250, 180, "difficult", size=7)
    made.line(72, 310, "Figure 3: What each head reads.")
    headings = [block.title for block in parse_pdf(made.data()).blocks if block.level]
    assert headings == ["1 Introduction", "2 Method", "3 Evaluation", "4 Outlook", "Attention Visualizations"]


def test_a_picture_with_the_caption_of_a_table_is_a_table(paper, prose, texts):
    made = paper()
    made.text(72, 80, prose(200, 1), width=468)
    made.image(72, 300, 460, 60)
    for y, row in ((320, ("Model", "Verdict")), (335, ("Ours", "novel")), (350, ("Theirs", "known"))):
        for x, cell in zip((90, 320), row, strict=True):
            made.line(x, y, cell, size=8)
    made.line(72, 380, "Table 7: Verdicts on two papers.")
    parsed = parse_pdf(made.data())
    assert texts(parsed, BlockKind.TABLE) == ["Model | Verdict\nOurs | novel\nTheirs | known"]
    assert texts(parsed, BlockKind.FIGURE) == []
