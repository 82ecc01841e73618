"""Document text made harmless before a model reads it, and a model's text before a reader sees it.

Evidence is data. What looks like a control token of some chat template, or like a frame of ours, loses its meaning;
what addresses the model instead of the reader is withheld and counted.
"""

import re
import unicodedata

_CONTROL_TOKENS = re.compile(
    r"<[|｜][^|｜<>\n]{1,40}[|｜]>|</?s>|<</?SYS>>|</?(?:start|end)_of_turn>|<(?:bos|eos|pad|unk)>|</?think>|"
    r"\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_(?:CALLS|RESULTS|CONTENT))\]|"
    r"^\s*(?:system|assistant|user|human)\s*:",
    re.IGNORECASE | re.MULTILINE,
)
_FRAME = re.compile(r"^\s*(?:passages?|question|answer)\s*:", re.IGNORECASE | re.MULTILINE)

_NUMBERS = (
    r"\s*(?:passages?\s*)?\^?\d{1,3}(?:\s*(?:,?\s*and\b|[,;&–-])\s*(?:passages?\s*)?\^?\d{1,3})*"
    r"\s*(?:†[^\[\]【】\n]{0,60})?"
)
# Every form in which a model may name passages: [1], [1, 2], [^1], [Passage 1 and 2], 【1†source】.
MARKER = re.compile(rf"\[{_NUMBERS}\](?!\()|【{_NUMBERS}】", re.IGNORECASE)
_PROMPT_MARKER = re.compile(rf"\[{_NUMBERS}\]|【{_NUMBERS}】", re.IGNORECASE)
# Behind a letter it is an index, as in `x[1]`, and no marker.
_SHOWN_MARKER = re.compile(r"(?<![\w\])])\[(\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)\]")
_LITERAL = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|\$\$.+?\$\$|\$(?=\S)[^$\n]*?(?<=\S)\$(?!\d)", re.DOTALL)
_VALUES_FOLLOW = re.compile(r"(?:\b(?:in|intervals?|range|between)|[∈=])\s*$", re.IGNORECASE)
_SOURCES_FOLLOW = re.compile(
    r"\b(?:shown|stated|described|given|discussed|reported|mentioned|noted|explained|seen|found|proposed|introduced|as)"
    r"\s+in\s*$",
    re.IGNORECASE,
)

_IMAGE = re.compile(r"!\[[^\[\]\n]{0,300}\]\([^()\n]{0,500}\)")
_LINKED = re.compile(r"!?\[([^\[\]\n]{0,300})\]\(\s*(?:[^()\s]|\([^()\s]*\)){0,500}(?:\s+\"[^\"]*\")?\s*\)")
_STOP = r"\s`*|<>()\[\]\"'“”‘’,;"
_ADDRESS = re.compile(
    rf"<[a-z][a-z0-9+-]{{1,19}}:(?://)?[^\s<>]*[./@][^\s<>]*>|"
    rf"(?:[a-z0-9+-]{{1,20}}://|\bwww\.(?=[a-z0-9]))(?:[^{_STOP}]|\([^{_STOP}]*\))*(?<![.!?:])|"
    rf"\b(?:javascript|mailto):\S+|\bdata:[a-z]+/[a-z0-9.+-]+[;,]\S*",
    re.IGNORECASE,
)
_ELEMENTS = (
    r"a|abbr|address|article|aside|audio|b|base|bdi|bdo|blockquote|body|br|button|canvas|caption|center|cite|code|"
    r"col|colgroup|dd|del|details|dfn|div|dl|dt|em|embed|figcaption|figure|font|footer|form|frame|h[1-6]|head|header|"
    r"hr|html|i|iframe|img|input|ins|kbd|label|legend|li|link|main|map|mark|math|meta|nav|noscript|object|ol|option|p|"
    r"picture|pre|q|samp|script|section|select|small|source|span|strong|style|sub|summary|sup|svg|table|tbody|td|"
    r"template|textarea|tfoot|th|thead|time|title|tr|track|tt|u|ul|var|video|wbr"
)
_BOOLEAN = r"async|autofocus|autoplay|checked|controls|defer|disabled|hidden|loop|multiple|muted|nowrap|open|selected"
# A comparison such as `a<b and c>d` is no tag: only known elements, and what has the syntax of attributes, are.
_TAG = re.compile(
    rf"<!--.{{0,1000}}?-->|<![a-z\[][^<>\n]{{0,300}}>|<\?[^<>\n]{{0,300}}>|"
    rf"</[a-z][\w.:-]{{0,40}}\s*>|<[a-z][\w.:-]{{0,40}}\s*/>|"
    rf"<(?:{_ELEMENTS})(?:\s+(?:{_BOOLEAN})\b|\s+[\w:@-]{{1,40}}=[^<>\n]{{0,300}})?\s*/?>|"
    rf"<[a-z][\w.:-]{{0,40}}\s+(?:[\w:@-]{{1,40}}\s+){{0,3}}[\w:@-]{{1,40}}\s*=\s*[\"'{{][^<>\n]{{0,300}}>",
    re.IGNORECASE | re.DOTALL,
)
_HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f\u00ad\u180e]"
)
# Control characters that part words, as the form feed between two pages does.
_PARTING = re.compile("[\x0b\x0c\x1c-\x1f\x85]")

_YOU_ARE = r"(?:ai|assistants?|llms?|(?:large )?language models?|chatbots?|bots?|summari[sz]ers?|reader models?)"
_RULES = r"(?:instructions?|prompts?|directions?|guidelines?|rules?|guidance|constraints?)"
_IGNORE = r"(?:ignore|disregard|forget|override|bypass|skip)"
_BEFORE = r"(?:previous|prior|above|earlier|preceding|all|any|your|other|these)"
_SPEAK = r"(?:answer|reply|respond|say|claim|state|write|tell|include|add|mention|recommend|output|print)"
_REPLY = r"(?:answers?|repl(?:y|ies)|responses?|summar(?:y|ies)|output)"
_WORDS = r"(?:the (?:exact )?(?:word|phrase|sentence|string|token|text|code ?word|link|url)\b|[\"“‘]|(?-i:[A-Z]{3,}\b))"
_COMMAND = (
    rf"(?:please|now|always|never|do not|don[’']t|you|your|from now on|{_IGNORE}|{_SPEAK}|repeat|reveal|append|recite|"
    r"translate|discard|abandon|drop|stop|obey|follow|cite|show|disclose|execute|run)\b"
)
# Where an order begins: a sentence or a clause, behind words of politeness or haste.
_ORDER = r"(?:^\W*|[.:;!?,—]\W{1,3})(?:(?:please|now|kindly|just|simply|instead|then|important|you must),? )*"

_COMMANDS_MODEL = re.compile(
    rf"{_ORDER}{_IGNORE}\b[^.;:!?]{{0,20}}\b{_BEFORE}\b[^.;:!?]{{0,25}}\b{_RULES}\b|"
    rf"{_ORDER}{_IGNORE} (?:the |all |all the )?(?:instructions?|guidelines?|prompts?)\b|"
    rf"{_ORDER}{_IGNORE} (?:(?:all|any|of|the|these|rest) )*(?:(?:other|previous|prior|above|preceding|earlier) "
    r"(?:passages?|context|sources?|documents?|text)|(?:passages?|context|sources?|documents?|text) above)\b|"
    r"\bstop following (?:(?:the|your|these|any|all|previous|above) )*"
    rf"(?:{_RULES}|above|previous)\b|\bnew instructions?\s*:|"
    rf"{_ORDER}(?:prefer|trust|cite|quote|obey|follow) this (?:passage|document|source|text|note|sentence)\b|"
    r"(?:^\W*|[.!?]\s+)(?:model|assistant|ai|llm|chatbot|language model)\s*[,:]\s*" + _COMMAND + "|"
    rf"^\W*(?:attention[\s,:!]*(?:to )?|(?:note|dear|hey|hello|message|notice|instructions?)\b.{{0,20}}?(?:to|for)?)\s*"
    rf"(?:all |any |the )?{_YOU_ARE}\s*(?:[,:!—–]|-\s)|"
    rf"\bnotes? (?:for|to) (?:the |any |all )?{_YOU_ARE}\b|"
    rf"\b(?:(?:any|every|each|all) {_YOU_ARE} (?:reading|(?:that|who|which) reads?)\b|"
    rf"the {_YOU_ARE} (?:reading|(?:that|who|which) reads?) (?:this|these)\b)|"
    r"^\W*(?:system|developer|admin(?:istrator)?|operator|assistant)\s*(?:message|override|note|notice|update|"
    r"instruction|command)\s*[:>\]]|"
    r"\[(?:system|developer|admin(?:istrator)?|operator) (?:message|override|note|notice|update|instruction|command)\]|"
    rf"^\W*(?:system|developer|admin(?:istrator)?|operator)\s*:\s*(?:{_COMMAND}|"
    r"(?:the|this) (?:user|assistant|model|ai)\b)|"
    r"(?:^\W*|[.:;!?,]\W{1,3})you(?: are|[’']re) now (?:an?|the|my|called|named|free|no longer|in \w+ mode|"
    r"(?-i:[A-Z]\w+))\b|"
    r"\bfrom now on,? (?:you (?:are (?:an?|the|to|called|named)\b|(?:must|will|shall|should) (?:only |always |never )?"
    rf"{_SPEAK}\b)|(?:always|only|never) {_SPEAK}\b)|"
    rf"{_ORDER}pretend (?:to be|you are|that you)\b|"
    r"\bas an? (?:\w+ )?(?:ai|language model|llm|assistant|chatbot)(?: \w+)?,? you (?:must|should|shall|will|are to|"
    r"have to)\b|"
    rf"\byour (?:reply|answer|response|summary) (?:must|should|is to|has to|shall)\b|"
    rf"{_ORDER}(?:answer|reply|respond|say|write|print|output) (?:only|exactly|just|nothing but)\b (?:with )?"
    rf"(?:{_WORDS}|this\b|the following\b)|"
    rf"{_ORDER}(?:say|answer|reply|respond)(?: with| only| exactly| just)* {_WORDS}|"
    r"\b(?:if|when|whenever) (?:you(?: are|[’']re) )?(?:asked|prompted|answering|summari[sz]ing)\b[^,]{0,60}, "
    rf"(?:(?:please|always|then|simply|only|just|never|you (?:must|should|shall|will|are to|have to)) )*{_SPEAK}\b|"
    r"\b(?:if|when) you (?:answer|see|read|process|summari[sz]e) (?:this|these|the (?:passage|text|document))\b"
    rf"[^,]{{0,40}}, (?:(?:please|always|then|simply|only|just|you must) )*{_SPEAK}\b|"
    rf"{_ORDER}(?:do not|don[’']t|never) (?:tell|inform|reveal|disclose|mention)\b.{{0,30}}\b(?:the users?|the reader|"
    r"anyone)\b|"
    rf"{_ORDER}(?:reveal|print|repeat|show|output|leak|quote|recite|disclose|paste|dump|translate)\b.{{0,30}}\b"
    r"(?:your|system|initial|original|hidden) (?:prompt|instructions?|message)\b",
    re.IGNORECASE,
)
_ADDRESSES_MODEL = re.compile(
    rf"\b{_IGNORE}\b[^.;:!?]{{0,20}}\b{_BEFORE}\b[^.;:!?]{{0,25}}\b{_RULES}\b|"
    rf"{_ORDER}(?:ignore|disregard|forget) (?:(?:all|any|of|the|these|other|rest|previous|prior|above|preceding) )*"
    r"(?:passages?|context|sources?|documents?)\b|"
    r"\b(?:prefer|trust|cite|quote|obey|follow) this (?:passage|document|source|text|note|sentence)\b|"
    r"\b(?:discard|abandon|drop|leave|stop|end) your (?:task|work|role|job)\b|"
    rf"^\W*assistant\s*:|\b{_REPLY}\b.{{0,40}}\b(?:must|are to|is to|ha(?:s|ve) to) (?:\w+ )?(?:say|be given|be signed|"
    r"begin with|end with|mention|recommend|contain the)\b|"
    r"\b(?:(?:they|you) (?:must|are to|have to)|it (?:must|is to|has to)) (?:always |only |then )?(?:say|mention|"
    r"recommend|be given|be signed|begin with|end with)\b|"
    r"\byour (?:(?:system|initial|original|hidden|secret) prompt|(?:\w+ )?(?:instructions|guidelines|rules))\b|"
    r"\b(?:reveal|print|repeat|show|output|leak|quote|recite|disclose|paste|dump|translate)\b.{0,30}\b(?:system|"
    r"initial|original|hidden) (?:prompt|instructions?|message)\b|"
    rf"{_ORDER}act (?:as|like) (?:if you\b|my\b|an? (?:\w+ ){{0,2}}(?:assistant|ai|chatbot|expert|terminal|person|"
    r"character)\b)|"
    r"\byou (?:must|should|shall|will|are to|have to) (?:now |always |only |instead )?(?:"
    r"(?:answer|reply|respond|say|tell|state|recommend) (?:with\b|only\b|that\b|exactly\b|in\b|as\b|this\b|users?\b|"
    rf"the (?:user|reader)s?\b|every|{_WORDS})|"
    rf"(?:write|print|output|repeat|append|include|cite) (?:only\b|exactly\b|{_WORDS})|"
    rf"(?:begin|start|end|finish) (?:every|each|all|your|the) {_REPLY}\b)|"
    r"^\W*(?:(?:please|now|instead|simply|just|kindly),? )*(?:"
    r"(?:answer|reply|respond) (?:\w+ ){0,4}?(?:only|exactly|with|verbatim|instead|that)\b|"
    r"tell (?:the |every )?(?:users?|readers?|everyone)\b|"
    rf"(?:write|print|output|repeat|append|include|recite) (?:out )?(?:exactly\b|{_WORDS}|(?:\w+ ){{1,6}}verbatim\b|"
    r"the following:)|"
    rf"(?:begin|start|end|finish) (?:every|each|all|your) {_REPLY}\b)|"
    r"\b(?:do not|don[’']t|never) (?:tell|inform|mention|reveal|disclose)\b.{0,30}\b(?:users?|reader|anyone|this "
    r"(?:passage|text|note|instruction))\b|"
    rf"{_ORDER}(?:do not|don[’']t|never) (?:answer|cite|use|trust|quote) (?:(?:from|any|the|other|all|of) )*"
    r"(?:questions?|passages?|sources?)\b",
    re.IGNORECASE,
)


def addresses_model(sentence: str) -> bool:
    """Whether a sentence speaks to whoever answers instead of to a reader; a guess by its wording.

    A guide about attacks quotes such sentences; withholding them costs that guide little.
    """
    said = " ".join(sentence.split())
    return bool(_COMMANDS_MODEL.search(said) or _ADDRESSES_MODEL.search(said))


def literals(text: str) -> list[tuple[int, int]]:
    """Spans of code in backticks and of formulas between dollar signs: brackets in them are never markers."""
    return [match.span() for match in _LITERAL.finditer(text)]


def holds_values(text: str, start: int, end: int) -> bool:
    """Whether the brackets at a span of a text hold an interval or a vector, such as [0, 1], and name no passage."""
    numbers = re.findall(r"\d+", text[start:end])
    before = text[max(0, start - 40) : start]
    if len(numbers) < 2 or "passage" in text[start:end].lower():
        return before.rstrip().endswith("=")
    if any(int(number) == 0 for number in numbers):
        return True
    return bool(_VALUES_FOLLOW.search(before)) and not _SOURCES_FOLLOW.search(before)


def for_prompt(text: str) -> str:
    """Document text as a model may read it: no control token, marker, frame, tag or address in it; on one line."""
    text = _visible(unicodedata.normalize("NFC", text))
    text = _CONTROL_TOKENS.sub(" ", text)
    text = _FRAME.sub(" ", text)
    text = _TAG.sub(" ", text)
    text = _LINKED.sub(r"\1", text)
    text = _ADDRESS.sub(" ", text)
    spans = literals(text)

    def disarmed(match: re.Match[str]) -> str:
        several = len(re.findall(r"\d+", match.group())) > 1
        if several and (_within(match.start(), spans) or holds_values(text, *match.span())):
            return match.group()
        return f"({match.group()[1:-1].strip()})"

    return " ".join(_PROMPT_MARKER.sub(disarmed, text).split())


def for_reader(text: str) -> str:
    """A sentence as a reader may see it, on one line: links are their labels, images and tags are gone.

    "(address)" stands for a bare address. Numbers in brackets, such as a paper's own references, are put into
    parentheses: brackets are for our markers; intervals, formulas and code keep theirs.
    """
    text = _CONTROL_TOKENS.sub(" ", _visible(text))
    text = _LINKED.sub(r"\1", _IMAGE.sub(" ", text))
    text = _ADDRESS.sub("(address)", _TAG.sub(" ", text))
    spans = literals(text)

    def rounded(match: re.Match[str]) -> str:
        if _within(match.start(), spans) or holds_values(text, *match.span()):
            return match.group()
        return f"({match.group(1)})"

    shown = _SHOWN_MARKER.sub(rounded, text).replace("](", "] (").replace("![", "! [")
    return " ".join(shown.split())


def quotable(text: str) -> str:
    """A quotation letter for letter, line breaks included, unless something in it has to go."""
    return text if is_clean(text) else for_reader(text)


def is_clean(text: str) -> bool:
    """Whether a sentence can be shown as it stands: nothing in it would become a link, an image or a tag."""
    return not _PARTING.search(text) and " ".join(text.split()) == for_reader(text)


def _visible(text: str) -> str:
    return _HIDDEN.sub("", _PARTING.sub(" ", text))


def _within(place: int, spans: list[tuple[int, int]]) -> bool:
    return any(start <= place < end for start, end in spans)
