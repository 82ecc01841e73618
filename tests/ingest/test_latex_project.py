"""LaTeX projects: which files are parts, and one document made of many files."""

import os
from pathlib import Path

import pytest
from sota_rag.index.errors import QuarantineError
from sota_rag.ingest.formats.latex import parse_latex
from sota_rag.ingest.latex_project import MAX_DEPTH, flatten, parts_of

MAIN = "\\documentclass{article}\\begin{document}%s\\end{document}"


def project(root: Path, **files: str) -> dict[str, Path]:
    """Write files, `__` in a name standing for a folder, and return them by name."""
    for name, text in files.items():
        path = root / f"{name.replace('__', '/')}.tex"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return {path.relative_to(root).as_posix(): path for path in root.rglob("*.tex")}


def flat(root: Path, name: str = "main.tex", max_bytes: int = 10_000) -> str:
    return flatten(root / name, root, max_bytes=max_bytes).decode()


def test_parts_are_what_a_document_reaches(tmp_path):
    files = project(
        tmp_path,
        main=MAIN % "\\input{sec/a}\\include{b} % \\input{lone}",
        sec__a="\\input{sec/deep.tex}",
        sec__deep="text",
        b="text",
        lone="text",
        other=MAIN % "\\input b \\begin{verbatim}\\input{lone}\\end{verbatim}",
    )
    assert parts_of(files, tmp_path) == {"sec/a.tex": "main.tex", "sec/deep.tex": "main.tex", "b.tex": "main.tex"}


def test_a_pipe_is_not_waited_for(tmp_path):
    files = project(tmp_path, main=MAIN % "x \\input{pipe}")
    os.mkfifo(tmp_path / "pipe.tex")
    assert parts_of({**files, "pipe.tex": tmp_path / "pipe.tex"}, tmp_path) == {}
    with pytest.raises(QuarantineError, match="is not a regular file"):
        flatten(tmp_path / "pipe.tex", tmp_path, max_bytes=10_000)
    assert "pipe was not taken in: it does not exist" in flat(tmp_path)


def test_a_document_is_a_part_only_as_a_subfile(tmp_path):
    files = project(tmp_path, main=MAIN % "\\subfile{one}\\input{two}", one=MAIN % "x", two=MAIN % "y")
    assert parts_of(files, tmp_path) == {"one.tex": "main.tex"}


def test_circles_lose_no_file(tmp_path):
    files = project(
        tmp_path, a="\\input{b}", b="\\input{a}", c="\\input{c}", main=MAIN % "\\input{d}", d="\\input{main}"
    )
    assert parts_of(files, tmp_path) == {"b.tex": "a.tex", "d.tex": "main.tex"}


def test_subfiles_that_take_in_each_other_are_not_lost(tmp_path):
    files = project(tmp_path, a=MAIN % "\\subfile{b}", b=MAIN % "\\subfile{a}")
    assert parts_of(files, tmp_path) == {"b.tex": "a.tex"}


def test_flattening_splices_in_place(tmp_path):
    project(tmp_path, main=MAIN % "A \\input{sec/a} \\subfile{s} D", sec__a="B\\endinput never", s=MAIN % "C")
    assert flat(tmp_path) == MAIN % "A B C D"


def test_imports_are_relative_to_their_folder(tmp_path):
    project(tmp_path, main=MAIN % "\\import{ch/}{one}", ch__one="1\\input{two}\\subimport{in/}{three}", ch__two="2")
    project(tmp_path, ch__in__three="3")
    assert flat(tmp_path) == MAIN % "123"


def test_the_bibliography_is_the_bbl_of_the_main_file(tmp_path):
    project(tmp_path, main=MAIN % "\\bibliography{refs}")
    assert flat(tmp_path) == MAIN % "\\bibliography{refs}"
    (tmp_path / "main.bbl").write_text("\\begin{thebibliography}{1}\\bibitem{k} Key.\\end{thebibliography}")
    assert "[k] Key." in parse_latex(flat(tmp_path).encode()).text


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../secret", "outside"),
        ("link", "outside"),
        ("{root}/../secret.tex", "outside"),
        ("gone", "does not exist"),
        ("main", "takes in itself"),
        ("folder", "does not exist"),
        ("binary", "binary"),
        ("n" * 5000, "does not exist"),
    ],
)
def test_what_cannot_be_taken_in_is_named_in_a_warning(tmp_path, name, reason):
    root = tmp_path / "root"
    (tmp_path / "secret.tex").parent.mkdir(exist_ok=True)
    (tmp_path / "secret.tex").write_text("SECRET")
    (root / "folder").mkdir(parents=True)
    (root / "link.tex").symlink_to(tmp_path / "secret.tex")
    (root / "binary.tex").write_bytes(b"a\0b")
    name = name.replace("{root}", str(root))
    project(root, main=MAIN % f"Before \\input{{{name}}} after.")
    result = flat(root)
    assert "SECRET" not in result
    found = parse_latex(result.encode())
    assert found.text == "Before after."
    (warning,) = found.warnings
    assert name.rpartition("/")[2] in warning
    assert reason in warning


def test_depth_and_size_are_bounded(tmp_path):
    chain = {f"f{number}": f"{number} \\input{{f{number + 1}}}" for number in range(MAX_DEPTH + 5)}
    project(tmp_path, main=MAIN % "\\input{f0}", **chain)
    assert f"deeper than {MAX_DEPTH}" in flat(tmp_path)
    project(tmp_path, big="x" * 600, main=MAIN % ("\\input{big}" * 20))
    with pytest.raises(QuarantineError, match="larger than 10000 bytes"):
        flat(tmp_path)


def test_a_file_that_doubles_itself_is_bounded(tmp_path):
    doubling = {f"d{number}": f"\\input{{d{number + 1}}}" * 8 for number in range(12)}
    project(tmp_path, main=MAIN % "\\input{d0}", d12="x", **doubling)
    with pytest.raises(QuarantineError, match="larger than"):
        flat(tmp_path)


def test_parts_have_the_encoding_of_the_main_file(tmp_path):
    (tmp_path / "main.tex").write_bytes(b"\\usepackage[latin1]{inputenc}\\input{a}\xe9")
    (tmp_path / "a.tex").write_bytes(b"\xe8")
    assert flat(tmp_path).endswith("èé")
