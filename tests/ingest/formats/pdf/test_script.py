from sota_rag.ingest.formats.pdf.fonts import font_of
from sota_rag.ingest.formats.pdf.script import characters, superscript


def test_ligatures_hyphens_and_spaces_become_plain():
    assert "".join(characters(map(ord, "eﬃcient\u2010ﬁne\xa0tun\ufffe"))) == "efficient-fine tun-"


def test_halves_of_a_sign_beyond_the_basic_plane_are_put_together():
    assert characters([0xD835, 0xDEFD, 0x62]) == ["𝛽", "", "b"]


def test_what_nobody_can_read_becomes_a_replacement_character():
    assert characters([0xE001, 0x01, 0xDC00, 0x41]) == ["\ufffd", "\ufffd", "\ufffd", "A"]


def test_compatibility_characters_stay():
    assert characters([0xB2]) == ["²"]


def test_raised_signs():
    assert superscript("−5") == "⁻⁵"
    assert superscript("th") == "th"


def test_styles_of_fonts():
    assert font_of("ABCDEF+NimbusRomNo9L-Medi", 4, 700).bold
    assert font_of("CMBX12", 4, 545).bold
    assert font_of("CMTI10", 68, 340).italic
    assert font_of("CMMI10", 68, 360).math
    assert not font_of("CMMI10", 68, 700).bold
    assert font_of("CMTT9", 4, 370).mono
    assert font_of("CMEX10", 4, 972).large_signs
    regular = font_of("ABCDEF+TimesNewRomanPSMT", 4, 400)
    assert not (regular.bold or regular.italic or regular.mono or regular.math)
    assert regular.name == "TimesNewRomanPSMT"
