"""The question: typed, taken from an example, or linked to by `?q=` in the address."""

from collections.abc import Iterable

import streamlit as st

from ...index import DocumentInfo
from ..strategies import Turn

_ASKED, _LINKED, _TYPED, _TURNS = "asked", "linked", "typed", "turns"
_PARAMETER = "q"
# Servers and proxies refuse addresses much longer than this once it is percent-encoded.
_LONGEST_LINK = 2_000

# Each with the shipped guide that answers it; one without shows what silence looks like.
_EXAMPLES = (
    ("What fraction of the parameters does LoRA train?", "guides/parameter-efficient-fine-tuning.md"),
    ("How many experts does Mixtral use per token?", "guides/mixture-of-experts.md"),
    ("Why does DPO need no reward model?", "guides/preference-tuning.md"),
    ("What is NF4?", "guides/quantization.md"),
    ("What replaced post-layer normalisation, and why?", "guides/normalization-and-residuals.md"),
    ("Who won the 2018 football World Cup?", None),
)


def question_box() -> str:
    """Draw the box; returns the question that is being asked, or an empty string."""
    _follow_the_address()
    with (
        st.form("question", border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        st.text_input(
            "Question",
            key=_TYPED,
            placeholder="Ask the corpus, such as: What fraction of the parameters does LoRA train?",
            label_visibility="collapsed",
        )
        st.form_submit_button("Ask", type="primary", on_click=_ask_typed)
    return st.session_state[_ASKED]


def examples(documents: Iterable[DocumentInfo]) -> None:
    """Questions that the shipped documents answer, as far as those are in the index; a click asks."""
    held = {document.id for document in documents}
    offered = [question for question, guide in _EXAMPLES if guide is None or guide in held]
    if len(offered) < 2:
        return
    with st.container(horizontal=True, key="examples", gap="small"):
        for place, question in enumerate(offered):
            st.button(question, key=f"example-{place}", on_click=ask, args=(question,))


def ask(question: str) -> None:
    """Ask from now on, at the beginning of a conversation, and put the question into the address."""
    question = question.strip()
    linked = question if len(question) <= _LONGEST_LINK else ""
    st.session_state.update({_ASKED: question, _TYPED: question, _LINKED: linked, _TURNS: ()})
    if linked:
        st.query_params[_PARAMETER] = linked
    else:
        st.query_params.pop(_PARAMETER, None)


def ask_on(question: str, turns: tuple[Turn, ...]) -> None:
    """Ask after what was said before; the address holds no conversation, and so nothing."""
    st.session_state.update({_ASKED: question.strip(), _TYPED: "", _LINKED: "", _TURNS: turns})
    st.query_params.pop(_PARAMETER, None)


def turns_before() -> tuple[Turn, ...]:
    """Questions and answers of the conversation before the question that is being asked."""
    return st.session_state.get(_TURNS, ())


def _ask_typed() -> None:
    ask(st.session_state[_TYPED])


def _follow_the_address() -> None:
    """Take the question over from a link, at the first run of a session and when the visitor goes back."""
    linked = st.query_params.get(_PARAMETER, "")
    if linked != st.session_state.get(_LINKED):
        st.session_state.update({_ASKED: linked.strip(), _TYPED: linked, _LINKED: linked, _TURNS: ()})
