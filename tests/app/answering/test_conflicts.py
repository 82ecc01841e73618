"""Contradictions between passages: found where there are some, and above all not where there are none."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from sota_rag.app.answering.conflicts import MOST_PAIRS, ConflictKind, find_conflicts
from sota_rag.app.answering.sentences import Candidate
from sota_rag.index import DocumentInfo, Hit, Kind, Passage, Status
from sota_rag.index.types import Counterpart, PracticeMark, Relation

CONTRADICT = [
    ("GPT-3 has 175 billion parameters.", "GPT-3 has 170 billion parameters."),
    ("GPT-3 has 175B parameters and 96 layers.", "GPT-3 has 175 billion parameters and 48 layers."),
    ("BERT-base has 12 layers and 12 attention heads.", "BERT-base consists of 12 layers and 16 attention heads."),
    ("ImageNet contains 1.28 million training images.", "ImageNet has 1.2 billion training images."),
    ("LLaMA was trained on 1.4 trillion tokens of public text.",
     "LLaMA was trained on 1.0 trillion tokens of public text."),
    ("The default learning rate of Adam is 0.001.", "The default learning rate of Adam is 0.01."),
    ("Adam needs 8 bytes of optimizer state per parameter.", "Adam needs 12 bytes of optimizer state per parameter."),
    ("LoRA reduces the number of trainable parameters by 10,000 times.",
     "LoRA reduces the number of trainable parameters by 1,000 times."),
    ("Mixtral 8x7B activates 13 billion parameters per token.",
     "Mixtral 8x7B activates 47 billion parameters per token."),
    ("A QLoRA run on a 65B model fits on a GPU with 48 GB and needs 21 hours.",
     "A QLoRA run on a 65B model fits on a GPU with 48 GB and needs 40 hours."),
    ("ResNet-50 reaches 76.1% top-1 accuracy on ImageNet.", "ResNet-50 reaches 79.3% top-1 accuracy on ImageNet."),
    ("The Transformer base model reaches a BLEU score of 27.3 on WMT English-German.",
     "The Transformer base model reaches a BLEU score of 24.9 on WMT English-German."),
    ("BLOOM was trained for 118 days on 384 A100 GPUs.", "BLOOM was trained for 90 days on 384 A100 GPUs."),
    ("The SQuAD dataset contains more than 100,000 questions.",
     "The SQuAD dataset contains less than 50,000 questions."),
    ("Switch Transformer routes each token to 1 expert.", "Switch Transformer routes each token to 2 experts."),
    ("DPO uses a beta of 0.1 by default.", "DPO uses a beta of 0.5 by default."),
    ("BERT masks 15% of the input tokens during pretraining.",
     "BERT masks 20% of the input tokens during pretraining."),
    ("Chinchilla scaling asks for about 20 training tokens per parameter.",
     "Chinchilla scaling asks for about 200 training tokens per parameter."),
    ("A100 GPUs have a memory bandwidth of 2.0 TB/s.", "A100 GPUs have a memory bandwidth of 1.2 TB/s."),
    ("MNIST consists of 60,000 training images.", "MNIST contains 50,000 training images."),
    ("Mixed-precision training with Adam takes 16 bytes per parameter.",
     "Mixed-precision training with Adam takes 20 bytes per parameter."),
]  # fmt: skip

SCOPED = [
    ("Full fine-tuning of LLaMA 65B needs 780 GB of memory in 16 bits.",
     "Full fine-tuning of LLaMA 65B needs 1,043 GB of memory in 32 bits.", ("16 bits", "32 bits")),
    ("In 2019, BERT reached 80.5% on GLUE.", "In 2021, BERT reached 84.0% on GLUE.", ("2019", "2021")),
    ("ResNet-50 reaches 76.1% accuracy on ImageNet.", "ResNet-50 reaches 93.0% accuracy on CIFAR-10.",
     ("ImageNet", "CIFAR-10")),
    ("LoRA takes 14 GB of memory for a 7B model.", "LoRA takes 134 GB of memory for a 65B model.", ("7B", "65B")),
    ("MNIST has 60,000 training images.", "MNIST has 10,000 test images.", ("training", "test")),
    ("GPT-3 has 175 billion parameters.", "GPT-3 Ada has 350 million parameters.", ("", "Ada")),
]  # fmt: skip

NO_CONFLICT = [
    # the same, otherwise printed or rounded
    ("GPT-3 has 175 billion parameters.", "GPT-3 has 175B parameters."),
    ("GPT-3 has 175 billion parameters.", "GPT-3 has about 174.6 billion parameters."),
    ("Adam's default learning rate is 0.001.", "Adam's default learning rate is 1e-3."),
    ("ImageNet has 1.28 million training images.", "ImageNet has about 1.3 million training images."),
    ("A 65B model needs 780 GB of memory with Adam.", "A 65B model needs more than 700 GB of memory with Adam."),
    ("LoRA reduces memory by up to 4 times on GPT-3.", "LoRA reduces memory by 3 times on GPT-3."),
    ("A learning rate of 1e-5 to 5e-5 suits BERT well.", "A learning rate of 2e-5 suits BERT well."),
    # another thing is counted, or measured in something else
    ("GPT-3 has 175 billion parameters.", "GPT-3 has 96 layers."),
    ("BERT-base has 12 layers.", "BERT-base has 110M parameters."),
    ("LLaMA was trained on 1.4 trillion tokens.", "LLaMA was trained on 2,048 A100 GPUs."),
    ("BLOOM was trained for 118 days.", "BLOOM was trained for 3 epochs."),
    # another subject
    ("BERT-base has 12 layers.", "BERT-large has 24 layers."),
    ("GPT-2 has 1.5 billion parameters.", "GPT-3 has 175 billion parameters."),
    ("The encoder has a hidden size of 512.", "The decoder has a hidden size of 1024."),
    # a document's own experiment, example or choice
    ("We train the model with a batch size of 512.", "We train the model with a batch size of 1024."),
    ("Our model reaches an accuracy of 85.2% on ImageNet.", "Our model reaches an accuracy of 88.1% on ImageNet."),
    ("The model has 12 layers and 8 heads in total.", "The model has 24 layers and 8 heads in total."),
    ("For example, LoRA with 8 adapters takes 2 GB of memory.",
     "For example, LoRA with 8 adapters takes 5 GB of memory."),
    ("Suppose GPT-3 reads 100 tokens of the prompt.", "Suppose GPT-3 reads 500 tokens of the prompt."),
    ("The results of BERT on SQuAD are shown in Table 3.", "The results of BERT on SQuAD are shown in Table 7."),
    ("It reaches 93.2% accuracy on SQuAD with BERT.", "It reaches 90.9% accuracy on SQuAD with BERT."),
    # another setting
    ("Train LoRA adapters with rank 8 on all linear layers.", "Train LoRA adapters with rank 64 on all linear layers."),
    ("QLoRA was published in May 2023.", "QLoRA was published at NeurIPS in December 2023."),
    ("Two-dimensional convolution slides a kernel over the tensors of PyTorch.",
     "One-dimensional convolution slides a kernel over the tensors of PyTorch."),
    # another direction, negation or possibility
    ("LoRA raises throughput by 25% on GPT-3.", "LoRA lowers throughput by 40% on GPT-3."),
    ("Adam does not need 12 bytes of optimizer state.", "Adam needs 8 bytes of optimizer state."),
    ("LoRA can cut memory use on GPT-3 by 3 times.", "LoRA can cut memory use on GPT-3 by 2 times."),
    # several values of one kind
    ("LLaMA comes with 7B, 13B, 33B and 65B parameters.", "LLaMA comes with 7B, 13B and 70B parameters."),
]  # fmt: skip


def candidate(text, document="a.md", *, rank=1, **info):
    mark = info.pop("mark", None)
    about = DocumentInfo(document, document, document, **info)
    hit = Hit(Passage(f"{document}#00000", document, 0, 0, len(text), text), about, 1.0, rank, practice=mark)
    leans = text.startswith(("It ", "They ", "This "))
    return Candidate(hit, 0, len(text), text, leans, None)


def conflicts(minilm, *candidates, **options):
    found = list(candidates)
    return find_conflicts(found, minilm.encode([one.text for one in found]), **options)


@pytest.mark.parametrize(("old", "new"), CONTRADICT)
def test_contradictions_are_found(minilm, old, new):
    found = conflicts(minilm, candidate(new, "b.md", published="2024"), candidate(old, "a.md", published="2021"))
    assert [(one.kind, one.left.quote, one.right.quote, one.scoped) for one in found] == [
        (ConflictKind.NUMBER, old, new, False)
    ]
    assert found[0].left.says in old
    assert found[0].right.says in new
    assert found[0].what == f"{found[0].left.says} against {found[0].right.says}"


@pytest.mark.parametrize(("old", "new", "scopes"), SCOPED)
def test_other_settings_are_scopes(minilm, old, new, scopes):
    found = conflicts(minilm, candidate(old, "a.md", published="2021"), candidate(new, "b.md", published="2024"))
    assert [(one.scoped, one.left.scope, one.right.scope) for one in found] == [(True, *scopes)]


@pytest.mark.parametrize(("one", "other"), NO_CONFLICT)
def test_no_conflict_is_made_up(minilm, one, other):
    assert conflicts(minilm, candidate(one, "a.md"), candidate(other, "b.md")) == []
    assert conflicts(minilm, candidate(other, "b.md"), candidate(one, "a.md")) == []


def test_contradictions_come_before_scopes_and_no_more_than_asked_for(minilm):
    texts = [pair[0] for pair in SCOPED[1:4]] + [CONTRADICT[0][0]]
    others = [pair[1] for pair in SCOPED[1:4]] + [CONTRADICT[0][1]]
    candidates = [candidate(text, "a.md") for text in texts] + [candidate(text, "b.md") for text in others]
    found = conflicts(minilm, *candidates, limit=3)
    assert [one.scoped for one in found] == [False, True, True]
    assert found == conflicts(minilm, *candidates, limit=3)


def test_sentences_of_one_document_do_not_conflict(minilm):
    old, new = CONTRADICT[0]
    assert conflicts(minilm, candidate(old, "a.md"), candidate(new, "a.md")) == []


def test_only_conflicts_with_what_the_answer_rests_on(minilm):
    old, new = CONTRADICT[0]
    candidates = [candidate("LoRA freezes the base weights.", "c.md"), candidate(old, "a.md"), candidate(new, "b.md")]
    assert conflicts(minilm, *candidates, about={0}) == []
    assert len(conflicts(minilm, *candidates, about={2})) == 1


def test_two_documents_that_disagree_in_one_way_are_told_of_once(minilm):
    old, new = CONTRADICT[0]
    candidates = [candidate(old, "a.md"), candidate(new, "b.md"), candidate(f"In total, {new}", "b.md")]
    assert len(conflicts(minilm, *candidates)) == 1


def test_the_older_document_is_on_the_left_and_undated_ones_on_the_right(minilm):
    old, new = CONTRADICT[0]
    found = conflicts(minilm, candidate(new, "a.md"), candidate(old, "b.md", published="2020-05"))
    assert (found[0].left.document.id, found[0].left.published, found[0].right.published) == ("b.md", "2020-05", None)


def test_nothing_to_compare():
    empty = np.zeros((0, 384), dtype=np.float32)
    assert find_conflicts([], empty) == []
    assert find_conflicts([candidate(CONTRADICT[0][0])], np.eye(1, 384, dtype=np.float32)) == []


def test_many_sentences_that_are_alike_stay_cheap():
    found = [candidate(f"GPT-3 has {number} billion parameters.", f"{number}.md") for number in range(1, 1001)]
    vectors = np.zeros((len(found), 384), dtype=np.float32)
    vectors[:, 0] = 1
    looked = find_conflicts(found, vectors, limit=10_000)
    assert 0 < len(looked) <= MOST_PAIRS


def test_a_conflict_is_plain_data(minilm):
    old, new = CONTRADICT[0]
    form = asdict(conflicts(minilm, candidate(old, "a.md"), candidate(new, "b.md"))[0])
    assert json.loads(json.dumps(form))["left"]["says"] == "175 billion"


OLD = "Adam is the default optimizer for training large language models."
NEW = "AdamW is the default optimizer for training large language models."


@pytest.mark.parametrize("gone", [Status.SUPERSEDED, Status.HISTORICAL])
def test_a_superseded_document_that_recommends_something_else(minilm, gone):
    found = conflicts(
        minilm,
        candidate(NEW, "new.md", published="2023", status=Status.CURRENT),
        candidate(OLD, "old.md", published="2018", status=gone),
    )
    assert [(one.kind, one.what, one.left.document.id) for one in found] == [
        (ConflictKind.STATUS, "Adam against AdamW", "old.md")
    ]


@pytest.mark.parametrize(
    ("old", "new", "statuses"),
    [
        (OLD, NEW, (Status.CURRENT, Status.CURRENT)),
        (OLD, NEW, (Status.UNKNOWN, Status.CURRENT)),
        (OLD, NEW, (Status.SUPERSEDED, Status.UNKNOWN)),
        (OLD, OLD, (Status.SUPERSEDED, Status.CURRENT)),
        (OLD.replace("is", "was", 1), NEW, (Status.SUPERSEDED, Status.CURRENT)),
        (OLD.replace("the default", "an"), NEW.replace("the default", "an"), (Status.SUPERSEDED, Status.CURRENT)),
        (OLD, NEW.replace("large language", "vision"), (Status.SUPERSEDED, Status.CURRENT)),
        (f"Unlike AdamW, {OLD}", f"Unlike AdamW, {NEW}", (Status.SUPERSEDED, Status.CURRENT)),
    ],
)
def test_documents_that_do_not_differ_in_what_is_current(minilm, old, new, statuses):
    candidates = (candidate(old, "old.md", status=statuses[0]), candidate(new, "new.md", status=statuses[1]))
    assert conflicts(minilm, *candidates) == []


WARM = PracticeMark(
    Relation.SUPERSEDED, "K-1", "restart the learning rate schedule", "One decay works as well.", 2017,
    (Counterpart("K-2", "use a single cycle of cosine decay", 2020, 1),),
)  # fmt: skip
COSINE = PracticeMark(
    Relation.SUCCESSOR, "K-2", "use a single cycle of cosine decay", "One decay works as well.", 2020,
    (Counterpart("K-1", "restart the learning rate schedule", 2017, 2),),
)  # fmt: skip
STATED = candidate("Restart the learning rate schedule after every few epochs.", "old.md", rank=2, mark=WARM)
REPLACED = candidate("Use a single cycle of cosine decay for large runs.", "new.md", mark=COSINE)


def test_a_passage_that_states_a_superseded_practice_stands_beside_its_successor(minilm):
    (found,) = conflicts(minilm, REPLACED, STATED)
    assert (found.kind, found.left.quote, found.right.quote) == (ConflictKind.STATUS, STATED.text, REPLACED.text)
    assert (found.left.says, found.right.says) == ("superseded", "current")


@pytest.mark.parametrize(
    "old",
    [
        candidate("The learning rate schedule was restarted every few epochs.", "old.md", rank=2, mark=WARM),
        candidate("A schedule tells how fast weights move in training.", "old.md", rank=2, mark=WARM),
        *(
            candidate(text, "old.md", rank=2, mark=WARM)
            for text in (
                "Some restart the learning rate schedule, whereas others use a single cycle of cosine decay.",
                "Unlike a single cycle of cosine decay, some restart the learning rate schedule.",
                "In contrast to a single cycle of cosine decay, some restart the learning rate schedule.",
            )
        ),
        candidate(STATED.text, "r.yaml", rank=2, mark=WARM, kind=Kind.REGISTRY),
        candidate(STATED.text, "old.md", rank=2),
    ],
)
def test_a_passage_that_does_not_state_it_as_current(minilm, old):
    assert conflicts(minilm, REPLACED, old) == []
