"""From a question to a cited answer: the pieces by hand, the whole on the embedded encoder and a tiny corpus."""

import json
import math
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from sota_rag.app import compose
from sota_rag.app.answering import Answerer, AnswerSettings
from sota_rag.app.answering.evidence import Evidence, missing_names, weigh
from sota_rag.app.answering.expectation import Expected, could_answer, expected
from sota_rag.app.answering.gate import FEATURES, PLAIN_FEATURES, Gate, plain_gate, shipped_gate
from sota_rag.app.answering.select import Scored, SelectionSettings, coverage, score, select
from sota_rag.app.answering.sentences import Candidate, candidates, readable
from sota_rag.app.answering.types import Mode, Sentence, Strength, Verdict
from sota_rag.app.forms import answer_form, receipt_form
from sota_rag.app.settings import Settings
from sota_rag.index import DocumentInfo, Filters, Hit, Passage, Retriever, SearchSettings, SettingsError, Status
from sota_rag.index.blocks import Block, BlockKind
from sota_rag.index.encoder import EncoderInfo, WordVectors
from sota_rag.ingest.chunk import ChunkSettings
from sota_rag.ingest.formats.markdown import parse_markdown

# --- made by hand


def hit(text, *, name="notes/a.md", start=0, heading_path=(), score=1.0, rank=1):
    passage = Passage(f"{name}#{rank:05d}", name, rank, start, start + len(text), text, heading_path)
    return Hit(passage, DocumentInfo(name, name, name), score, rank)


def of(*hits):
    """Candidates of hits whose documents are Markdown."""
    text = {hit.passage.document_id: (hit.passage.start, hit.passage.text) for hit in hits}

    def blocks_of(document_id):
        start, markdown = text[document_id]
        blocks = parse_markdown(markdown)
        return [replace(block, start=block.start + start, end=block.end + start) for block in blocks]

    return candidates(hits, blocks_of)


def texts(markdown):
    return [candidate.text for candidate in of(hit(markdown))]


def sentence(text, *, of=None, start=0, leans=False, before=None):
    return Candidate(of or hit(text), start, start + len(text), text, leans, before)


def scored(totals, vectors=None):
    totals = np.array(totals, dtype=np.float64)
    vectors = np.eye(len(totals), dtype=np.float32) if vectors is None else np.array(vectors, dtype=np.float32)
    return Scored(totals, totals.copy(), vectors)


# --- sentences.py


MARKDOWN = """\
# A heading that ends like a sentence does.

Prose that stands in a paragraph of its own. Is a question left out of it?

| method | weights |
|--------|---------|
| LoRA is in a table that ends so. | The cell is no sentence either. |

```python
print("Code is not a sentence that can be shown.")
```

$$
x = y \\text{ holds in a formula that is shown by itself.}
$$

- A bullet says something that can be shown.
* Another bullet says something. It goes on with a further sentence.
1. A numbered item says something that can be shown.

Too short.

A fragment that never comes to an end
"""


def test_only_prose_sentences_are_candidates():
    assert texts(MARKDOWN) == [
        "Prose that stands in a paragraph of its own.",
        "A bullet says something that can be shown.",
        "It goes on with a further sentence.",
        "A numbered item says something that can be shown.",
    ]


def test_spans_are_verbatim_and_count_in_the_document():
    found = of(hit(MARKDOWN, start=100))
    assert found
    for candidate in found:
        assert MARKDOWN[candidate.start - 100 : candidate.end - 100] == candidate.text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("The frozen weights stay in place.", True),
        ("The frozen weights stay in place!", True),
        ('He said "the weights stay in place."', True),
        ("Do the frozen weights stay in place?", False),
        ("The frozen weights stay in place", False),
        ("The frozen weights stay.", False),
        ("word " * 71 + "end.", False),
        ("The **frozen weights stay in place.", False),
        ("![a picture of the frozen weights here.", False),
        ("The frozen <b>weights stay in place.", False),
        ("The frozen weights\n> stay in their place.", False),
        ("The runtime for long inputs (head dim.", False),
        ("a) The frozen weights stay in (their) place.", True),
    ],
)
def test_readable(text, shown):
    assert readable(text) is shown


def test_no_quote_mark_is_ever_shown():
    quote = (
        "> The first sentence stands on one line. The second begins here\n"
        "> and ends on the next line of it.\n"
        "> The third opens a line of its own.\n"
        ">> The fourth is quoted within the quote.\n"
        "\n"
        "> - A bullet in a quote says something."
    )
    assert texts(quote) == [
        "The first sentence stands on one line.",
        "The third opens a line of its own.",
        "The fourth is quoted within the quote.",
        "A bullet in a quote says something.",
    ]


def test_a_greater_sign_within_a_line_stays():
    text = "A rank with $r > 32$ suits long instruction data."
    assert texts(text) == [text]


def test_what_leans_knows_the_sentence_before_it():
    found = of(
        hit(
            "It leans without anything before it here. LoRA freezes the weights of a model. "
            "This saves a great deal of memory.\n\nHowever, a paragraph begins with this one."
        )
    )
    assert [(candidate.leans, candidate.before) for candidate in found] == [
        (True, None),
        (False, 0),
        (True, 1),
        (True, None),
    ]


def test_an_unreadable_sentence_is_nothing_to_lean_on():
    (found,) = of(hit("What does it save? It saves a great deal of memory."))
    assert (found.leans, found.before) == (True, None)


def test_candidates_come_in_hit_order():
    first, second = hit("The first hit says something here."), hit("The second hit says something here.", rank=2)
    assert [candidate.hit.rank for candidate in of(first, second)] == [1, 2]


def test_only_the_prose_blocks_that_a_passage_holds_are_read():
    text = "A caption or a table row says this here. The paragraph is cut in its middle. It goes on elsewhere."
    cut = text.index(" It goes")
    blocks = [Block(BlockKind.TABLE, 10, 50), Block(BlockKind.PARAGRAPH, 51, 10 + len(text))]
    (found,) = candidates((hit(text[:cut], start=10),), lambda _: blocks)
    assert found.text == "The paragraph is cut in its middle." and found.start == 10 + text.index("The")


@pytest.mark.parametrize("kind", [BlockKind.CAPTION, BlockKind.TABLE, BlockKind.FIGURE, BlockKind.REFERENCE_LIST])
def test_what_is_no_prose_is_not_quoted(kind):
    text = "Table 2: The rates of all models are given here."
    assert candidates((hit(text),), lambda _: [Block(kind, 0, len(text))]) == []


def test_a_document_without_blocks_is_one_paragraph():
    (found,) = candidates((hit("A document of a collection has no blocks."),), lambda _: [])
    assert found.text == "A document of a collection has no blocks."


# --- expectation.py


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("When was LoRA published?", Expected.YEAR),
        ("In which year did BERT appear?", Expected.YEAR),
        ("How many experts does Mixtral use?", Expected.NUMBER),
        ("What fraction of the parameters does LoRA train?", Expected.NUMBER),
        ("What is the default learning rate?", Expected.NUMBER),
        ("Why does DPO need no reward model?", Expected.ANYTHING),
    ],
)
def test_expected(question, kind):
    assert expected(question) is kind


@pytest.mark.parametrize(
    ("question", "text", "could"),
    [
        ("Why does DPO need no reward model?", "No number is needed here.", True),
        # A year, and nothing but a year.
        ("When was LoRA published?", "LoRA was published in 2021.", True),
        ("When was LoRA published?", "LoRA has a rank of 16.", False),
        ("How large is the model?", "It was published in 2021.", False),
        # The digits of a name count nothing.
        ("How large is the model?", "GPT-3 and MiniLM-L6 are compared.", False),
        ("How large is the model?", "It has 175B parameters.", True),
        ("How large is the model?", "It has two billion parameters.", True),
        # A number that the question brought along is no answer.
        ("How large is a model of 7B parameters?", "A model of 7B parameters is meant.", False),
        ("How large is a model of 7B parameters?", "A model of 7B parameters takes 14 GB.", True),
        # "How many X" needs X, or its unit; the word after X is taken as well ("low-rank matrices").
        ("How many experts does Mixtral use?", "Mixtral uses 2 of 8 experts per token.", True),
        ("How many experts does Mixtral use?", "The model has 47B parameters.", False),
        ("How many gigabytes does it take?", "It takes 14 GB of memory.", True),
        ("How many gigabytes does it take?", "Training runs for 14 minutes.", False),
        ("How many percent are trained?", "Less than 1 % are left.", True),
        ("How many low-rank matrices are added?", "It adds 2 matrices.", True),
        # Numbers of a formula count only where it states a value.
        ("What is the default value?", "The loss is $x_1 + 2 y$ throughout.", False),
        ("What is the default value?", "The constant is $k = 60$ throughout.", True),
    ],
)
def test_could_answer(question, text, could):
    assert could_answer(question, text) is could


# --- select.py


def test_coverage_counts_words_above_half():
    weights = {"lora": 1.0, "rank": 0.5, "zebra": 0.5}
    assert coverage("LoRA has low memory needs.", ("Ranks",), weights) == pytest.approx((1.0 + 0.25) / 2)
    assert coverage("Anything at all.", (), {}) == 0.0


def test_score_adds_up():
    passage = hit("x", score=2.0)
    found = [
        sentence("A rank of 16 suits LoRA.", of=passage),
        sentence("It is unlike anything.", of=hit("y", score=1.0), leans=True),
    ]
    vectors = np.array([[1, 0], [0, 1]], dtype=np.float32)
    asked = np.array([0.6, 0.8], dtype=np.float32)
    settings = SelectionSettings(coverage_weight=0.5, passage_weight=0.2, kind_penalty=0.3, lean_penalty=0.1)
    made = score("What is the usual value?", found, vectors, asked, {"rank": 0.5, "zebra": 0.5}, settings)
    assert made.total.tolist() == pytest.approx([0.6 + 0.5 * 0.5 + 0.2, 0.8 + 0.2 * 0.5 - 0.3 - 0.1])
    assert made.cosine.tolist() == pytest.approx([0.6, 0.8])
    assert (made.total.dtype, made.cosine.dtype) == (np.float64, np.float64)
    assert made.vectors is vectors


def test_passages_that_a_reranker_had_no_time_for_add_nothing():
    vectors, asked = np.eye(2, dtype=np.float32), np.zeros(2, dtype=np.float32)
    settings = SelectionSettings(coverage_weight=0, passage_weight=1.0, kind_penalty=0, lean_penalty=0)

    def totals(*scores):
        found = [sentence("It is so.", of=hit(name, score=one)) for name, one in zip("xy", scores, strict=True)]
        return score("Is it?", found, vectors, asked, {}, settings).total.tolist()

    assert totals(0.5, -0.2) == [1.0, 0.0]
    assert totals(-0.2, -0.8) == [0.0, 0.0]


def plain(count, **options):
    return [sentence(f"Sentence {place}.", start=100 * place, **options) for place in range(count)]


def test_nothing_is_chosen_from_nothing():
    assert select([], scored([]), SelectionSettings()) == []


def test_the_best_are_chosen_and_those_far_behind_are_not():
    documents = [hit("x", name=f"notes/{place}.md") for place in range(4)]
    found = [sentence("S.", of=of) for of in documents]
    totals = scored([0.5, 1.0, 0.9, 0.8])
    assert select(found, totals, SelectionSettings(stop_ratio=0.85)) == [1, 2]
    assert select(found, totals, SelectionSettings(stop_ratio=0.1)) == [1, 2, 3]
    assert select(found, totals, SelectionSettings(max_sentences=1)) == [1]


def test_equals_are_chosen_in_order():
    assert select(plain(3), scored([1, 1, 1]), SelectionSettings(max_sentences=2)) == [0, 1]


def test_a_repetition_gives_way():
    vectors = [[1, 0], [1, 0], [0, 1]]
    totals = scored([1.0, 0.95, 0.8], vectors)
    settings = SelectionSettings(max_sentences=2, redundancy=0.35)
    assert select(plain(3), totals, settings) == [0, 2]
    assert select(plain(3), totals, replace(settings, redundancy=0.0)) == [0, 1]


def test_what_leans_brings_the_one_before_it():
    found = [sentence("A."), sentence("It.", start=10, leans=True, before=0), sentence("C.", start=20)]
    settings = SelectionSettings(max_sentences=2)
    assert select(found, scored([0.1, 1.0, 0.9]), settings) == [0, 1]
    # There already, it takes no second place.
    assert select(found, scored([1.0, 0.9, 0.8]), settings) == [0, 1]


@pytest.mark.parametrize("most", [1, 2, 3])
def test_the_maximum_holds_for_pairs_too(most):
    found = [
        sentence("A."),
        sentence("It.", start=10, leans=True, before=0),
        sentence("C.", start=20),
        sentence("It.", start=30, leans=True, before=2),
    ]
    settings = SelectionSettings(max_sentences=most, stop_ratio=0.0)
    chosen = select(found, scored([0.2, 1.0, 0.1, 0.9]), settings)
    assert chosen == {1: [0], 2: [0, 1], 3: [0, 1, 2]}[most]


def test_what_leans_on_nothing_that_can_be_shown_is_left_out():
    orphan = sentence("It.", leans=True)
    on_leaning = sentence("This.", start=10, leans=True, before=0)
    assert select([orphan, on_leaning], scored([1.0, 0.9]), SelectionSettings()) == []
    assert select([orphan, on_leaning, sentence("C.", start=20)], scored([1.0, 0.9, 0.8]), SelectionSettings()) == [2]


def test_reading_order_is_best_document_first_then_as_it_stands_there():
    first, second = hit("x", name="notes/a.md"), hit("y", name="notes/b.md", rank=2)
    found = [
        sentence("A.", of=first, start=50),
        sentence("B.", of=second, start=0),
        sentence("C.", of=first, start=10),
    ]
    assert select(found, scored([0.9, 1.0, 0.95]), SelectionSettings()) == [1, 2, 0]


# --- evidence.py


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("Does LoRA run on an RTX 4090?", ["RTX", "4090"]),
        # The capital that opens a sentence names nothing; one further in does.
        ("Zebras are what?", []),
        ("ZeRO is what?", ["ZeRO"]),
        ("What does LoRA freeze?", []),
        ("is zebra a word here", []),
        ("Is it 'GPTQ'?", ["GPTQ"]),
    ],
)
def test_missing_names(question, missing):
    passages = [hit("LoRA freezes the weights.").passage]
    assert missing_names(question, passages) == missing


def test_a_name_in_the_headings_is_not_missing():
    assert missing_names("What is NF4?", [hit("A data type.", heading_path=("NF4",)).passage]) == []


class WordsByHand:
    """Gives every word a vector of its own, but `freezes` that of `fixes` to three fifths."""

    info = EncoderInfo("by hand", "0" * 64, 4, 256)
    _rows = {"lora": (1, 0, 0, 0), "freezes": (0, 1, 0, 0), "fixes": (0, 0.6, 0.8, 0)}  # noqa: RUF012

    def encode(self, texts):
        raise AssertionError("whole texts are scored before")

    def encode_words(self, texts):
        split = [tuple(text.lower().strip("?.").split()) for text in texts]
        return [
            WordVectors(words, np.array([self._rows.get(word, (0, 0, 0, 1)) for word in words], dtype=np.float32))
            for words in split
        ]


def test_word_matching_by_hand():
    found = [sentence("LoRA fixes.")]
    weights = {"lora": 1.0, "freez": 0.5}
    passages = [found[0].hit.passage]
    evidence = weigh("What does LoRA freezes?", passages, found, scored([0.7]), weights, WordsByHand())
    assert evidence == Evidence(
        sentence_cosine=pytest.approx(0.7),
        word_match=pytest.approx((1.0 * 1.0 + 0.5 * 0.6) / 1.5),
        weakest_word=pytest.approx(0.6),
        question_words=pytest.approx(math.log(2)),
        missing_names=0.0,
    )


def test_no_evidence():
    found, totals = [sentence("LoRA fixes.")], scored([0.7])
    passages, encoder = [found[0].hit.passage], WordsByHand()
    assert weigh("What is LoRA?", passages, [], None, {}, encoder) is None
    # Only sentences that could hold the kind of fact count, and only words that say something.
    assert weigh("How large is LoRA?", passages, found, totals, {}, encoder) is None
    assert weigh("What is it?", passages, found, totals, {}, encoder) is None


def test_words_match_by_meaning(minilm):
    found = [sentence("LoRA freezes the weights of the pretrained model.")]
    passages = [found[0].hit.passage]

    def match(question):
        evidence = weigh(question, passages, found, scored([0.5]), {}, minilm)
        assert evidence is not None
        return evidence.word_match, evidence.weakest_word

    near, far = match("Which parameters stay frozen?"), match("Which bakery sells croissants?")
    assert all(-1 <= value <= 1 for value in (*near, *far))
    assert near[0] > far[0]
    assert near[1] > far[1]


# --- gate.py


def test_the_probability_by_hand():
    gate = Gate(dict(zip(FEATURES, (1.0, 2.0, 3.0, 0.5, -0.25, 2.0), strict=True)), -2.0, 0.5, "nothing")
    logit = -2.0 + 1.0 * 0.5 + 2.0 * 0.25 + 3.0 * 0.1 + 0.5 * 2.0 - 0.25 * 4.0 + 2.0 * 0.35
    assert logit == pytest.approx(0.0)
    evidence = Evidence(0.5, 0.25, 0.1, 2.0, 4.0, 0.35)
    assert gate.probability(evidence) == pytest.approx(0.5)
    assert gate.probability(None) == 0.0


def test_the_fingerprint_is_of_what_decides():
    gate = Gate({"a": 1.0, "b": 2.0}, 0.0, 0.5, "nothing")
    assert len(gate.fingerprint) == 64
    assert replace(gate, trained_on="something", weights={"b": 2.0, "a": 1.0}).fingerprint == gate.fingerprint
    for change in ({"weights": {"a": 1.0, "b": 2.1}}, {"bias": 0.1}, {"threshold": 0.6}):
        assert replace(gate, **change).fingerprint != gate.fingerprint


def test_the_shipped_gates_weigh_every_feature():
    for gate in (shipped_gate(), plain_gate()):
        assert set(PLAIN_FEATURES) <= gate.weights.keys() <= set(FEATURES)
        assert 0 < gate.threshold < 1


# --- ask.py


LORA = """---
title: Low-rank adapters
date: 2024-05-01
status: current
---
# Low-rank adapters

LoRA typically trains between 0.1% and 1% of the parameters of a language model. The frozen weights stay in place.
"""
QUANTIZATION = """---
title: Quantization
status: superseded
---
# Quantization

NF4 is a data type of 4 bits whose levels follow the quantiles of a normal distribution.
"""
LEANING = """---
status: draft
---
# Pruning

It removes the smallest weights of a network after training.
"""
QUESTION = "What fraction of the parameters does LoRA train?"
ANSWER = "LoRA typically trains between 0.1% and 1% of the parameters of a language model."


@pytest.fixture(scope="module")
def retriever(tmp_path_factory, minilm):
    folder = tmp_path_factory.mktemp("answering")
    notes = folder / "notes"
    notes.mkdir()
    for name, text in (("lora", LORA), ("quantization", QUANTIZATION), ("pruning", LEANING)):
        (notes / f"{name}.md").write_text(text, encoding="utf-8")
    compose.run_ingestion(Settings(index=folder / "index"), [notes], encoder=minilm)
    with Retriever.open(folder / "index", encoder=minilm) as opened:
        yield opened


@pytest.fixture(scope="module")
def answerer(retriever, minilm):
    return Answerer(retriever, minilm, settings_hash="f" * 64)


def test_the_answer_stands_in_the_document(answerer, retriever):
    answer = answerer.ask(QUESTION)
    assert not answer.abstained
    assert answer.reason == ""
    assert answer.mode == "extract"
    strength = Strength(1, ("notes/lora.md",), (2024,))
    assert answer.sentences[0] == Sentence(ANSWER, (1,), Verdict.SUPPORTED, 1.0, strength=strength)
    assert answer.text.startswith(f"{ANSWER} [1]")
    assert [citation.marker for citation in answer.citations] == list(range(1, len(answer.sentences) + 1))
    for told, citation in zip(answer.sentences, answer.citations, strict=True):
        document = retriever.document(citation.document.id)
        assert document.text[citation.start : citation.end] == citation.quote == told.text
        assert citation.passage_id in {found.passage.id for found in answer.hits}
    assert answer.confidence >= plain_gate().threshold
    assert answer.timings_ms.keys() >= {"search.encode", "sentences", "gate", "select", "total"}


def test_an_answer_is_the_same_again(answerer):
    first, second = answerer.ask(QUESTION), answerer.ask(QUESTION)
    assert replace(first, timings_ms={}) == replace(second, timings_ms={})


def test_what_the_corpus_does_not_hold_is_not_answered(answerer):
    answer = answerer.ask("Who painted the ceiling of the Sistine Chapel?")
    assert answer.abstained
    assert (answer.sentences, answer.citations, answer.text) == ((), (), "")
    assert "do not mention 'painted', 'ceiling', 'Sistine', 'Chapel'" in answer.reason
    assert answer.hits
    assert answer.confidence < plain_gate().threshold


def test_filters_are_obeyed(answerer):
    filters = Filters(statuses=(Status.SUPERSEDED,))
    answer = answerer.ask(QUESTION, filters=filters)
    assert {found.document.id for found in answer.hits} == {"notes/quantization.md"}
    assert ANSWER not in answer.text
    assert answer.receipt.filters == filters


def test_filters_that_leave_nothing_say_so(answerer):
    answer = answerer.ask(QUESTION, filters=Filters(sources=("nowhere/*",)))
    assert answer.abstained
    assert answer.hits == ()
    assert answer.reason == "No document qualifies for this question."
    assert answer.notes == ("no document passes the filters",)
    assert answer.confidence == 0.0
    assert answer.receipt.gate.evidence is None


def test_sentences_that_cannot_stand_alone_are_a_reason(retriever, minilm):
    open_gate = Answerer(retriever, minilm, AnswerSettings(threshold=0.0))
    answer = open_gate.ask("What does pruning remove?", filters=Filters(statuses=(Status.DRAFT,)))
    assert answer.abstained
    assert answer.reason == (
        "The nearest passages hold only sentences that cannot stand alone, without the one before them."
    )


def test_no_more_sentences_than_asked_for(retriever, minilm):
    for most in (1, 2):
        settings = AnswerSettings(threshold=0.0, selection=SelectionSettings(max_sentences=most, stop_ratio=0.0))
        assert len(Answerer(retriever, minilm, settings).ask(QUESTION).sentences) == most


def test_the_receipt_says_what_made_the_answer(answerer, retriever, minilm):
    answer = answerer.ask(QUESTION)
    receipt, gate = answer.receipt, plain_gate()
    assert receipt.software.startswith("sota-rag ")
    assert receipt.generation == retriever.manifest.generation
    assert (receipt.encoder.id, receipt.encoder.fingerprint) == (minilm.info.id, minilm.info.fingerprint)
    assert (receipt.encoder.device, receipt.encoder.precision) == (minilm.placement.device, minilm.placement.precision)
    assert (receipt.reranker, receipt.reranker_note) == (None, "not run: there is no reranker")
    assert (receipt.llm, receipt.prompt_hash, receipt.seed) == (None, None, None)
    assert (receipt.gate.threshold, receipt.gate.fingerprint) == (gate.threshold, gate.fingerprint)
    assert round(gate.probability(receipt.gate.evidence), 4) == answer.confidence
    assert receipt.search == SearchSettings()
    assert receipt.filters is None
    assert receipt.settings_hash == "f" * 64
    with pytest.raises(FrozenInstanceError):
        receipt.generation = "000002"


def test_the_receipt_has_a_json_form(answerer):
    answer = answerer.ask(QUESTION, filters=Filters(statuses=(Status.CURRENT,), years=(2021, None)))
    form = receipt_form(answer.receipt)
    assert form == answer_form(answer)["receipt"]
    read = json.loads(json.dumps(form))
    assert read["encoder"].keys() == {"id", "fingerprint", "device", "precision"}
    assert read["gate"].keys() == {"threshold", "fingerprint", "evidence"}
    assert read["gate"]["evidence"].keys() == set(FEATURES)
    assert read["filters"] == {"kinds": [], "years": [2021, None], "statuses": ["current"], "sources": [], "roles": []}


class ByLength:
    """A reranker that likes long passages."""

    id = "by-length@0"
    calibrated = False

    def cut(self, query, texts):
        return 0

    def score(self, query, texts):
        return np.array([len(text) for text in texts], dtype=np.float32)


def test_a_reranker_is_named_only_when_it_ran(retriever, minilm):
    def receipt(settings=SearchSettings(), filters=None):
        with Retriever.open(retriever.index, encoder=minilm, reranker=ByLength(), settings=settings) as opened:
            return Answerer(opened, minilm).ask(QUESTION, filters=filters).receipt

    ran = receipt()
    assert (ran.reranker, ran.reranker_note) == ("by-length@0", "")
    off = receipt(SearchSettings(rerank=False))
    assert (off.reranker, off.reranker_note) == (None, "not run: switched off")
    idle = receipt(filters=Filters(sources=("nowhere/*",)))
    assert (idle.reranker, idle.reranker_note) == (None, "not run: no candidates")


# --- settings that reach the answer


def test_passages_cannot_be_wished_smaller_than_sections_are_joined_to():
    least = ChunkSettings().min_tokens
    assert Settings.load(chunking={"target_tokens": least}).chunk_settings(256).target_tokens == least
    with pytest.raises(SettingsError, match=rf"'chunking.target_tokens' has the value {least - 1}: .*{least}"):
        Settings.load(chunking={"target_tokens": least - 1})


def test_the_settings_reach_the_answerer():
    section = {"hits": 7, "read": 4, "max_sentences": 1, "threshold": 0.2}
    settings = Settings.load(answer=section, llm={"lora": "none"}).answer_settings()
    assert settings == AnswerSettings(7, 4, 0.2, SelectionSettings(max_sentences=1), Mode.AUTO)


@pytest.mark.parametrize(
    ("question", "sentence", "fits"),
    [
        ("How many experts does Mixtral use?", "Mixtral has 47 billion parameters.", False),
        ("How many experts does Mixtral use?", "Two of its 8 experts read each token.", True),
        ("How many of Mixtral's parameters are active?", "Mixtral uses 12.9 billion parameters per token.", True),
        ("How many gigabytes do the weights take?", "They take 140 GB in 16 bits.", True),
    ],
)
def test_how_many_asks_for_what_is_counted(question, sentence, fits):
    assert could_answer(question, sentence) is fits
