"""How many tokens a text has at most, for models whose tokenizer is out of reach.

Byte-pair vocabularies hold common words whole, so that English prose has some 4.5 bytes a token; digits and signs
often stand alone, a blank before a digit is a token of its own, and letters of other scripts take up to a token for
each byte. On the shipped documents, on Python and on JSON the estimate is 1.06 to 1.8 times SmolLM2's own count.
"""

import math
import re

# Per message: the control tokens around it. Per prompt: the beginning of the answer, and the system message that some
# templates put in by themselves.
MESSAGE_TOKENS = 8
PROMPT_TOKENS = 80

_LETTERS_A_TOKEN = 3
_RUN = re.compile(r"(?P<letters>[A-Za-z]+)|(?P<blanks> +(?=[0-9])| {2,})|(?P<glued> )|(?P<other>.)", re.DOTALL)


def upper_estimate(text: str) -> int:
    """Tokens of a text, hardly ever too few."""
    tokens = 0
    for run in _RUN.finditer(text):
        if run.lastgroup == "letters":
            tokens += math.ceil(len(run.group()) / _LETTERS_A_TOKEN)
        elif run.lastgroup == "blanks":
            tokens += 1
        elif run.lastgroup == "other":
            tokens += max(1, len(run.group().encode("utf-8", "replace")) - 1)
    return tokens
