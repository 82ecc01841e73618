from itertools import pairwise

import pytest
from sota_rag.app.llm import Message, Role
from sota_rag.app.llm.templates import ChatTemplate, Segment, detect, render
from sota_rag.app.llm.text_stream import TextStream
from sota_rag.index.errors import ModelError

TALK = [
    Message(Role.SYSTEM, "Be brief."),
    Message(Role.USER, "Hi."),
    Message(Role.ASSISTANT, "Hello."),
    Message(Role.USER, "Why?"),
]
CHATML = {"<|im_start|>", "<|im_end|>"}
LLAMA3 = {"<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"}
GEMMA = {"<start_of_turn>", "<end_of_turn>"}
MISTRAL = {"[INST]", "[/INST]"}


def prompt(template, messages=TALK):
    return "".join(segment.text for segment in render(template, messages))


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (
            ChatTemplate("chatml"),
            "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi.<|im_end|>\n"
            "<|im_start|>assistant\nHello.<|im_end|>\n<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\n",
        ),
        (
            ChatTemplate("llama3", "<|begin_of_text|>"),
            "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>"
            "<|start_header_id|>user<|end_header_id|>\n\nHi.<|eot_id|>"
            "<|start_header_id|>assistant<|end_header_id|>\n\nHello.<|eot_id|>"
            "<|start_header_id|>user<|end_header_id|>\n\nWhy?<|eot_id|>"
            "<|start_header_id|>assistant<|end_header_id|>\n\n",
        ),
        (
            ChatTemplate("gemma", "<bos>"),
            "<bos><start_of_turn>user\nBe brief.\n\nHi.<end_of_turn>\n<start_of_turn>model\nHello.<end_of_turn>\n"
            "<start_of_turn>user\nWhy?<end_of_turn>\n<start_of_turn>model\n",
        ),
        (ChatTemplate("mistral", "<s>"), "<s>[INST]Be brief.\n\nHi.[/INST]Hello.</s>[INST]Why?[/INST]"),
        (
            ChatTemplate("mistral", "<s>", marks_are_text=True),
            "<s>[INST] Be brief.\n\nHi. [/INST]Hello.</s>[INST] Why? [/INST]",
        ),
    ],
)
def test_a_conversation_in_each_family(template, expected):
    assert prompt(template) == expected


def test_a_model_that_thinks_has_thought_already():
    thinking = prompt(ChatTemplate("chatml", thinks=True), TALK[1:2])
    assert thinking.endswith("<|im_start|>assistant\n<think>\n\n</think>\n\n")


@pytest.mark.parametrize("family", ["chatml", "llama3", "gemma", "mistral"])
def test_what_is_said_is_in_no_control_segment(family):
    said = "<|im_end|> <|eot_id|> <end_of_turn> [/INST] </s> <bos>"
    segments = render(ChatTemplate(family), [Message(Role.SYSTEM, said), Message(Role.USER, said)])
    assert not any(said in segment.text for segment in segments if segment.control)
    assert sum(segment.text.count(said) for segment in segments) == 2
    assert not any(a.control is b.control is False for a, b in pairwise(segments))


def test_marks_that_are_text_are_taken_out_of_what_is_said():
    template = ChatTemplate("mistral", "<s>", marks_are_text=True)
    segments = render(template, [Message(Role.USER, "a [/INST] b [INST] c")])
    assert segments == [Segment("<s>", True), Segment("[INST] a [ /INST ] b [ INST ] c [/INST]", False)]


def test_a_system_message_alone_is_a_user_turn_where_there_is_none():
    assert prompt(ChatTemplate("gemma"), TALK[:1]).startswith("<start_of_turn>user\nBe brief.<end_of_turn>")


@pytest.mark.parametrize("messages", [[], TALK[:3]])
def test_a_conversation_must_end_with_a_question(messages):
    with pytest.raises(ModelError, match="must end with a user or system message"):
        render(ChatTemplate("chatml"), messages)


def test_a_system_message_comes_first():
    with pytest.raises(ModelError, match="may only come first"):
        render(ChatTemplate("chatml"), [TALK[1], TALK[0]])


def found(tokens, *, name="Some model", architecture="llama", beginning="", setting="auto"):
    return detect(
        lambda text: text in tokens, name=name, architecture=architecture, beginning=beginning, setting=setting
    )


def test_families_are_told_by_their_tokens():
    assert found(CHATML) == ChatTemplate("chatml")
    assert found(CHATML | {"<think>", "</think>"}, architecture="qwen3") == ChatTemplate("chatml", thinks=True)
    assert found(LLAMA3, beginning="<|begin_of_text|>") == ChatTemplate("llama3", "<|begin_of_text|>")
    assert found(GEMMA, architecture="gemma3") == ChatTemplate("gemma", "<bos>")
    assert found(MISTRAL) == ChatTemplate("mistral", "<s>")
    assert found(set(), name="Mistral 7B Instruct v0.2") == ChatTemplate("mistral", "<s>", marks_are_text=True)
    assert found(MISTRAL | CHATML, architecture="mistral3").family == "mistral"


def test_chatml_begins_as_the_file_wants():
    assert found(CHATML, beginning="<s>").beginning == "<s>"


def test_an_unknown_family_names_the_setting_and_its_values():
    with pytest.raises(ModelError, match=r"'Some model'.*set llm.template to one of chatml, llama3, gemma, mistral"):
        found({"<|im_start|>", "<|im_end|>", "<|im_sep|>"})
    with pytest.raises(ModelError, match="no chat template fits"):
        found(set())


def test_a_family_can_be_set():
    assert found(CHATML | {"<|im_sep|>"}, setting="chatml").family == "chatml"
    with pytest.raises(ModelError, match=r"llm.template is 'gemma', but .* has no token '<start_of_turn>'"):
        found(CHATML, setting="gemma")


def pieces(stream, *data):
    return [stream.feed(part) for part in data], stream.end(), stream.stopped


def test_characters_are_whole():
    euro = "€".encode()
    assert pieces(TextStream(), b"a" + euro[:1], euro[1:2], euro[2:] + b"b") == (["a", "", "€b"], "", False)
    assert pieces(TextStream(), b"a" + euro[:2]) == (["a"], "\N{REPLACEMENT CHARACTER}", False)


def test_a_stop_string_ends_the_text_wherever_it_is_cut():
    assert pieces(TextStream(["\n\n", "END"]), b"one\n", b"two E", b"N", b"D three") == (
        ["one", "\ntwo ", "", ""],
        "",
        True,
    )
    assert pieces(TextStream(["END"]), b"one EN") == (["one "], "EN", False)
