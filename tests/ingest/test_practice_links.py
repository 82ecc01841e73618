"""Which passages are about a practice."""

import time
from pathlib import Path

import numpy as np
import pytest
from sota_rag.index.practices import Practice, PracticeStatus
from sota_rag.index.store import FileRecord, FileState
from sota_rag.index.structure import structure_of
from sota_rag.index.types import Document, DocumentInfo, Passage, Role, passage_id
from sota_rag.ingest.discover import SourceFile
from sota_rag.ingest.entries import Entry
from sota_rag.ingest.lint_corpus import corpus_findings
from sota_rag.ingest.practice_links import Sentences, elsewhere, link, link_rows, sentences_of_named

OLD, NEW, USED = "1701.00010", "2004.00020", "1901.00050"

WORKS = [
    Practice(OLD, "works.yaml", 0, 40, "Cyclic Baking", title="Cyclic Baking", arxiv_id=OLD, work=True,
             status=PracticeStatus.ATTIC, superseded_by=(NEW,)),
    Practice(f"{OLD}/1", "works.yaml", 20, 40, "restart the learning rate every ten epochs", arxiv_id=OLD,
             status=PracticeStatus.ATTIC),
    Practice(NEW, "works.yaml", 42, 80, "Slow Cooling", title="Slow Cooling", arxiv_id=NEW, work=True),
    Practice(USED, "works.yaml", 82, 100, "Sifting", title="Sifting", arxiv_id=USED, work=True),
]  # fmt: skip


def passages_of(document_id, *spans, text="words", role=Role.BODY):
    return [
        Passage(passage_id(document_id, place), document_id, place, start, end, text, role=role)
        for place, (start, end) in enumerate(spans)
    ]


def document(identity, arxiv_id=None):
    return DocumentInfo(identity, identity, identity, arxiv_id=arxiv_id)


def refuse(texts):
    raise AssertionError(texts)


def found(links):
    return [
        (link.passage_id.rpartition("#")[2][-1], link.practice.split("#")[1].split("@")[0], link.how) for link in links
    ]


def test_passages_of_the_registry_are_linked_to_the_entries_that_they_overlap():
    registry = passages_of("works.yaml", (0, 20), (20, 41), (42, 80), (82, 100))
    assert found(link(WORKS, [document("works.yaml")], registry, refuse)) == [
        ("0", OLD, "registry"),
        ("1", f"{OLD}/1", "registry"),
        ("1", OLD, "registry"),
        ("2", NEW, "registry"),
    ]


def test_passages_of_the_paper_are_linked_figures_and_references_are_not():
    paper = passages_of("new.pdf", (0, 10), (10, 20))
    figure = Passage("new.pdf#00002", "new.pdf", 2, 20, 30, "axis", role=Role.FIGURE)
    other = passages_of("used.pdf", (0, 10))
    documents = [document("new.pdf", NEW), document("used.pdf", USED), document("plain.md")]
    links = link(WORKS, documents, [*paper, figure, *other], refuse)
    assert found(links) == [("0", NEW, "source"), ("1", NEW, "source")]
    assert {entry.document_id for entry in links} == {"works.yaml"}


STATES = "In older recipes one would restart the learning rate every ten epochs, so that it jumps back to its peak."
NEAR = "A checkpoint is written every ten epochs, so that a crashed run can start again."
AT_RANDOM = (
    "The word restart comes up often. Its rate of use is high. Learning by heart takes ten minutes. "
    "Epochs of music are taught every year."
)


def test_a_passage_elsewhere_is_linked_when_one_of_its_sentences_states_the_practice(minilm):
    passages = [
        Passage("a.md#00000", "a.md", 0, 0, 9, f"Baking is an art. {STATES}"),
        Passage("a.md#00001", "a.md", 1, 9, 18, NEAR),
        Passage("a.md#00002", "a.md", 2, 18, 27, AT_RANDOM),
        Passage("works.yaml#00009", "works.yaml", 9, 500, 600, STATES),
    ]
    links = link(WORKS, [document("a.md")], passages, minilm.encode)
    assert found(links) == [("0", f"{OLD}/1", "statement")]


def test_words_alone_do_not_make_a_statement(minilm):
    scattered = "Learning to rate wine takes ten years, and every harvest is a restart."
    passages = [Passage("a.md#00000", "a.md", 0, 0, 9, scattered)]
    assert link(WORKS, [document("a.md")], passages, minilm.encode) == []


def test_nothing_is_compared_without_a_history():
    used = [practice for practice in WORKS if practice.arxiv_id == USED]
    assert link(used, [document("used.pdf", USED)], passages_of("used.pdf", (0, 9)), refuse) == []


def test_a_pair_is_linked_once_by_the_strongest_reason():
    works = passages_of("works.yaml", (0, 41))
    links = link(WORKS, [document("works.yaml", OLD)], works, refuse)
    assert found(links) == [("0", f"{OLD}/1", "registry"), ("0", OLD, "registry")]


def test_rows_are_positions_of_the_passages():
    passages = [*passages_of("a.md", (0, 9)), *passages_of("works.yaml", (0, 41))]
    assert link_rows(WORKS, [], passages, refuse) == [
        (1, f"works.yaml#{OLD}/1@20", "registry"),
        (1, f"works.yaml#{OLD}@0", "registry"),
    ]


@pytest.mark.parametrize("count", [2000])
def test_every_passage_is_looked_at_once_for_its_entry(count):
    """A registry of many entries and passages costs as many steps as there are overlaps."""
    practices = [
        Practice(f"p{n}", "r.yaml", 10 * n, 10 * n + 10, "s", status=PracticeStatus.ATTIC) for n in range(count)
    ]
    passages = passages_of("r.yaml", *((10 * n, 10 * n + 10) for n in range(count)))
    links = link(practices, [], passages, lambda texts: np.zeros((len(texts), 2), dtype=np.float32))
    assert len(links) == count


def test_the_documents_that_a_registry_names_are_linked_by_the_sentence_that_states_it(minilm):
    old = Practice(
        "mix/hand",
        "mix.yaml",
        0,
        40,
        "Mix the dough by hand for twenty minutes.",
        arxiv_id=OLD,
        status=PracticeStatus.ATTIC,
        superseded_by=("mix/machine",),
        documents=("guide.md",),
    )
    new = Practice(
        "mix/machine", "mix.yaml", 42, 80, "Mix the dough with a machine.", documents=("guide.md", "gone.md")
    )
    said = ["Ovens differ in how they heat.", "Twenty minutes of mixing dough by hand were usual. Salt is white.",
            "Bakers now mix dough in a machine."]  # fmt: skip
    guide = [
        Passage(passage_id("guide.md", place), "guide.md", place, place * 10, place * 10 + 9, text)
        for place, text in enumerate(said)
    ]
    # All of its paper would be linked if the registry did not say where it is stated.
    paper = passages_of("old.pdf", (0, 10))
    links = link([old, new], [document("guide.md"), document("old.pdf", OLD)], [*guide, *paper], minilm.encode)
    assert found(links) == [("1", "mix/hand", "statement"), ("2", "mix/machine", "statement")]


def test_a_practice_that_names_only_missing_documents_keeps_the_links_to_its_paper():
    practice = Practice("a", "r.yaml", 0, 9, "Bake", arxiv_id=OLD, status=PracticeStatus.ATTIC, documents=("gone.md",))
    documents, paper = [document("old.pdf", OLD)], passages_of("old.pdf", (0, 9))
    assert found(link([practice], iter(documents), paper, refuse)) == [("0", "a", "source")]
    assert link([practice], [*documents, document("gone.md")], paper, refuse) == []


KNEAD = "Knead the dough by hand."


def guide_of(*texts):
    return [Passage(passage_id("a.md", place), "a.md", place, 0, 9, text) for place, text in enumerate(texts)]


def test_sentences_that_hold_enough_of_a_statement_come_best_first():
    guide = guide_of("A hand holds dough. Work hand in hand, hand over hand.", "One kneads  dough\nby hand.")
    assert [(passage.id, said) for passage, said in Sentences(guide).stating(KNEAD)] == [
        ("a.md#00001", "One kneads dough by hand."),
        ("a.md#00000", "A hand holds dough."),
    ]


@pytest.mark.parametrize("statement", ["It is the and of", "", "…"])
def test_a_statement_without_content_words_stands_nowhere(statement):
    assert Sentences(guide_of("It is the and of.", KNEAD)).stating(statement) == []


def test_a_document_is_prepared_once_and_only_where_it_is_named(monkeypatch):
    split = []
    monkeypatch.setattr(
        "sota_rag.ingest.practice_links.sentence_spans", lambda text: split.append(text) or [(0, len(text))]
    )
    practices = [Practice(f"p{n}", "r.yaml", n, n + 1, KNEAD, documents=("a.md", "a.md", "gone.md")) for n in range(3)]
    named = sentences_of_named(practices, [*guide_of(KNEAD), *passages_of("b.md", (0, 9))])
    assert named.keys() == {"a.md"}
    assert split == [KNEAD]


def test_a_document_that_is_named_twice_is_searched_once(monkeypatch):
    practice = Practice(
        "a", "r.yaml", 0, 9, KNEAD, status=PracticeStatus.ATTIC, documents=("a.md", "a.md"), superseded_by=("b",)
    )
    compared, asked, stating = [], [], Sentences.stating
    monkeypatch.setattr(Sentences, "stating", lambda self, said: asked.append(said) or stating(self, said))

    def encode(texts):
        compared.append(texts)
        return np.ones((len(texts), 1), dtype=np.float32)

    assert found(link([practice], [document("a.md")], guide_of(KNEAD, "Dough by hand."), encode)) == [
        ("0", "a", "statement")
    ]
    assert asked == [KNEAD]
    assert compared == [[KNEAD, "Dough by hand."]]


def test_only_what_a_search_returns_outside_the_registries_may_state_a_practice():
    figure = Passage("a.md#00009", "a.md", 9, 0, 9, KNEAD, role=Role.FIGURE)
    guide, registry = guide_of(KNEAD), passages_of("works.yaml", (0, 9), text=KNEAD)
    assert elsewhere(WORKS, [*guide, figure, *registry]) == guide


def lint_codes(passages, *documents):
    """Codes of what is found in a registry of one practice that names some documents, where some passages are."""
    practice = Practice("a", "r.yaml", 0, 9, KNEAD, status=PracticeStatus.STANDARD, documents=documents)
    entries = [
        Entry(
            SourceFile(f"/{name}", name, Path(f"/{name}")),
            FileRecord(f"/{name}", name, name, "", FileState.INDEXED, ""),
            Document(document(name), "words"),
            tuple(passage for passage in passages if passage.document_id == name),
            structure_of([], None, [practice] if name == "r.yaml" else []),
        )
        for name in ("a.md", "r.yaml")
    ]
    return [finding.code for finding in corpus_findings(entries)]


@pytest.mark.parametrize(
    ("name", "text", "role", "codes"),
    [
        ("a.md", KNEAD, Role.BODY, []),
        ("a.md", "It is the and of.", Role.BODY, ["practice-not-stated"]),
        ("a.md", KNEAD, Role.REFERENCES, ["practice-not-stated"]),
        ("r.yaml", KNEAD, Role.BODY, ["practice-not-stated"]),
    ],
)
def test_the_linter_looks_where_linking_does(name, text, role, codes):
    assert lint_codes(passages_of(name, (0, 9), text=text, role=role), name) == codes


def test_the_linter_tells_a_missing_document_once():
    assert lint_codes(guide_of(KNEAD), "a.md", "gone.md", "gone.md") == ["practice-unknown-document"]


def test_many_practices_that_name_one_long_document_are_cheap():
    """Every practice and every passage for itself would take 100 times as long."""
    texts = [f"Dough number {n} is kneaded by hand. Oven {n} is hot. Bake loaf {n} slowly." for n in range(400)]
    practices = [
        Practice(f"p{n}", "r.yaml", n, n + 1, f"Knead dough number {n} by hand.", documents=("a.md",))
        for n in range(400)
    ]
    guide = guide_of(*texts)
    start = time.process_time()
    named = sentences_of_named(practices, guide)["a.md"]
    assert all(named.stating(practice.statement)[0][0].ordinal == n for n, practice in enumerate(practices))
    assert time.process_time() - start < 2
