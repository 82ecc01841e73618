import pytest
from sota_rag.index.errors import QuarantineError
from sota_rag.ingest.formats.pdf import extract, parse_pdf


def test_an_empty_file_is_said_to_be_empty():
    with pytest.raises(QuarantineError, match="it is empty"):
        parse_pdf(b"  \n")


def test_another_format_is_said_to_be_no_pdf():
    with pytest.raises(QuarantineError, match=r"no PDF \(it begins with b'<html>"):
        parse_pdf(b"<html><body>paper</body></html>")


def test_a_cut_file_is_said_to_be_cut():
    with pytest.raises(QuarantineError, match=r"damaged \(its end is missing.*qpdf"):
        parse_pdf(b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog")


def test_a_file_with_a_password_is_said_to_need_it(paper):
    made = paper(password="secret")
    made.line(72, 100, "Hidden text")
    with pytest.raises(QuarantineError, match=r"encrypted and needs a password.*qpdf --decrypt"):
        parse_pdf(made.data())


def test_a_scan_is_told_from_an_empty_document(paper):
    scan, blank = paper(), paper()
    for _ in range(3):
        scan.image(50, 50, 500, 700)
        scan.next_page()
        blank.rule(50, 50, 500)
        blank.next_page()
    with pytest.raises(QuarantineError, match=r"is a scan: 3 of 3 pages hold images and no text.*ocrmypdf IN OUT"):
        parse_pdf(scan.data())
    with pytest.raises(QuarantineError, match="no text on its 3 pages"):
        parse_pdf(blank.data())


def test_a_few_scanned_pages_cost_a_warning(paper):
    made = paper()
    for page in range(4):
        if page == 2:
            made.image(50, 50, 500, 700)
        else:
            made.line(72, 100, f"Text of the page with the letter {'abcd'[page]}")
        made.next_page()
    parsed = parse_pdf(made.data())
    assert parsed.layout is not None
    assert len(parsed.layout.sizes) == 4
    assert [warning for warning in parsed.warnings if "1 of 4 pages hold images and no text (3)" in warning]


def test_text_without_unicode_values_is_quarantined():
    with pytest.raises(QuarantineError, match=r"text layer is not readable \(100 % .*ocrmypdf --force-ocr"):
        parse_pdf(_with_private_use_font("A" * 300))


def _with_private_use_font(text: str) -> bytes:
    """A one-page PDF whose font maps the code of A to a private use character."""
    content = f"BT /F1 10 Tf 50 700 Td ({text}) Tj ET".encode()
    mapping = (
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def "
        b"1 begincodespacerange <00> <FF> endcodespacerange 1 beginbfchar <41> <E001> endbfchar endcmap end end"
    )
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Times-Roman/ToUnicode 6 0 R>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(mapping), mapping),
    ]
    return assembled(objects)


def assembled(objects: list[bytes]) -> bytes:
    data, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return data + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF"
        % (len(objects) + 1, table, len(objects) + 1, len(data))
    )


@pytest.mark.parametrize(
    "page",
    [
        b"/MediaBox[0 0 0 0]",
        b"/MediaBox[0 0 1e30 1e30]",
        b"/MediaBox[-1e9 -1e9 1e9 1e9]",
        b"/MediaBox[0 0 612 792]/CropBox[600 700 610 710]",
        b"/MediaBox[0 0 612 792]/Rotate 91",
        b"/MediaBox[0 0 612 792]/UserUnit 1e9",
    ],
)
@pytest.mark.parametrize(
    "text", [b"1e9 0 0 1e9 50 700 Tm (Huge)", b"1e-9 0 0 0 1e20 1e20 Tm (Tiny)", b"0 Tr 1e30 Tc (Far away)"]
)
def test_absurd_pages_and_sizes_do_not_crash(page, text):
    content = b"BT /F1 10 Tf 50 700 Td (Words) Tj %s Tj ET" % text
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R%s/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>" % page,
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Times-Roman>>",
    ]
    try:
        parsed = parse_pdf(assembled(objects))
    except QuarantineError:
        return
    assert parsed.layout is not None
    for span in parsed.layout.spans:
        width, height = parsed.layout.sizes[0]
        assert 0 <= span.x0 <= span.x1 <= width + 0.01
        assert 0 <= span.y0 <= span.y1 <= height + 0.01


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_boxes_refer_to_the_page_as_displayed(turns):
    content = b"BT /F1 10 Tf 150 690 Td (Words at the top left of an unturned page) Tj ET"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/CropBox[100 100 600 700]/Rotate %d/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R>>>>>>" % (90 * turns),
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Times-Roman>>",
    ]
    parsed = parse_pdf(assembled(objects))
    assert parsed.text == "Words at the top left of an unturned page"
    assert parsed.layout is not None
    (span,) = parsed.layout.spans
    width, height = parsed.layout.sizes[0]
    assert (width, height) == ((600, 500) if turns % 2 else (500, 600))
    # The pen starts at (50, 10) from the top left of the crop box.
    corner = {
        0: (span.x0, span.y0),
        1: (width - span.x1, span.y0),
        2: (width - span.x1, height - span.y1),
        3: (span.x0, height - span.y1),
    }[turns]
    expected = (50, 2) if turns % 2 == 0 else (2, 50)
    assert corner == pytest.approx(expected, abs=3.5)


def test_a_fault_on_one_page_costs_that_page(paper, prose, monkeypatch):
    made = paper()
    for page in range(3):
        made.text(72, 80, prose(60, page), width=468)
        made.next_page()
    read = extract.find_shapes
    calls = iter(range(3))

    def faulty(*arguments):
        if next(calls) == 1:
            raise ValueError("cannot reshape")
        return read(*arguments)

    monkeypatch.setattr(extract, "find_shapes", faulty)
    parsed = parse_pdf(made.data())
    assert prose(60, 0)[-30:] in parsed.text and prose(60, 2)[-30:] in parsed.text
    assert prose(60, 1)[-30:] not in parsed.text
    assert parsed.warnings == ("page 2 could not be read (ValueError('cannot reshape')) and was left out",)
    assert parsed.layout is not None
    assert len(parsed.layout.sizes) == 3
