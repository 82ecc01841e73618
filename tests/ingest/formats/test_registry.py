"""Practice registries, on small ones written here."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sota_rag.index.blocks import BlockKind
from sota_rag.index.errors import IgnoredError, QuarantineError
from sota_rag.index.practices import PracticeStatus
from sota_rag.index.types import Kind
from sota_rag.ingest.formats.registry import parse_registry
from sota_rag.ingest.normalise import canonical_text

WORKS = """
2017:
  - title: "Cyclic Baking: Ovens That Cool and Heat Again"
    arxiv_id: 1701.00010
    first_author: Baker
    year: 2017
    key_takeaways:
      - Heat comes back every ten minutes
    topics: [ovens, schedules]
    sota:
      - restart the oven every ten minutes
    attic:
      reason: One slow cooling works as well
      superseded_by: "2004.00020"
2020:
  - title: Slow Cooling
    arxiv_id: "arXiv:2004.00020v3"
    year: 2020
    first_author: Cook
    sota:
      - cool once, slowly
    sota_maybe:
      - "note: leave the door shut"
    historical_impact:
      - Ended the cyclic ovens
  - title: Cold Ovens
    year: 2020
    experimental: True
    note: Early days
    sota: [bake at room temperature]
"""

RECOMMENDATIONS = """
metadata: {last_updated: '2026-08-02', title: Kitchen registry}
recommendations:
- id: K-1
  recommendation: restart the oven every ten minutes
  topic: ovens
  source: {paper: Baker et al. (2017), year: 2017, arxiv_id: '1701.00010'}
  status: standard
- id: K-2
  recommendation: weigh flour
  topic: dough
  status: obsolete
- id: K-3
  recommendation: sift flour twice
  topic: dough
  status: deprecated
  reason: Once is enough
  superseded_by: [K-2]
  see_also: Slow Cooling
"""


def parsed(text):
    return parse_registry(text.encode())


def by_id(registry):
    return {practice.id: practice for practice in registry.practices}


def check_invariants(registry):
    """What holds for every parser's result."""
    text = registry.text
    assert canonical_text(text) == text
    covered = [False] * len(text)
    end = 0
    for block in registry.blocks:
        assert end <= block.start < block.end <= len(text)
        end = block.end
        covered[block.start : block.end] = [True] * (block.end - block.start)
    assert all(inside or character.isspace() for inside, character in zip(covered, text, strict=True))
    assert len({practice.key for practice in registry.practices}) == len(registry.practices)
    for practice in registry.practices:
        assert practice.statement.rstrip(".") in " ".join(text[practice.start : practice.end].split())


def test_a_work_becomes_a_section_that_reads_like_text():
    registry = parsed(WORKS)

    assert registry.text.split("\n\n")[:8] == [
        "Practice registry, 2017–2020",
        "Cyclic Baking: Ovens That Cool and Heat Again (2017)",
        "By: Baker · arXiv: 1701.00010 · Topics: ovens, schedules",
        "- Was recommended: restart the oven every ten minutes.",
        "Key takeaways:",
        "- Heat comes back every ten minutes",
        "Put away: One slow cooling works as well. Superseded by: Slow Cooling (2004.00020).",
        "Slow Cooling (2020)",
    ]
    assert registry.kind is Kind.REGISTRY
    headings = [(block.level, block.title) for block in registry.blocks if block.kind is BlockKind.HEADING]
    assert headings[1:] == [
        (2, "Cyclic Baking: Ovens That Cool and Heat Again (2017)"),
        (2, "Slow Cooling (2020)"),
        (2, "Cold Ovens (2020)"),
    ]
    assert registry.warnings == ()
    check_invariants(registry)


def test_works_and_their_statements_are_practices():
    practices = by_id(parsed(WORKS))

    old = practices["1701.00010"]
    assert (old.work, old.status, old.put_away) == (True, PracticeStatus.ATTIC, True)
    assert (old.reason, old.superseded_by) == ("One slow cooling works as well", ("2004.00020",))
    assert (old.year, old.topic, old.statement) == (2017, "ovens, schedules", old.title)
    line = practices["1701.00010/1"]
    assert (line.work, line.status, line.arxiv_id) == (False, PracticeStatus.ATTIC, "1701.00010")
    assert old.start <= line.start < line.end <= old.end


def test_what_may_be_and_what_is_experimental_is_not_standard():
    practices = by_id(parsed(WORKS))

    assert practices["2004.00020/1"].status is PracticeStatus.STANDARD
    assert practices["2004.00020/2"].status is PracticeStatus.EXPERIMENTAL
    assert practices["Cold Ovens/1"].status is PracticeStatus.EXPERIMENTAL
    assert practices["Cold Ovens"].arxiv_id is None


def test_recommendations_are_grouped_by_source_or_topic():
    registry = parsed(RECOMMENDATIONS)

    assert registry.text.split("\n\n") == [
        "Kitchen registry",
        "Baker et al. (2017)",
        "arXiv: 1701.00010 · Topics: ovens",
        "- Recommended: restart the oven every ten minutes.",
        "dough",
        "Topics: dough",
        "- Stated: weigh flour.",
        "- Deprecated: sift flour twice; superseded by: weigh flour. Once is enough. See also: Slow Cooling.",
    ]
    assert (registry.meta.title, registry.meta.published) == ("Kitchen registry", "2026-08-02")
    practices = by_id(registry)
    assert practices["K-2"].status is PracticeStatus.UNKNOWN
    assert practices["K-2"].status_word == "obsolete"
    assert practices["K-3"].superseded_by == ("K-2",)
    assert practices["K-3"].put_away
    assert registry.warnings == (
        "recommendation K-2: unknown status 'obsolete'; known are standard, experimental, deprecated, attic, unknown",
    )
    check_invariants(registry)


def test_a_recommendation_with_documents_a_date_doubt_and_a_return():
    registry = parsed("""recommendations:
- id: dough/knead
  recommendation: Knead for ten minutes.
  source: {paper: Dough, year: 2001}
  status: standard
- id: dough/rest
  recommendation: Let the dough rest overnight.
  source: {paper: Dough, year: 2010}
  status: standard
  documents: [guides/dough.md, papers/rest.md]
  confidence: low
  returns: dough/knead
- id: dough/stir
  recommendation: Stir the dough.
  source: {paper: Dough, year: 1990}
  status: attic
  attic: {date: "2005", reason: Stirring tears it, superseded_by: [dough/knead, dough/rest]}
""")
    practices = by_id(registry)
    assert practices["dough/rest"].documents == ("guides/dough.md", "papers/rest.md")
    assert (practices["dough/rest"].confidence, practices["dough/rest"].returns) == ("low", "dough/knead")
    assert practices["dough/stir"].put_away_on == "2005"
    assert registry.text.split("\n\n")[-2:] == [
        "- Recommended: Let the dough rest overnight. Confidence: low. A former practice that returned: "
        "Knead for ten minutes.",
        "- Was recommended until 2005: Stir the dough; superseded by: Knead for ten minutes; Let the dough rest "
        "overnight. Stirring tears it.",
    ]
    assert not registry.warnings
    check_invariants(registry)


@pytest.mark.parametrize(
    ("date", "when"), [("2021", "in 2021"), ("2021-03", "in 2021-03"), ("2021-03-09", "on 2021-03-09")]
)
@pytest.mark.parametrize("form", ["attic: {{date: '{0}', reason: R}}", "attic: true, date: '{0}', reason: R"])
def test_a_work_and_its_statements_keep_the_date_when_it_was_put_away(date, when, form):
    registry = parsed(f"2017:\n- {{title: A, year: 2017, sota: [b c], {form.format(date)}}}\n")
    assert [practice.put_away_on for practice in registry.practices] == [date, date]
    assert registry.practices[0].year == 2017
    assert registry.text.split("\n\n")[2:] == [f"- Was recommended until {date}: b c.", f"Put away {when}: R."]
    assert registry.warnings == ()


def test_a_year_of_nested_values_is_told_once():
    warnings = parsed("2018:\n- {title: A, year: {a: {b: c}}, attic: true}\n").warnings
    assert warnings == ("work 1 of 2018: year holds nested values; they are left out",)


def test_the_date_of_a_work_without_a_year_is_its_own():
    (work,) = parsed("2018:\n- {title: A, date: 2017-05, attic: true}\n").practices
    assert (work.year, work.put_away, work.put_away_on) == (2017, True, "")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ("status: standard, attic: {date: '2005', superseded_by: K-2}", "Recommended until 2005: a; superseded by: b."),
        ("status: experimental, attic: {date: '2005', superseded_by: K-2}",
         "Experimental until 2005: a; superseded by: b."),
        ("status: attic, attic: {date: 2005-06}", "Was recommended until 2005-06: a."),
        ("status: deprecated, attic: {date: '2005'}", "Deprecated in 2005: a."),
        ("status: deprecated, attic: {date: 2005-06-07}", "Deprecated on 2005-06-07: a."),
        ("attic: true, date: '2005'", "Was recommended until 2005: a."),
        ("attic: Too slow., date: '2005'", "Was recommended until 2005: a. Too slow."),
        ("status: standard, attic: {date: '2005'}", "Recommended: a."),
        ("status: standard, attic: false, date: '2005'", "Recommended: a. Date: 2005."),
        ("status: standard, date: '2005'", "Recommended: a. Date: 2005."),
    ],
)  # fmt: skip
def test_the_date_of_a_recommendation_says_until_when_it_held(fields, said):
    registry = parsed(
        f"recommendations:\n- {{id: K-1, recommendation: a, {fields}}}\n- {{id: K-2, recommendation: b}}\n"
    )
    assert registry.text.split("\n\n")[2] == f"- {said}"
    assert registry.warnings == ()


@pytest.mark.parametrize(
    "date",
    [
        "2021-13",
        "2021-00",
        "2021-02-32",
        "21",
        "2021-3",
        "1021",
        "2021-03-09T10",
        "20２１",
        "soon",
        "2021 [7] <b>x</b>",
    ],
)
@pytest.mark.parametrize(
    ("head", "name"),
    [
        ("2017:\n- {title: A, year: 2017", "work 1 of 2017"),
        ("recommendations:\n- {recommendation: a", "recommendation 1"),
    ],
)
def test_a_date_that_is_none_is_left_out_with_a_warning(date, head, name):
    for form, where in (("attic: {{date: {0}}}", ": attic"), ("attic: true, date: {0}", "")):
        registry = parsed(f"{head}, {form.format(json.dumps(date, ensure_ascii=False))}}}\n")
        assert registry.practices[0].put_away_on == ""
        assert date not in registry.text
        assert registry.warnings == (f"{name}{where}: the date {date!r} is no year, month (2021-03) or day; ignored",)


@pytest.mark.parametrize(
    ("word", "read"), [("low", "low"), ("Medium", "medium"), ("high", "high"), ("low [7] <b>x</b>", ""), ("0.5", "")]
)
def test_confidence_is_one_of_three_words(word, read):
    registry = parsed(f"recommendations:\n- {{recommendation: a, status: standard, confidence: '{word}'}}\n")
    assert registry.practices[0].confidence == read
    assert registry.text.endswith(f"- Recommended: a. Confidence: {read}." if read else "- Recommended: a.")
    assert registry.warnings == (
        () if read else (f"recommendation 1: unknown confidence {word!r}; known are low, medium, high; ignored",)
    )


@pytest.mark.parametrize("key", ["recommendation", "statement", "practice", "text"])
def test_an_entry_is_named_by_its_statement_under_whatever_key_it_stands(key):
    registry = parsed(
        "recommendations:\n- {id: K-1, recommendation: a, see_also: K-2, superseded_by: K-2, returns: K-2}\n"
        f"- {{id: K-2, {key}: knead longer}}\n"
    )
    assert registry.text.split("\n\n")[2] == (
        "- Stated: a; superseded by: knead longer. A former practice that returned: knead longer. "
        "See also: knead longer."
    )


def test_identifiers_keep_their_zeros_and_lose_their_version():
    practices = parsed(
        "2021:\n- {title: A, arxiv_id: 2106.09680}\n- {title: B, arxiv_id: arXiv:2004.00020v3}\n"
    ).practices
    assert [practice.arxiv_id for practice in practices] == ["2106.09680", "2004.00020"]


def test_an_identifier_that_is_none_is_left_out_with_a_warning():
    registry = parsed("2021:\n- {title: A, arxiv_id: 2106.968}\n")
    assert registry.practices[0].arxiv_id is None
    assert registry.warnings == ("work 1 of 2021: '2106.968' is no arXiv identifier such as 2106.09685; ignored",)


def test_a_second_entry_for_a_work_gets_an_id_of_its_own():
    registry = parsed("2021:\n" + "- {title: A, arxiv_id: '2106.09680', sota: [b]}\n" * 2)
    assert [p.id for p in registry.practices] == ["2106.09680", "2106.09680/1", "2106.09680~2", "2106.09680~2/1"]


def test_a_year_given_twice_keeps_both_lists():
    registry = parsed("2021:\n- title: A\n2021:\n- title: B\n")
    assert [practice.title for practice in registry.practices] == ["A", "B"]
    assert registry.warnings == ("line 3: '2021' is given twice; both lists are read",)


@pytest.mark.parametrize(
    "entry",
    [
        "[1, 2]",
        "just words",
        "{}",
        "{arxiv_id: '2106.09680'}",
        "{title: [a, b], year: soon}",
        "{title: A, attic: true}",
        "{title: A, attic: Nobody uses it}",
        "{title: A, attic: {because: x, superseded_by: {a: b}}}",
        "{title: A, sota: {a: b}, topics: 5, key_takeaways: [[deep], {a: {b: c}}]}",
        "{title: A, status: 7, superseded_by: [[x]], models: {a: {b: c}}, extra: {x: y}}",
        "{? [a] : b, title: A}",
        "null",
    ],
)
def test_odd_entries_are_never_fatal(entry):
    registry = parsed(f"2020:\n- title: Sound\n- {entry}\n- title: After\n")
    assert {"Sound", "After"} <= {practice.title for practice in registry.practices}
    check_invariants(registry)


def test_an_attic_without_fields_still_puts_away():
    practices = parsed(
        "2020:\n- {title: A, attic: true}\n- {title: B, attic: Too slow}\n- {title: C, attic: false}\n"
    ).practices
    assert [(p.put_away, p.reason) for p in practices] == [(True, ""), (True, "Too slow"), (False, "")]


def test_fields_without_a_meaning_are_shown_to_the_reader():
    assert (
        "Hardware needed: two ovens, a fridge"
        in parsed("2020:\n- {title: A, hardware_needed: [two ovens, a fridge]}\n").text
    )


def test_warnings_are_few():
    registry = parsed("2020:\n- title: Sound\n" + "- {title: A, arxiv_id: x}\n" * 100)
    assert len(registry.warnings) == 21
    assert registry.warnings[-1] == "and 80 more of the kind"


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\n",
        "- 1\n- 2\n",
        "just words\n",
        "2021: 7\n",
        "2021:\n- first\n",
        "recommendations: [a, b]\n",
        "version: 3\nservices: {a: *b}\n",
    ],
)
def test_other_yaml_is_ignored(text):
    with pytest.raises(IgnoredError, match="is YAML but no practice registry; known are years"):
        parsed(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2021:\n- title: 'A\n", r"its YAML is broken in line \d \(found unexpected end of stream\); correct it"),
        ("a: b: c\n", "its YAML is broken in line 1"),
        ("2021: " + "[" * 5000, "nested deeper than 40 levels in line 1"),
        ("a: |\n  x\n \t- y: [\n", "broken in line"),
        ("   \n", "empty"),
    ],
)
def test_broken_files_are_set_aside_with_the_line(text, message):
    with pytest.raises(QuarantineError, match=message):
        parsed(text)


def test_aliases_are_left_out():
    bomb = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    registry = parsed(bomb + "2021:\n- {title: A, topics: *a9, note: fine}\n")
    assert "Note: fine." in registry.text
    assert len(registry.text) < 200


def test_escaped_invisible_characters_do_not_come_back():
    registry = parsed('2020:\n- title: "A\\u200bB \\u001b"\n- title: "C\\u0301"\n')
    assert [practice.title for practice in registry.practices] == ["AB", "Ć"]
    check_invariants(registry)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


FIELDS = st.sampled_from(["title", "sota", "attic", "year", "arxiv_id", "x"])
TREES = st.recursive(
    TEXT | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=3),
    max_leaves=8,
)


@given(TREES)
def test_whatever_stands_in_an_entry_the_result_is_sound(entry):
    registry = parsed(json.dumps({"2020": [{"title": "Sound"}, entry]}, ensure_ascii=False))
    check_invariants(registry)
    assert registry == parsed(json.dumps({"2020": [{"title": "Sound"}, entry]}, ensure_ascii=False))


@pytest.mark.parametrize(
    "unit",
    [
        "2020:\n- title: Sound\n  sota: [a, b]\n  attic: {superseded_by: '2004.00020'}\n",
        "- {title: A, topics: [a, b, c]}\n",
        "- title: A\n  sota: 'x x x x x x x x x x x x'\n",
    ],
)
def test_cost_grows_linearly(unit):
    def seconds(count):
        text = ("" if unit.startswith("2020") else "2020:\n- title: Sound\n") + unit * count
        best = float("inf")
        for _ in range(3):
            start = time.process_time()
            parsed(text)
            best = min(best, time.process_time() - start)
        return best

    seconds(50)
    assert seconds(2000) < 2.5**2 * seconds(500) + 0.02
