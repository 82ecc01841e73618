"""Judged topics are checked against the documents that they quote."""

import json

from sota_rag.eval.topics_lint import topic_findings
from sota_rag.ingest.findings import Severity

TEXTS = {"guides/peft.md": "# PEFT\n\nLoRA freezes the pretrained\nweights. BitFit trains biases.\n"}


def topic(identity, question, document="guides/peft.md", quote="LoRA freezes the pretrained weights.", **more):
    return {"id": identity, "question": question, "answerable": True,
            "gold": [{"document": document, "quote": quote}], **more}  # fmt: skip


def findings(tmp_path, *rows):
    path = tmp_path / "topics.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return list(topic_findings(path, TEXTS))


def test_sound_topics_have_no_findings(tmp_path):
    assert findings(tmp_path, topic("a", "What does LoRA freeze?"), topic("b", "What does BitFit train?")) == []


def test_quotes_documents_and_questions_are_checked_and_the_line_is_named(tmp_path):
    found = findings(
        tmp_path,
        topic("a", "What does LoRA freeze?"),
        topic("b", "what does  LoRA freeze"),
        topic("c", "Who?", quote="LoRA freezes nothing."),
        topic("d", "Where?", document="guides/gone.md"),
        topic(
            "e", "When?", superseded=[{"document": "guides/peft.md", "quote": "LoRA freezes the pretrained weights."}]
        ),
    )
    assert [(finding.code, finding.line) for finding in found] == [
        ("topic-asked-twice", 2),
        ("topic-quote-not-found", 3),
        ("topic-unknown-document", 4),
        ("topic-gold-superseded", 5),
    ]
    assert [finding.severity for finding in found][1:4] == [Severity.ERROR, Severity.ERROR, Severity.WARNING]
    assert found[1].message == "'c' quotes 'LoRA freezes nothing.', which 'guides/peft.md' does not say"
    assert "'b' asks what 'a' asks" in found[0].message


def test_a_file_that_cannot_be_read_is_one_finding(tmp_path):
    (finding,) = findings(tmp_path, {"id": "a"})
    assert finding.code == "topic-unreadable"
    assert "topics.jsonl:1" in finding.message
