from sota_rag.index.blocks import BlockKind
from sota_rag.ingest.formats.pdf import parse_pdf

LEFT, RIGHT, WIDTH = 54.0, 318.0, 240.0


def test_tables_of_equal_width_end_at_the_caption_between_them(paper, prose, texts):
    made = paper()
    made.text(72, 80, prose(100, 1), width=468)
    for index, top in enumerate((200, 300)):
        for y in (top, top + 14, top + 28, top + 42):
            made.rule(72, y, 540)
        for y, row in ((top + 10, "Size Layers"), (top + 24, f"{index}B 48"), (top + 38, f"{index}B 72")):
            for x, cell in zip((80, 300), row.split(), strict=True):
                made.line(x, y, cell, size=7)
        made.line(72, top + 60, f"Table {index + 1}: Configurations of the models.")
    parsed = parse_pdf(made.data())
    assert texts(parsed, BlockKind.TABLE) == ["Size | Layers\n0B | 48\n0B | 72", "Size | Layers\n1B | 48\n1B | 72"]
    kinds = [block.kind for block in parsed.blocks][-4:]
    assert kinds == [BlockKind.TABLE, BlockKind.CAPTION, BlockKind.TABLE, BlockKind.CAPTION]


def test_the_header_above_the_first_rule_is_the_first_row(paper, prose, texts):
    made = paper()
    made.text(72, 80, prose(100, 1), width=468)
    made.line(72, 180, "Table 1: Two models and their recall on the collection.")
    for y in (205, 219, 233):
        made.rule(72, y, 540)
    for y, row in ((202, "Model Recall"), (215, "BM25 41.0"), (229, "Ours 52.3")):
        for x, cell in zip((80, 300), row.split(), strict=True):
            made.line(x, y, cell)
    assert texts(parse_pdf(made.data()), BlockKind.TABLE) == ["Model | Recall\nBM25 | 41.0\nOurs | 52.3"]


def test_a_header_with_short_rules_across_both_columns_is_part_of_its_table(paper, prose, texts):
    made = paper()
    made.line(150, 70, "Table 1: Statistics of each dataset in the benchmark.")
    for y in (80, 110, 126, 142):
        made.rule(LEFT, y, RIGHT + WIDTH)
    made.rule(LEFT + 100, 95, RIGHT + WIDTH)
    rows = {
        91: ((LEFT + 150, "Arts"), (LEFT + 280, "Lifestyle"), (LEFT + 420, "Society")),
        105: tuple((LEFT + 110 + 60 * at, ("train", "test")[at % 2]) for at in range(6)),
        121: ((LEFT, "Questions"), *((LEFT + 110 + 60 * at, f"{at + 1}00") for at in range(6))),
        137: ((LEFT, "Users"), *((LEFT + 110 + 60 * at, f"{at + 1}0") for at in range(6))),
    }
    for y, row in rows.items():
        for x, cell in row:
            made.line(x, y, cell, size=8)
    made.text(LEFT, 180, prose(250, 1), width=WIDTH)
    made.text(RIGHT, 180, prose(250, 2), width=WIDTH)
    (table,) = texts(parse_pdf(made.data()), BlockKind.TABLE)
    assert table.split("\n")[:2] == ["Arts | Lifestyle | Society", "train | test | train | test | train | test"]
    assert len(table.split("\n")) == 4


def test_a_table_of_algorithms_is_no_algorithm(paper, prose, texts):
    made = paper()
    made.text(72, 80, prose(100, 1), width=468)
    for y in (200, 214, 242):
        made.rule(72, y, 540)
    for y, row in (
        (210, ("Algorithm", "1-shot", "5-shot")),
        (224, ("MAML", "48.7", "63.1")),
        (238, ("Reptile", "47.1", "62.7")),
    ):
        made.line(80, y, row[0])
        made.line(140, y, row[1])
        made.line(300, y, row[2])
    made.line(72, 260, "Table 1: Accuracy of two algorithms.")
    (table,) = texts(parse_pdf(made.data()), BlockKind.TABLE)
    assert table.split("\n")[0] == "Algorithm | 1-shot | 5-shot"


def test_a_caption_in_the_other_column_does_not_cut_a_table(paper, prose, texts):
    made = paper()
    for x, top, number in ((LEFT, 80, 1), (RIGHT, 102, 2)):
        for y in (top, top + 14, top + 42):
            made.rule(x, y, x + WIDTH)
        for y, row in ((top + 10, "Model Recall"), (top + 24, "BM25 41.0"), (top + 38, "Ours 52.3")):
            for shift, cell in zip((4, 150), row.split(), strict=True):
                made.line(x + shift, y, cell)
        made.line(x, top + 56, f"Table {number}: Recall of two models.")
    made.text(LEFT, 180, prose(250, 1), width=WIDTH)
    made.text(RIGHT, 180, prose(250, 2), width=WIDTH)
    assert texts(parse_pdf(made.data()), BlockKind.TABLE) == ["Model | Recall\nBM25 | 41.0\nOurs | 52.3"] * 2
