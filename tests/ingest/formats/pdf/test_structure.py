import time

from sota_rag.index.blocks import BlockKind
from sota_rag.ingest.formats.pdf import parse_pdf


def headings(parsed):
    return [(block.level, block.title) for block in parsed.blocks if block.level]


def test_the_outline_names_run_in_headings_and_their_levels(paper, prose):
    made = paper()
    made.bold(150, 80, "A Paper With an Outline", size=17)
    made.line(260, 100, "Grace Hopper", size=12)
    for place, (title, level) in enumerate((("Overview", 0), ("Details", 1), ("Other Things", 0), ("Remarks", 1))):
        y = 140 + 140 * place
        made.outline(title, level)
        made.bold(72, y, title, size=12 if level == 0 else 10)
        first = 72 if level == 0 else 72 + 8 * len(title)
        if level == 0:
            made.text(72, y + 16, prose(100, place), width=468)
        else:
            made.line(first, y, "and then words which follow on the line of the title")
            made.text(72, y + 12, prose(100, place), width=468)
    parsed = parse_pdf(made.data())
    assert headings(parsed) == [
        (1, "A Paper With an Outline"),
        (2, "Overview"),
        (3, "Details"),
        (2, "Other Things"),
        (3, "Remarks"),
    ]
    assert "Details\n\nand then words" in parsed.text


def test_a_list_a_formula_and_code_keep_their_kind(paper, prose, texts):
    made = paper()
    made.bold(150, 80, "Lists and Formulas", size=17)
    made.bold(72, 120, "1 Introduction", size=12)
    y = made.text(72, 140, prose(120, 1), width=468)
    made.line(270, y + 14, "y = f(x) + 1")
    made.line(525, y + 14, "(1)")
    y = made.text(72, y + 40, prose(60, 2), width=468)
    for index, item in enumerate(("first item of the list", "second item of the list")):
        made.line(86, y + 18 + 16 * index, f"• {item}")
    for index, code in enumerate(("def search(query):", "    hits = index(query)", "    return hits[:10]")):
        made.line(72, y + 70 + 11 * index, code.replace("    ", ""), size=9, font="Courier")
    made.text(72, y + 130, prose(60, 3), width=468)
    parsed = parse_pdf(made.data())
    assert texts(parsed, BlockKind.FORMULA) == ["y = f(x) + 1 (1)"]
    assert texts(parsed, BlockKind.LIST) == ["• first item of the list", "• second item of the list"]
    assert texts(parsed, BlockKind.CODE) == ["def search(query):\nhits = index(query)\nreturn hits[:10]"]


def test_text_beside_a_figure_is_not_mixed_with_its_caption(paper, prose, texts):
    made = paper()
    made.bold(150, 80, "Figures at the Side", size=17)
    made.text(72, 120, prose(60, 1), width=468)
    made.image(380, 190, 150, 90)
    made.text(72, 190, prose(150, 2), width=290)
    made.line(380, 300, "Figure 1: What stands beside")
    made.line(380, 312, "the text, in two lines.")
    made.text(72, 420, prose(60, 3), width=468)
    parsed = parse_pdf(made.data())
    assert texts(parsed, BlockKind.CAPTION) == ["Figure 1: What stands beside the text, in two lines."]
    assert prose(150, 2) in parsed.text


def test_the_label_of_a_vertical_axis_is_figure_text(paper, prose, texts):
    made = paper()
    made.text(72, 100, prose(150, 1), width=468)
    made.image(100, 300, 200, 150)
    made.canvas.saveState()
    made.canvas.translate(95, 380)
    made.canvas.rotate(90)
    made.canvas.drawString(0, 0, "Validation loss")
    made.canvas.restoreState()
    made.line(100, 470, "Figure 1: Loss over time.")
    parsed = parse_pdf(made.data())
    assert texts(parsed, BlockKind.FIGURE) == ["Validation loss"]
    assert parsed.layout is not None
    (span,) = [span for span in parsed.layout.spans if parsed.text[span.start : span.end] == "Validation loss"]
    assert span.y1 - span.y0 > 4 * (span.x1 - span.x0)


def test_words_in_a_sideways_table_are_read_sideways(paper):
    made = paper()
    made.canvas.saveState()
    made.canvas.translate(300, 100)
    made.canvas.rotate(90)
    made.canvas.setFont("Times-Roman", 10)
    made.canvas.drawString(0, 0, "a line that goes up the page")
    made.canvas.drawString(0, -14, "and the one below it")
    made.canvas.restoreState()
    parsed = parse_pdf(made.data())
    assert parsed.text == "a line that goes up the page and the one below it"
    assert parsed.layout is not None
    first, second = parsed.layout.spans
    assert first.y1 - first.y0 > 5 * (first.x1 - first.x0)
    assert second.x0 > first.x0
    assert first.y1 == 692


def test_an_exponent_stays_one(paper):
    made = paper()
    end = made.line(72, 100, "The rate is 10")
    end = made.line(end, 96, "5", size=7)
    made.line(end + 2.5, 100, "in all runs of the model")
    assert parse_pdf(made.data()).text == "The rate is 10⁵ in all runs of the model"


def test_time_grows_with_the_number_of_pages(paper, prose):
    def seconds(pages: int) -> float:
        made = paper()
        for page in range(pages):
            made.text(54, 80, prose(300, page), width=240)
            made.text(318, 80, prose(300, page + 1), width=240)
            made.next_page()
        data = made.data()
        best = float("inf")
        for _ in range(3):
            start = time.process_time()
            parse_pdf(data)
            best = min(best, time.process_time() - start)
        return best

    assert seconds(24) < 2.5 * seconds(12) + 0.02


def test_text_behind_a_numbered_reference_list_is_no_entry(paper, prose, texts):
    made = paper()
    made.text(72, 80, prose(100, 1), width=468)
    made.bold(72, 180, "References", size=12)
    for index in range(6):
        made.line(72, 200 + 28 * index, f"[{index + 1}] A. Author and B. Author. A title of some length that fills")
        made.line(90, 212 + 28 * index, f"the line, in Proceedings, pages 1-{index + 9}, 2017.")
    made.next_page()
    made.text(72, 80, prose(80, 2), width=468, indent=15)
    parsed = parse_pdf(made.data())
    assert len(texts(parsed, BlockKind.REFERENCE_LIST)) == 6
    assert texts(parsed, BlockKind.PARAGRAPH)[-1] == prose(80, 2)


def test_a_usual_title_is_not_joined_with_the_one_below_it(paper, prose):
    made = paper()
    made.text(72, 80, prose(300, 1), width=468)
    made.next_page()
    made.bold(280, 80, "Appendix", size=12)
    made.bold(250, 97, "Implementation Details", size=12)
    made.text(72, 120, prose(100, 2), width=468)
    assert [title for _, title in headings(parse_pdf(made.data()))] == ["Appendix", "Implementation Details"]


def test_bold_items_and_bold_prompts_are_no_headings(paper, prose):
    made = paper()
    for number, title in enumerate(("Introduction", "Method", "Evaluation", "Outlook"), start=1):
        made.bold(72, 80 + 100 * (number - 1), f"{number} {title}", size=11)
        made.text(72, 96 + 100 * (number - 1), prose(60, number), width=468)
    made.bold(72, 520, "• Psychological counselor examination benchmark", size=11)
    made.text(72, 540, prose(40, 6), width=468)
    made.bold(72, 620, "Please write out the code that does so, where both of them are tensors of n numbers", size=11)
    made.text(72, 650, prose(40, 7), width=468)
    titles = [title for _, title in headings(parse_pdf(made.data()))]
    assert titles == ["1 Introduction", "2 Method", "3 Evaluation", "4 Outlook"]
