"""A scripted language model, and an index over a few notes."""

from collections.abc import Callable

import pytest
from sota_rag.app import compose
from sota_rag.app.llm.types import Finished, LanguageModelInfo, Prompted, Text
from sota_rag.app.settings import Settings
from sota_rag.index import Retriever

NOTES = {
    "lora": "LoRA freezes the pretrained weights and trains two low-rank matrices in every layer.",
    "lora-memory": "An adapter of rank 16 needs 80 MB of disk for a model of seven billion parameters.",
    "lora-merging": "After training, the update is merged into the frozen weights, which costs nothing at inference.",
    "quantization": "Quantization stores weights with fewer bits, for instance four instead of sixteen.",
    "quantization-gptq": "GPTQ quantizes one layer after the other and corrects the rounding with second derivatives.",
    "quantization-awq": "AWQ scales the salient channels before rounding, chosen by the size of the activations.",
    "bread": "Sourdough bread rises slowly.",
    "bread-storage": "A loaf keeps for four days in a wooden box.",
    "bread-toast": "Rye bread toasts more evenly than wheat bread.",
}


class ScriptedModel:
    """Writes what it is told to: `say` maps the last message to a text, an error to raise, or a pair (text, reason)."""

    def __init__(self, say: Callable | str | Exception = "", *, grammar=False):
        self.say = say
        self.info = LanguageModelInfo("scripted", "0" * 64, 2048, grammar, True, "script", "nowhere")
        self.requests = []

    def count_tokens(self, texts):
        return [len(text.split()) for text in texts]

    def count_prompt(self, messages):
        return sum(self.count_tokens([message.content for message in messages]))

    def generate(self, request, cancel=None):
        self.requests.append(request)
        said = self.say(request) if callable(self.say) else self.say
        if isinstance(said, Exception):
            raise said
        text, reason = said if isinstance(said, tuple) else (said, "stop")
        if cancel is not None and cancel.cancelled:
            yield Finished("cancelled", 0, 0.0)
            return
        yield Prompted(self.count_prompt(request.messages), 0, 0.0, 1.0)
        for place in range(0, len(text), 7):
            yield Text(text[place : place + 7])
        yield Finished(reason, len(text.split()), 1.0)


@pytest.fixture(scope="session")
def scripted():
    """The class of the scripted model."""
    return ScriptedModel


@pytest.fixture(scope="session")
def retriever(tmp_path_factory, minilm):
    """An index over the notes, encoded with the embedded encoder; read only."""
    folder = tmp_path_factory.mktemp("strategies")
    (folder / "notes").mkdir()
    for name, text in NOTES.items():
        (folder / "notes" / f"{name}.md").write_text(f"# {name}\n\n{text}\n", encoding="utf-8")
    settings = Settings(index=folder / "index")
    compose.run_ingestion(settings, [folder / "notes"], encoder=minilm)
    with Retriever.open(folder / "index", encoder=minilm) as opened:
        yield opened


@pytest.fixture
def view(retriever):
    """One view of it."""
    return retriever.view()
