"""What the numeric guard lets through and what it reports, on sentences of the guides that ship."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sota_rag.app.answering.verify.quantities import Fault, check, quantities
from sota_rag.app.answering.verify.quantity_guard import unsupported

ROUTING = "Mixtral 8x7B routes each token to 2 of 8 experts in every layer."
MIXTRAL = (
    "Mixtral 8x7B has 46.7 billion parameters in total and uses 12.9 billion per token, as reported by Mistral AI "
    "in December 2023."
)
GSHARD = (
    "The 2020 GShard paper brought top-2 routing to the transformer and trained a translation model of more than 600 "
    "billion parameters on 2048 TPU v3 accelerators in 4 days."
)
CAPACITY = (
    "With 1024 tokens, 8 experts, top-1 routing and a capacity factor of 1.25, each expert accepts at most 160 tokens."
)
SERVING = (
    "Mixtral 8x7B needs roughly 93 GB for its weights at 16 bits per parameter, against about 26 GB for a dense model "
    "of 12.9 billion parameters."
)
RANK = "Rank 16 on all linear layers of Llama 2 7B gives 40.0 million trainable parameters, or 0.59% of the model."
CHECKPOINT = (
    "In the 2021 LoRA paper, the GPT-3 checkpoint per task shrank from 350 GB to 35 MB with rank 4 on the query and "
    "value projections."
)
QLORA = (
    "Fine-tuning a 65B model fits on a single 48 GB GPU with QLoRA, while regular 16-bit fine-tuning needs more than "
    "780 GB, according to the 2023 QLoRA paper."
)
DPO = "The 2023 DPO paper used a beta of 0.5, with a learning rate of 1e-6 and a batch size of 64."
PROMPTS = (
    "The 2022 InstructGPT paper used about 13 thousand training prompts for supervised fine-tuning, 33 thousand for "
    "the reward model and 31 thousand for PPO."
)
SIZES = (
    "In the 2022 InstructGPT paper, outputs of the 1.3-billion-parameter InstructGPT were preferred to those of the "
    "175-billion-parameter GPT-3."
)
BANDWIDTH = (
    "Bandwidth-bound decoding cannot exceed memory bandwidth divided by weight bytes, so a 4 GB file at 100 GB per "
    "second yields at most 25 tokens per second."
)
GPTQ = (
    "The 2022 GPTQ paper quantized 175B-parameter models to 3 or 4 bits in about four GPU hours, calibrating on 128 "
    "text segments of 2,048 tokens."
)
FAILURES = (
    "Contextual retrieval, in which a language model writes a short introduction for every chunk, was reported by "
    "Anthropic in September 2024 to cut top-20 retrieval failures from 5.7% to 3.7%."
)
DPR = (
    "The DPR paper of 2020 reported that a dense retriever beat a Lucene BM25 system by 9 to 19 percentage points of "
    "top-20 passage accuracy on open-domain question answering."
)
RRF = (
    "RRF uses $k = 60$ by convention, the value that Cormack, Clarke and Büttcher fixed in their 2009 SIGIR paper "
    "after a pilot study."
)
BM25 = (
    "BM25 has two parameters: $k_1$, commonly 1.2 to 2.0, controls term saturation, and $b$, commonly 0.75, controls "
    "length normalisation."
)
INDEX = (
    "An exact dense index of 200,000 vectors with 384 float32 dimensions takes about 307 MB, so small corpora need no "
    "approximate index and no vector database."
)
SHARE = "LoRA typically trains 0.1% to 1% of a language model's parameters, depending on the rank."
SMOOTH = (
    "SmoothQuant, published in 2022, shifts activation outliers into the weights and reported up to 1.56 times speedup "
    "and half the memory at INT8."
)
AFTER = "LoRA displaced adapters and prompts for most language-model work after 2021."
ADAM = (
    r"We train with Adam, $\beta_1 = 0.9$, $\beta_2 = 0.95$ and $\epsilon = 10^{-8}$ at a peak learning rate of "
    r"$3 \times 10^{-4}$ for 300B tokens."
)
TEN_TIMES = "The LoRA learning rate should be swept and is typically about ten times the best full fine-tuning rate."
TASKS = "Prompt tuning still makes sense when hundreds of tasks share one very large served model."
GGUF = "GGUF replaced the older GGML file format in August 2023."
QUESTIONS = "A set of 50 to 100 real user questions with marked evidence usually guides RAG settings better."

FAITHFUL = [
    (ROUTING, "Each token is routed to two of eight experts in Mixtral 8x7B."),
    (ROUTING, "Mixtral selects 2 experts per layer for each token."),
    (MIXTRAL, "Mixtral 8x7B activates 12.9B of its 46.7B parameters per token."),
    (MIXTRAL, "It has 46.7B parameters, of which 12.9 billion are used for each token."),
    (MIXTRAL, "In 2023 Mistral AI reported 46.7 billion parameters."),
    (GSHARD, "GShard trained a model with over 600B parameters on 2,048 TPU v3 accelerators in four days."),
    (GSHARD, "In 2020, GShard used 2048 TPUs."),
    (CAPACITY, "Each expert accepts no more than 160 tokens with a capacity factor of 1.25."),
    (CAPACITY, "With 8 experts and 1,024 tokens, an expert takes up to 160 tokens."),
    (SERVING, "Mixtral's weights need about 93 GB at 16 bits."),
    (SERVING, "A dense 12.9B-parameter model needs around 26 gigabytes in 16-bit precision."),
    (RANK, "With rank 16, Llama 2 7B has 40 million trainable parameters (0.59 percent)."),
    (RANK, "LoRA with r = 16 trains 0.59% of the 7B model."),
    (CHECKPOINT, "The checkpoint shrank from 350 GB to 35 MB at rank 4."),
    (CHECKPOINT, "The original 350 GB checkpoint became 0.035 GB in size, with a rank of 4."),
    (QLORA, "QLoRA fine-tunes a 65-billion-parameter model on one 48GB GPU."),
    (QLORA, "Regular 16-bit fine-tuning requires over 780 GB of memory."),
    (DPO, "For summarisation, DPO used β = 0.5, a learning rate of 0.000001 and a batch size of 64."),
    (DPO, "beta was set to 0.5 with lr 1e-6."),
    (PROMPTS, "InstructGPT used roughly 13,000 prompts for SFT, 33k for the reward model and 31k for PPO."),
    (PROMPTS, "The reward model used 33 thousand training prompts."),
    (SIZES, "The 1.3B InstructGPT was preferred over the 175B GPT-3."),
    (BANDWIDTH, "A 4 GB file at 100 GB/s gives at most 25 tokens/s."),
    (GPTQ, "GPTQ quantized 175B models to 3 or 4 bits in approximately 4 GPU-hours."),
    (GPTQ, "It was calibrated on 128 segments of 2048 tokens."),
    (FAILURES, "In 2024 Anthropic reported a drop from 5.7 percent to 3.7 percent."),
    (FAILURES, "In September 2024, failures fell to 3.7%."),
    (DPR, "The dense retriever was 9–19 percentage points better than BM25."),
    (RRF, "RRF uses a constant k of 60."),
    (BM25, "k1 is commonly between 1.2 and 2.0, and b = 0.75 is common."),
    (INDEX, "200k vectors of 384 dimensions take about 307 MB."),
    (SHARE, "LoRA trains between 0.1% and 1% of the parameters."),
    (SHARE, "LoRA trains up to 1% of parameters."),
    (SMOOTH, "SmoothQuant gives up to 1.56x speedup and halves the memory."),
    (SMOOTH, "It reached a speedup of up to 1.56× with 50% of the memory."),
    (AFTER, "After 2021, LoRA displaced adapters."),
    (ADAM, "They used Adam with β₁ = 0.9, β₂ = 0.95 and ε = 1e-8."),
    (ADAM, "The peak learning rate was 3e-4, on 300 billion tokens."),
    (TEN_TIMES, "The best LoRA learning rate is about 10x the best full fine-tuning rate."),
    (TASKS, "Prompt tuning makes sense when hundreds of tasks share one model."),
    (GGUF, "In 2023, GGUF replaced GGML."),
    (QUESTIONS, "Use 50–100 questions with marked evidence."),
    ("It scored 7.63 on average.", "It scored about 7.6."),
    ("It trained on 2.1 billion tokens.", "It trained on billions of tokens."),
    ("It needs 8 GB or more.", "It needs at least 8 GB."),
    ("The context grew to 32,768 tokens.", "The context grew to about 33 thousand tokens."),
    ("It ran from 2017 to 2020.", "It started in 2017."),
]

CHANGED = [
    (ROUTING, "Each token is routed to two of sixteen experts.", Fault.MISSING),
    (ROUTING, "Each token is routed to 8 of 8 experts.", Fault.MISSING),
    (ROUTING, "Each token is routed to 2 of 8 layers.", Fault.UNIT),
    (MIXTRAL, "It uses 46.7 billion parameters per token.", Fault.UNIT),
    (MIXTRAL, "It uses 12.9 million per token.", Fault.UNIT),
    (MIXTRAL, "It has 46.7 billion tokens.", Fault.UNIT),
    (MIXTRAL, "It was reported in November 2023.", Fault.MISSING),
    (MIXTRAL, "It was reported on 3 December 2023.", Fault.MISSING),
    (GSHARD, "GShard trained a model with less than 600B parameters.", Fault.BOUND),
    (GSHARD, "GShard trained a model with 600B parameters.", Fault.BOUND),
    (GSHARD, "It used 2048 GPUs.", Fault.UNIT),
    (GSHARD, "It took 4 hours.", Fault.UNIT),
    (CAPACITY, "Each expert accepts at least 160 tokens.", Fault.BOUND),
    (CAPACITY, "With 8 tokens", Fault.UNIT),
    (CAPACITY, "a capacity factor of 1.5", Fault.MISSING),
    (SERVING, "about 93 MB of weights", Fault.UNIT),
    (SERVING, "at 16 bytes per parameter", Fault.UNIT),
    (SERVING, "about 93 GiB of weights", Fault.UNIT),
    (RANK, "alpha 16 gives 40 million parameters", Fault.KEY),
    (RANK, "or 0.59 percentage points", Fault.UNIT),
    (CHECKPOINT, "It shrank from 35 MB to 350 GB.", Fault.MISSING),
    (QLORA, "A 56B model fits.", Fault.MISSING),
    (QLORA, "It fits on two 48 GB GPUs.", Fault.MISSING),
    (DPO, "a beta of 64 and a batch size of 0.5", Fault.KEY),
    (DPO, "a learning rate of 1e-5", Fault.MISSING),
    (PROMPTS, "about 13 million prompts", Fault.UNIT),
    (PROMPTS, "13 thousand labellers", Fault.UNIT),
    (BANDWIDTH, "25 tokens per minute", Fault.UNIT),
    (BANDWIDTH, "100 Gb per second", Fault.UNIT),
    (BANDWIDTH, "at least 25 tokens per second", Fault.BOUND),
    (GPTQ, "four GPU days", Fault.UNIT),
    (GPTQ, "128 tokens", Fault.UNIT),
    (FAILURES, "failures rose from 3.7% to 5.7%", Fault.MISSING),
    (DPR, "by 9 to 19 percent", Fault.UNIT),
    (RRF, "b = 60", Fault.KEY),
    (BM25, "b of 1.2 to 2.0", Fault.KEY),
    (INDEX, "384 vectors", Fault.UNIT),
    (SHARE, "0.1% to 10%", Fault.MISSING),
    (SMOOTH, "up to 1.56% speedup", Fault.UNIT),
    (SMOOTH, "at least 1.56 times", Fault.BOUND),
    (AFTER, "before 2021", Fault.BOUND),
    (ADAM, "β₁ = 0.95, β₂ = 0.9", Fault.KEY),
    (ADAM, "300B parameters", Fault.UNIT),
    (TASKS, "thousands of tasks", Fault.MISSING),
    (TASKS, "hundreds of models", Fault.UNIT),
    (GGUF, "before August 2023", Fault.BOUND),
    ("rank 16 and alpha 8", "rank 8 and alpha 16", Fault.KEY),
    ("Choosing 2 of 16 experts beats choosing 8 of 64.", "Choosing 2 of 64 experts is best.", Fault.MISSING),
    ("It scored 7.63 on average.", "It scored 7.6.", Fault.MISSING),
    ("It scored 7.63 on average.", "It scored about 7.7.", Fault.MISSING),
    ("It scored 7.63 on average.", "It scored about 8.63.", Fault.MISSING),
    ("It needs 8 GB.", "It needs more than 8 GB.", Fault.BOUND),
    ("It was shown in the first stage.", "It was shown in the second stage.", Fault.MISSING),
]


@pytest.mark.parametrize(("evidence", "claim"), FAITHFUL)
def test_faithful_claims_pass(evidence, claim):
    assert check(claim, evidence) == []


@pytest.mark.parametrize(("evidence", "claim", "fault"), CHANGED)
def test_changed_claims_are_reported(evidence, claim, fault):
    assert fault in [problem.kind for problem in check(claim, evidence)]


def test_a_problem_names_what_the_claim_prints():
    claim = "It needs about 48 MB, and 8 GPUs."
    problems = check(claim, "It needs about 48 GB.")
    assert [(problem.text, problem.kind) for problem in problems] == [("48 MB", Fault.UNIT), ("8", Fault.MISSING)]
    assert problems[0].message == "the passage gives the number of '48 MB' for something else"
    assert claim[problems[1].quantity.start : problems[1].quantity.end] == "8"


def test_a_claim_without_quantities_has_no_problem():
    assert check("LoRA freezes the weights.", "Nothing of the kind.") == []


def test_everything_is_missing_without_evidence():
    assert [problem.kind for problem in check("It has 8 experts.", "")] == [Fault.MISSING]


def test_a_year_stands_for_no_other_number_of_its_sentence():
    assert check("Models were released in 2025 and 2025.", "Models were released in 2024 and 2025.")


def test_part_of_a_verbatim_claim_is_not_taken_for_the_whole():
    assert check("It uses 12", "It uses 12.9 GB.")
    assert check("It uses 12.", "It uses 12.9 GB.")


_SENTENCES = [evidence for evidence, _ in FAITHFUL]


@given(st.lists(st.sampled_from(_SENTENCES), min_size=1, max_size=5), st.data())
@settings(max_examples=100, deadline=None)
def test_a_sentence_stands_in_every_passage_that_holds_it(sentences, data):
    passage = " ".join(sentences)
    claim = data.draw(st.sampled_from(sentences))
    assert check(claim, passage) == []
    assert unsupported(claim, quantities(claim), quantities(passage)) == []


_PIECES = st.sampled_from(
    "8 16 0.5 1e-4 2021 10^{-4} $ % GB -bit B x × about at least more than up to of , . ; - – to and or per token each "
    "experts rank = ( ) [ ] / one two third half hundred thousands billions June 17th GPT- Llama from between the "
    "first percentage points since before".split(" ")
)


@given(st.lists(_PIECES, max_size=30).map(" ".join) | st.text(max_size=60))
@settings(max_examples=500, deadline=None)
def test_a_text_agrees_with_itself(text):
    assert check(text, text) == []
    assert unsupported(text, quantities(text), quantities(text)) == []


@given(st.lists(_PIECES, max_size=20).map(" ".join))
@settings(max_examples=200, deadline=None)
def test_line_breaks_do_not_matter(text):
    broken = text.replace(" ", "\n")
    assert unsupported(text, quantities(text), quantities(broken)) == []
