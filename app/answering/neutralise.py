"""Document text made harmless before a model reads it, and a model's text before a reader sees it.

Evidence is data. What looks like a control token of some chat template, or like a frame of ours, loses its meaning;
what addresses the model instead of the reader is withheld and counted.
"""

import re
import unicodedata

_CONTROL_TOKENS = re.compile(
    r"<\|[^|<>\n]{1,40}\|>|</?s>|\[/?INST\]|<</?SYS>>|</?(?:start|end)_of_turn>|<(?:bos|eos|pad|unk)>|"
    r"</?think>|^\s*(?:system|assistant|user|human)\s*:",
    re.IGNORECASE | re.MULTILINE,
)
_MARKER = re.compile(r"\[(\d{1,3})\]")
# Behind a letter it is an index, as in `x[1]`, and no marker.
_SHOWN_MARKER = re.compile(r"(?<![\w\])])\[(\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)\]")
_FRAME = re.compile(r"^\s*(?:passages?|question|answer)\s*:", re.IGNORECASE | re.MULTILINE)
_LINKED = re.compile(r"!?\[([^\[\]\n]{0,300})\]\((?:[^()\s]|\([^()\s]*\)){0,500}(?:\s+\"[^\"]*\")?\)")
_ADDRESS = re.compile(r"\b(?:[a-z][a-z0-9+.-]{1,15}://|www\.|mailto:|javascript:|data:)\S*", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z!][^<>\n]{0,300}>|<!--.{0,1000}?-->", re.DOTALL)
_HIDDEN = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f\u00ad\u180e]")

_ADDRESSES_MODEL = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass|skip)\b.{0,20}\b(?:previous|prior|above|earlier|preceding|all|any|"
    r"your|other|these)\b.{0,40}\b(?:instructions?|prompts?|rules?|directions?|guidelines?|passages?|context|"
    r"sources?|text|guidance|constraints?)\b|"
    r"\b(?:ignore|disregard|forget|override|bypass) (?:the |all |all the )?(?:passages?|context|instructions?|rules?|"
    r"sources?|guidelines?|prompts?)\b|"
    r"\b(?:prefer|trust|cite|quote|obey|follow) this (?:passage|document|source|text|note|sentence)\b|"
    r"\b(?:discard|abandon|drop|leave|stop|end) your (?:task|work|role|job)\b|"
    r"(?:^|[.!?]\s*)(?:model|assistant|ai|llm|chatbot)\s*[,:]|"
    r"\b(?:they|it|you|answers?|responses?|repl(?:y|ies)|summar(?:y|ies))\b.{0,40}\b(?:must|are to|is to|ha(?:s|ve) "
    r"to)\b.{0,20}\b(?:say|be given|be signed|begin with|end with|mention|recommend)\b|"
    r"\byour (?:system|initial|original|hidden|own)? ?(?:prompt|instructions?|guidelines|rules)\b|"
    r"\b(?:reveal|print|repeat|show|output|leak|quote|recite|disclose|paste|dump)\b.{0,30}\b(?:system|initial|"
    r"original|hidden) (?:prompt|instructions?|message)\b|"
    r"\b(?:you are now|act as|pretend (?:to be|that)|from now on,? you|as an? (?:ai|language model|assistant)\b|"
    r"you (?:must|should|shall|will|are to|have to) (?:now |always |only |instead )?(?:answer|reply|respond|say|write|"
    r"print|output|repeat|tell|state|include|append|begin|start|end|recommend|cite)\b)|"
    r"\b(?:dear|attention|note to|notice to|message (?:to|for)|instructions? (?:to|for)|hey|hello)\b.{0,20}\b(?:ai|"
    r"assistants?|language models?|llms?|models?|chatbots?|bots?|readers? model|summari[sz]ers?)\b|"
    r"^\W*(?:please |now |instead,? |simply |just |kindly )*(?:answer|reply|respond|say|print|output|repeat|reveal|"
    r"write|append|include|tell|state|recite|translate|end your|start your|begin your|finish your)\b.{0,60}\b(?:only|"
    r"exactly|with|the (?:word|phrase|text|user|reader|sentence|string|token|code)|your|everyone|that|instead|"
    r"verbatim|answer|response|reply)\b|"
    r"\b(?:system|developer|admin(?:istrator)?|operator|assistant)\s*(?:message|override|note|notice|update|mode|"
    r"instruction|command)?\s*[:>\]]|"
    r"\b(?:do not|don[’']t|never) (?:tell|inform|mention|reveal|disclose|answer|cite|use)\b.{0,40}\b(?:users?|reader|"
    r"anyone|this|question|passages?|sources?)\b|"
    r"\b(?:when|if) (?:asked|answering|summari[sz]ing|you (?:are asked|are answering|are summari[sz]ing|answer|read|"
    r"see|process|summari[sz]e))\b"
    r".{0,60}\b(?:say|answer|reply|respond|claim|state|write|tell|include|add|mention|recommend|always|output|print)\b",
    re.IGNORECASE | re.DOTALL,
)


def addresses_model(sentence: str) -> bool:
    """Whether a sentence speaks to whoever answers instead of to a reader; a guess by its wording.

    A guide about attacks quotes such sentences; withholding them from a prompt costs that guide little.
    """
    return bool(_ADDRESSES_MODEL.search(" ".join(sentence.split())))


def for_prompt(text: str) -> str:
    """Document text as a model may read it: no control token, marker, frame, tag or address in it; on one line."""
    text = _HIDDEN.sub("", unicodedata.normalize("NFC", text))
    text = _CONTROL_TOKENS.sub(" ", text)
    text = _FRAME.sub(" ", text)
    text = _TAG.sub(" ", text)
    text = _LINKED.sub(r"\1", text)
    text = _ADDRESS.sub(" ", text)
    text = _MARKER.sub(r"(\1)", text)
    return " ".join(text.split())


def for_reader(text: str) -> str:
    """A sentence as a reader may see it, on one line: links are their labels, images, tags and addresses are gone.

    Numbers in brackets, such as a paper's own references, are put into parentheses: brackets are for our markers.
    """
    text = _HIDDEN.sub("", text)
    text = _CONTROL_TOKENS.sub(" ", text)
    text = re.sub(r"!\[[^\[\]\n]{0,300}\]\([^()\n]{0,500}\)", " ", text)
    text = _LINKED.sub(r"\1", text)
    text = _TAG.sub(" ", text)
    text = _SHOWN_MARKER.sub(r"(\1)", _ADDRESS.sub(" ", text))
    text = text.replace("](", "] (").replace("![", "! [")
    return " ".join(text.split())


def quotable(text: str) -> str:
    """A quotation letter for letter, line breaks included, unless something in it has to go."""
    return text if is_clean(text) else for_reader(text)


def is_clean(text: str) -> bool:
    """Whether a sentence can be shown as it stands: nothing in it would become a link, an image or a tag."""
    return " ".join(text.split()) == for_reader(text)
