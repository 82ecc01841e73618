"""Questions with numbered passages, and what a careful writer says: sentences with markers, or that nothing is said.

The passages are those that our own search brings up (`train.reranker.mine`): the one that answers stands at a random
place among some that do not. Targets stay with the words of their passage, because every sentence of an answer is
checked against it: the sentence that holds the answer, a person's own answer as far as the passage bears it out, or the
answer put as a statement. Nothing that is reported on is read: of SQuAD the articles that are not held out, of CLAPnq
and HaluEval the halves for training, of our own topics the part `dev`.
"""

import json
import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Literal

from sota_rag.app.answering.packing import entry
from sota_rag.app.answering.prompts import ABSTENTION
from sota_rag.app.compose import starter_corpus, starter_topics
from sota_rag.app.strategies.content import content_terms, content_words
from sota_rag.eval.claims import read_set
from sota_rag.index import Encoder

from ..documents import read_documents
from ..reranker import collections as read
from ..reranker.mine import Group, mine
from ..split import kept_for_good
from ..verifier.statements import clean_statement
from ..words import detokenised, sentences

MOST = {"squad": 5000, "pubmedqa": 1000, "expertqa": 600, "headings": 2000, "cloze": 1500}
"""Questions of a collection at most; the others give all they have."""
OFTEN = {"topics": 3, "clapnq": 3}
"""How often a question is taken, each time among other passages; the others once."""
SILENT = 0.22
"""Share of questions that no passage answers."""
ALONE, BESIDE_ONE = 0.2, 0.15
"""Shares of the questions whose answering passage is shown alone, and with one other."""
DATED = 0.5
"""Share of questions whose passages have dates and states beside their titles."""
MOST_WORDS = 48
"""Of a sentence that is a target."""
BORNE_OUT = 0.6
"""Share of the words of a person's sentence that the passage must have."""
_NOTE = re.compile(r"\s*\[[^\[\]]{1,30}\]")
_FORBIDDEN = re.compile(r"[\[\]<>{}\n|$\\`_*#]|https?:")
_DANGLING = re.compile(r"^(?:he|she|they|his|her|their|this|these|those|that|such|however|but|and|also|it|its)\b", re.I)

Part = Literal["first", "further", "kept"]
"""What data are for: the first training, one that starts from its adapter and sees other sources, measuring."""
Target = Callable[[str], list[str]]
"""From the text of a passage to the sentences that answer; none where the passage gives none fit to say."""


@dataclass(frozen=True, slots=True)
class Example:
    """One question with its passages and its answer.

    Attributes:
        origin: which data it is from.
        question: as asked.
        passages: texts with their title in the first line, in the order of their markers.
        gold: place of the passage that answers, from 0; None where none does.
        answer: sentences without markers; empty where the passages do not say.
        answers: strings of which one is to be found in a right answer, for measuring; may be empty.
    """

    origin: str
    question: str
    passages: tuple[str, ...]
    gold: int | None
    answer: tuple[str, ...]
    answers: tuple[str, ...] = ()

    def evidence(self) -> str:
        """The passages as `app.answering.packing` puts them into the prompt."""
        return "\n\n".join(f"[{number}] {_entry(text)}" for number, text in enumerate(self.passages, 1))

    def reply(self) -> str:
        """What the model is to write."""
        if self.gold is None:
            return ABSTENTION
        return " ".join(marked(sentence, self.gold + 1) for sentence in self.answer)


@cache
def _entry(text: str) -> str:
    """A passage as it stands in the prompt, without its number."""
    title, *lines = text.splitlines()
    return entry(1, title, "", lines)[0].removeprefix("[1] ")


def marked(sentence: str, marker: int) -> str:
    """A sentence with its marker before the full stop."""
    end = sentence[-1] if sentence[-1] in ".!?" else "."
    return f"{sentence.rstrip('.!? ')} [{marker}]{end}"


def plain(question: str) -> str:
    """A question by which it is known again, however it was put."""
    return " ".join(question.lower().rstrip("?").split())


def sayable(sentence: str) -> str | None:
    """A sentence fit to be written: without notes in brackets, not too long, without markup."""
    said = _NOTE.sub("", " ".join(sentence.split())).strip()
    if not said or len(said.split()) > MOST_WORDS or len(said.split()) < 3 or _FORBIDDEN.search(said):
        return None
    return said if said[-1] in ".!?\"')" and not said.endswith("?") else None


def holding(text: str, answers: Sequence[str]) -> list[str]:
    """The sentence of a text that holds one of the answers, with the one before it where it hangs in the air."""
    found = sentences(text.partition("\n")[2] or text)
    for place, sentence in enumerate(found):
        if any(answer in sentence for answer in answers):
            said = sayable(sentence)
            before = sayable(found[place - 1]) if said and place and _DANGLING.match(said) else None
            return [one for one in (before, said) if one] if said else []
    return []


def share(sentence: str, text: str) -> float:
    """Share of a sentence's content words that a text has, 0 to 1."""
    words = content_terms(sentence)
    return len(words & content_terms(text)) / len(words) if words else 0.0


def in_words_of(people: Sequence[str], text: str, most: int = 3) -> list[str]:
    """The sentences of a person's answer that a passage bears out, up to the first that it does not."""
    found: list[str] = []
    for sentence in people[:most]:
        said = sayable(sentence)
        if said is None or share(said, text) < BORNE_OUT:
            break
        found.append(said)
    return found


def targets(data: Path) -> dict[str, dict[str, tuple[Target, tuple[str, ...]]]]:
    """For each collection, plain question → what answers it in a passage, and strings that a right answer holds."""
    return {
        "squad": dict(_squad(data)),
        "qed": dict(_qed(data)),
        "halueval": dict(_halueval(data)),
        "clapnq": dict(_clapnq(data)),
        "pubmedqa": dict(_pubmedqa(data)),
        "topics": dict(_topics()),
        "expertqa": {},
        "headings": {},
        "cloze": {},
    }


def _squad(data: Path, *, held_out: bool = False) -> Iterator[tuple[str, tuple[Target, tuple[str, ...]]]]:
    for _, _, paragraph in read.squad_paragraphs(data, held_out=held_out):
        for row in paragraph["qas"]:
            if not row["is_impossible"]:
                answers = tuple(dict.fromkeys(" ".join(one["text"].split()) for one in row["answers"]))
                said = clean_statement(row["question"], min(answers, key=len))
                yield plain(row["question"]), (partial(_stated_or_held, said, answers), answers)


def _stated_or_held(statement: str | None, answers: Sequence[str], text: str) -> list[str]:
    if statement and any(answer in text for answer in answers) and (said := sayable(statement)):
        return [said]
    return holding(text, answers)


def _qed(data: Path) -> Iterator[tuple[str, tuple[Target, tuple[str, ...]]]]:
    for one in read.qed(data).asked:
        yield plain(one.text), (partial(holding, answers=one.answers), one.answers)


def _halueval(data: Path) -> Iterator[tuple[str, tuple[Target, tuple[str, ...]]]]:
    for claim in read_set("halueval", data / "claims" / "halueval", "dev"):
        if claim.supported:
            answers = (claim.text.strip(" ."),)
            said = clean_statement(claim.question, answers[0])
            yield plain(claim.question), (partial(_stated_or_held, said, answers), answers)


def _clapnq(data: Path) -> Iterator[tuple[str, tuple[Target, tuple[str, ...]]]]:
    for row in read.clapnq_rows(data, "answerable"):
        people = sentences(detokenised(row["output"][0]["answer"]))
        yield plain(row["input"]), (partial(in_words_of, people), ())


def _pubmedqa(data: Path) -> Iterator[tuple[str, tuple[Target, tuple[str, ...]]]]:
    for _, row in read.pubmedqa_rows(data):
        yield plain(row["QUESTION"]), (partial(_closest, row["LONG_ANSWER"]), ())


def _closest(conclusion: str, text: str) -> list[str]:
    """The sentence of an abstract that is closest to its conclusion, which is not part of it."""
    scored = [(share(conclusion, one), sayable(one)) for one in sentences(text)]
    best = max(scored, key=lambda one: one[0], default=(0.0, None))
    return [best[1]] if best[1] and best[0] >= 0.3 else []


def _topics() -> Iterator[tuple[str, tuple[Target, tuple[str, ...]]]]:
    for question in _lines(read.QUESTIONS):
        quotes = [gold["quote"] for gold in question["gold"]]
        yield plain(question["question"]), (partial(_quoted, quotes, []), ())
    for topic in starter_topics("dev").read():
        quotes = [gold.quote for gold in topic.gold]
        yield plain(topic.question), (partial(_quoted, quotes, sentences(topic.reference or "")), ())


def _quoted(quotes: Sequence[str], people: Sequence[str], text: str) -> list[str]:
    """A person's answer where the passage bears it out, else up to two of the quotes that stand in it."""
    flat = " ".join(text.split())
    if said := in_words_of(people, flat):
        return said
    found = [sayable(quote) for quote in quotes if " ".join(quote.split()) in flat]
    return [one for one in found if one][:2]


def _lead(question: str, text: str) -> list[str]:
    """The first sentences of a section that are fit to say, two at most: what it is about."""
    found = []
    for sentence in sentences(text.partition("\n")[2] or text)[:4]:
        said = sayable(sentence)
        if said and len(said.split()) >= 6 and not (found and said == found[-1]):
            found.append(said)
        elif found:
            break
        if len(found) == 2 or (found and share(question, found[0]) >= 0.5):
            break
    return found


def asked_by_words(sentence: str, dice: random.Random) -> str:
    """A search by some words of a sentence, in their order."""
    words = content_words(sentence)
    keep = max(3, min(7, round(len(words) * dice.uniform(0.35, 0.6))))
    chosen = sorted(dice.sample(range(len(words)), min(keep, len(words))))
    said = " ".join(words[place] for place in chosen)
    return said if dice.random() < 0.5 else dice.choice(("what about {}?", "What is said of {}?")).format(said)


def asked_of(heading: str, dice: random.Random) -> str:
    """A heading as people ask for it."""
    if heading.endswith("?") or len(heading.split()) > 6:
        return heading
    form = dice.choice(("{}", "What is {}?", "Explain {}.", "{}?", "What should I know about {}?", "How does {} work?"))
    return form.format(heading)


def examples_of(
    group: Group, said: Mapping[str, tuple[Target, tuple[str, ...]]], dice: random.Random
) -> Example | None:
    """A group as an example: its answering passage at a random place among two or so of the others."""
    others = list(group.texts[1:] if group.answered else group.texts)
    count = min(len(others), dice.choice((1, 2, 2, 2, 3)))
    if not group.answered:
        # The first is the paragraph that the question was made for, where there is one.
        chosen = [others[0], *dice.sample(others[1:], min(len(others) - 1, count))]
        dice.shuffle(chosen)
        return Example(group.collection, group.question, tuple(chosen), None, ())
    question, text, answers = group.question, group.texts[0], ()
    if group.collection == "headings":
        answer, question = _lead(question, text), asked_of(question, dice)
    elif group.collection == "expertqa":
        answer = _lead(question, text)
    elif group.collection == "cloze":
        fit = [one for one in map(sayable, sentences(text.partition("\n")[2])) if one and len(one.split()) >= 8]
        answer = [dice.choice(fit)] if fit else []
        question = asked_by_words(answer[0], dice) if answer else question
    else:
        found = said.get(plain(question))
        answer, answers = (found[0](text), found[1]) if found else ([], ())
    if not answer:
        return None
    chosen = dice.sample(others, count)
    place = dice.randint(0, len(chosen))
    return Example(
        group.collection, question, (*chosen[:place], text, *chosen[place:]), place, tuple(answer), tuple(answers)
    )


def without_gold(example: Example) -> Example | None:
    """The same question when the passage that answers was not found."""
    rest = tuple(text for place, text in enumerate(example.passages) if place != example.gold)
    return Example(example.origin, example.question, rest, None, ()) if len(rest) > 1 else None


def makers(data: Path, seed: int) -> read.Makers:
    """Collections by name."""
    trained = read.trained(data, seed)
    return {
        **{name: trained[name] for name in ("squad", "qed", "pubmedqa", "expertqa", "headings", "cloze")},
        "clapnq": lambda: read.clapnq(data),
        "halueval": lambda: read.halueval(data),
        "topics": lambda: read.topics(read_documents(starter_corpus())),
    }


def gather(data: Path, encoder: Encoder, seed: int, part: Part = "first") -> list[Example]:
    """Examples of all data: to train on first, to train on further, or of what is kept back, to measure with."""
    said = targets(data)
    found: list[Example] = []
    for name, make in makers(data, seed).items():
        collection = make()
        for turn in range(1 if part == "kept" else OFTEN.get(name, 1)):
            kept = part != "first"
            groups = mine(collection, encoder, seed=seed + turn, most=MOST.get(name, 100_000), kept=kept)
            dice = random.Random(f"{seed}/{name}/{turn}/{kept}")
            open_ = (group for group in groups if not kept or kept_for_good(group.source) is (part == "kept"))
            found += [one for group in open_ if (one := examples_of(group, said[name], dice))]
    return found


def held_out(data: Path, encoder: Encoder, seed: int) -> list[Example]:
    """What is reported on: SQuAD articles that are held out, and the half of CLAPnq that nothing is trained on.

    Three passages each, in random order: the one that the question is about and two that search brings up. Of CLAPnq
    the answers are those that people wrote.
    """
    people = {
        plain(row["input"]): tuple(detokenised(one["answer"]) for one in row["output"])
        for row in read.clapnq_rows(data, "answerable", "test")
    }
    squad = {question: answers for question, (_, answers) in _squad(data, held_out=True)}
    sets = ((read.squad(data, held_out=True), squad), (read.clapnq(data, "test"), people))
    dice = random.Random(f"{seed}/held out")
    found = []
    for collection, said in sets:
        for kept in (False, True):
            for group in mine(collection, encoder, seed=seed, most=100_000, kept=kept):
                texts = list(group.texts[:3])
                first = texts[0]
                dice.shuffle(texts)
                gold = texts.index(first) if group.answered else None
                answers = said.get(plain(group.question), ()) if group.answered else ()
                found.append(Example(collection.name, group.question, tuple(texts), gold, (), answers))
    return found


def balanced(examples: Iterable[Example], seed: int, silent: float = SILENT) -> list[Example]:
    """Examples of which a share has no answer: those that nobody can answer, and those that lost their passage."""
    dice = random.Random(f"{seed}/balance")
    everything = list(examples)
    answered = [one for one in everything if one.gold is not None]
    wanted = round(len(answered) * silent / (1 - silent))
    unanswered = [one for one in everything if one.gold is None]
    dice.shuffle(unanswered)
    lost = [one for example in dice.sample(answered, len(answered)) if (one := without_gold(example))]
    # Half of each kind at most: who only ever sees near misses learns to be silent at everything.
    near = unanswered[: max(wanted // 2, wanted - len(lost))]
    chosen = answered + near + lost[: wanted - len(near)]
    dice.shuffle(chosen)
    return chosen


def shuffled(example: Example, dice: random.Random) -> Example:
    """The same with its passages in another order."""
    order = list(range(len(example.passages)))
    dice.shuffle(order)
    gold = None if example.gold is None else order.index(example.gold)
    return replace(example, passages=tuple(example.passages[place] for place in order), gold=gold)


def fewer(example: Example, dice: random.Random) -> Example:
    """The same, now and then, with its answering passage alone or with one other: searches may bring up no more."""
    others = dice.choices((len(example.passages), 1, 0), (1 - BESIDE_ONE - ALONE, BESIDE_ONE, ALONE))[0]
    if example.gold is None or others >= len(example.passages) - 1:
        return example
    rest = [place for place in range(len(example.passages)) if place != example.gold]
    chosen = sorted([example.gold, *dice.sample(rest, others)])
    return replace(
        example, passages=tuple(example.passages[place] for place in chosen), gold=chosen.index(example.gold)
    )


def dated(example: Example, dice: random.Random) -> Example:
    """The same, often, with what the application knows of its documents beside the titles: a date, a status, both."""
    if dice.random() >= DATED:
        return example
    return replace(example, passages=tuple(_with_date(text, dice) for text in example.passages))


def _with_date(text: str, dice: random.Random) -> str:
    day = f"{dice.randint(1995, 2026)}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"
    day = dice.choice(("", day, day, day[:7], day[:4]))
    known = ", ".join(filter(None, (day, dice.choice(("", "current", "current", "historical", "superseded", "draft")))))
    title, _, rest = text.partition("\n")
    return f"{title} ({known})\n{rest}" if known and rest else text


def epochs(
    examples: Sequence[Example], count: int, seed: int, silent: float = SILENT, *, late: bool = True
) -> list[list[Example]]:
    """What is seen in each pass: first what has an answer, then that with its share of what has none.

    A model that cannot tell yet what answers a question learns from many unanswered ones to be silent at all of them;
    one that can tell (not `late`) has its share of them in the first pass too.
    """
    found = []
    for turn in range(count):
        dice = random.Random(f"{seed}/{turn}")
        chosen = balanced(examples, seed + turn, silent if turn or not late else 0.0)
        found.append([dated(fewer(shuffled(one, dice), dice), dice) for one in chosen])
    return found


def _lines(path: Path) -> Iterator[dict]:
    for line in path.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)
