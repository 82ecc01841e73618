"""How many independent documents say the same."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from sota_rag.app.answering.sentences import Candidate
from sota_rag.app.answering.strength import MOST_SENTENCES, Strength, strength
from sota_rag.app.answering.verify.agree import agrees
from sota_rag.index import DocumentInfo, Hit, Kind, Passage

CLAIM = "LoRA freezes the pretrained weights and trains low-rank matrices."
SAME = "LoRA keeps the pretrained weights frozen and trains only two small low-rank matrices instead of them."
ALSO = "In each layer, low-rank matrices are what LoRA trains, and the pretrained weights stay frozen throughout."


def candidate(text, document, *, heading=(), **info):
    about = DocumentInfo(document, document, info.pop("title", document), **info)
    passage = Passage(f"{document}#00000", document, 0, 0, len(text), text, heading_path=heading)
    return Candidate(Hit(passage, about, 1.0, 1), 0, len(text), text, False, None)


def measured(minilm, found, text=CLAIM, **options):
    vector, *vectors = minilm.encode([text, *(one.text for one in found)])
    return strength(text, vector, found, np.array(vectors), options.pop("agrees", agrees), **options)


def test_documents_that_say_the_same_in_their_own_words(minilm):
    found = [
        candidate(ALSO, "c.md"),
        candidate(CLAIM, "b.md", published="2023"),
        candidate(SAME, "a.md", published="2021"),
    ]
    assert measured(minilm, found) == Strength(3, ("a.md", "b.md", "c.md"), (2021, 2023))


def test_nobody_says_so(minilm):
    assert measured(minilm, [candidate("Adam keeps two moments of each gradient.", "a.md")]) == Strength(0)
    assert strength(CLAIM, np.ones(4, np.float32), [], np.zeros((0, 4), np.float32), agrees) == Strength(0)


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        ("LoRA trains 0.1% of the parameters.", "LoRA trains 3% of the parameters."),
        ("LoRA needs 14 GB of memory for a 7B model.", "LoRA needs 14 MB of memory for a 7B model."),
        ("LoRA trains low-rank matrices in each layer.", "DoRA trains low-rank matrices in each layer."),
        ("LoRA adds latency at inference.", "LoRA does not add latency at inference."),
        ("LoRA increases the memory that training needs.", "LoRA decreases the memory that training needs."),
    ],
)
def test_another_figure_name_or_polarity_is_no_support(minilm, text, evidence):
    assert measured(minilm, [candidate(evidence, "a.md")], text) == Strength(0)
    assert measured(minilm, [candidate(text, "b.md"), candidate(evidence, "a.md")], text).documents == 1


def test_a_sentence_on_something_else_that_shares_few_words_is_no_support(minilm):
    found = [candidate("LoRA and its low-rank matrices were introduced by Hu and colleagues.", "a.md")]
    assert measured(minilm, found, agrees=lambda *_: True).documents == 0


def test_one_document_counts_once(minilm):
    found = [candidate(SAME, "a.md"), candidate(ALSO, "a.md")]
    assert measured(minilm, found).documents == 1


@pytest.mark.parametrize(
    "shared",
    [{"arxiv_id": "2106.09685"}, {"sha256": "ab" * 32}, {"kind": Kind.PAPER, "title": "LoRA:  low-rank Adaptation"}],
)
def test_one_paper_in_two_files_counts_once(minilm, shared):
    found = [
        candidate(SAME, "a.pdf", published="2021-10", **shared),
        candidate(ALSO, "b.tex", published="2021-06", **shared),
    ]
    assert measured(minilm, found) == Strength(1, ("b.tex",), (2021,))


def test_guides_of_one_title_are_not_one_work(minilm):
    found = [candidate(SAME, "a/index.md", title="Introduction"), candidate(ALSO, "b/index.md", title="Introduction")]
    assert measured(minilm, found).documents == 2


def test_a_copied_sentence_counts_once_for_the_earliest(minilm):
    copies = [
        candidate(SAME, "copy.md", published="2024"),
        candidate(SAME.replace("small ", ""), "first.md", published="2021"),
        candidate(SAME, "undated.md"),
        candidate(f"As the guide says, {SAME} That is all there is to it, and it is not more.", "longer.md"),
    ]
    assert measured(minilm, copies) == Strength(1, ("first.md",), (2021,))


def test_what_two_groups_share_joins_them(minilm):
    """A copy of a paper in its second form is no other source than the paper in its first."""
    found = [
        candidate(SAME, "a.md", published="2022"),
        candidate(ALSO, "paper.pdf", arxiv_id="2106.09685", published="2021"),
        candidate(SAME, "paper.html", arxiv_id="2106.09685", published="2023"),
    ]
    assert measured(minilm, found) == Strength(1, ("paper.pdf",), (2021,))


def test_a_paper_and_its_registry_entry_count_once(minilm):
    paper = candidate(SAME, "lora.pdf", kind=Kind.PAPER, title="LoRA: Low-Rank Adaptation", published="2021")
    by_title = candidate(ALSO, "r.yaml", kind=Kind.REGISTRY, heading=("Registry", "LoRA: Low-Rank Adaptation (2021)"))
    assert measured(minilm, [by_title, paper]) == Strength(1, ("lora.pdf",), (2021,))
    told = candidate(SAME, "lora.pdf", arxiv_id="2106.09685")
    entry = candidate(f"{ALSO}\narXiv: 2106.09685", "r.yaml", kind=Kind.REGISTRY, heading=("Registry", "LoRA"))
    assert measured(minilm, [told, entry], agrees=lambda *_: True).documents == 1


def test_entries_of_different_works_in_one_registry_are_independent(minilm):
    found = [
        candidate(SAME, "r.yaml", kind=Kind.REGISTRY, heading=("Registry", "LoRA (2021)")),
        candidate(ALSO, "r.yaml", kind=Kind.REGISTRY, heading=("Registry", "A Survey of Adapters (2023)")),
    ]
    assert measured(minilm, found).documents == 2


def test_only_so_many_sentences_are_looked_at():
    texts = [f"LoRA freezes the weights of layer kind {chr(97 + n % 26)}{n} here." for n in range(2 * MOST_SENTENCES)]
    found = [candidate(text, f"{place:03}.md") for place, text in enumerate(texts)]
    vectors = np.tile(np.eye(1, 8, dtype=np.float32), (len(found), 1))
    asked = []

    def seen(_claim, evidence):
        asked.append(evidence)
        return False

    strength("LoRA freezes the weights of layer here.", vectors[0], found, vectors, seen)
    assert len(asked) == MOST_SENTENCES


def test_a_strength_is_plain_data():
    assert json.loads(json.dumps(asdict(Strength(1, ("a.md",), (2021,))))) == {
        "documents": 1, "document_ids": ["a.md"], "years": [2021],
    }  # fmt: skip
