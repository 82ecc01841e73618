"""LaTeX documents to readable text, worked by hand, and what hostile ones cost."""

import re
import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sota_rag.index.errors import QuarantineError
from sota_rag.index.types import Kind
from sota_rag.ingest.formats.latex import parse_latex
from sota_rag.ingest.normalise import canonical_text
from sota_rag.ingest.parsed import Parsed


def parsed(source: str) -> Parsed:
    return parse_latex(source.encode())


def kinds(source: str) -> list[tuple[str, str]]:
    found = parsed(source)
    return [(block.kind.value, found.text[block.start : block.end]) for block in found.blocks]


def body(source: str) -> str:
    return parsed(source).text


PAPER = r"""
\documentclass{article}
\newtheorem{thm}{Theorem}
\title{A \emph{small} paper\thanks{Funded.}}
\author{Ann Lee\thanks{x} \\ Some University \\ \texttt{a@b.org} \and Bo D\'iaz$^{1}$ \and \L{}ucja Nowak}
\date{12 June 2017}
\begin{document}
\maketitle
\begin{abstract}
We ask why. % nobody reads this
\end{abstract}
\section{Introduction}\label{sec:intro}
As \citet[p.~3]{lee2016} says\footnote{Not twice.}, see Figure~\ref{fig:one}
\begin{figure}\includegraphics{a.png}\caption{A net.}\label{fig:one}\end{figure}
and \eqref{eq:one}.
\begin{equation}\label{eq:one} a = b \end{equation}
\begin{thm}[Main] It holds in Section~\ref{sec:intro}. \end{thm}
\appendix
\section{Proofs}
\begin{thebibliography}{9}
\bibitem[Lee(2016)]{lee2016} A. Lee. \newblock \emph{On nets}. 2016.
\end{thebibliography}
\end{document}
Not read.
"""


def test_a_paper_block_by_block():
    assert kinds(PAPER) == [
        ("heading", "A small paper"),
        ("heading", "Abstract"),
        ("paragraph", "We ask why."),
        ("heading", "1 Introduction"),
        ("paragraph", "As [lee2016, p. 3] says[^1], see Figure 1 and (1)."),
        ("formula", "\\begin{equation}\na = b \\tag{1}\n\\end{equation}"),
        ("footnote", "[^1]: Not twice."),
        ("caption", "Figure 1: A net."),
        ("paragraph", "Theorem (Main). It holds in Section 1."),
        ("heading", "A Proofs"),
        ("heading", "References"),
        ("reference_list", "[lee2016] A. Lee. On nets. 2016."),
    ]


def test_metadata_and_kind_of_a_paper():
    found = parsed(PAPER)
    assert (found.meta.title, found.meta.published, found.kind) == ("A small paper", "2017-06-12", Kind.PAPER)
    assert found.meta.authors == ("Ann Lee", "Bo Díaz", "Łucja Nowak")
    assert found.warnings == ()
    assert [(block.level, block.title) for block in found.blocks if block.level] == [
        (1, "A small paper"),
        (2, "Abstract"),
        (2, "Introduction"),
        (2, "Proofs"),
        (2, "References"),
    ]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (r"na\"{\i}ve caf\'e \v{S}ip \c cedilla \ss", "naïve café Šip çedilla ß"),
        (r"``So''~he---said -- 5\% of \$3 \& \#1", "“So” he—said – 5% of $3 & #1"),
        (r"\textbf{bold} {\em old} \unknown{kept} \vspace{3pt}\foo[x]{38.x y}", "bold old kept 38.x y"),
        (r"\textbf{38.1} and \emph{-2}", "38.1 and -2"),
        ("one % two\nthree", "one three"),
        ("one\n% two\n\nthree", "one\n\nthree"),
        (r"a \verb|b_{%| c", "a `b_{%` c"),
        (r"\href{http://a.b/c%20d_e}{Words} \url{http://x.y/%7Ez_#a}", "Words http://x.y/%7Ez_#a"),
        (r"\newcommand{\q}[2][one]{#1-#2}\q{a} \q[two]{b}", "one-a two-b"),
        (r"\def\x#1{(#1)}\x{a}\let\y\x \y b", "(a)(b)"),
        (r"\newenvironment{n}[1]{Note #1: }{ End}\begin{n}{3}text\end{n}", "Note 3: text End"),
        (r"\newif\ifdraft a \ifdraft b \else c \fi \drafttrue \ifdraft d\fi \iffalse e {\fi", "a c d"),
        (r"$\alpha x$ \(y\) $a$$b$", r"$\alpha x$ $y$ $a$$b$"),
        (r"\newcommand{\R}{\mathbb R}Let $x\in\R n$.", r"Let $x\in\mathbb Rn$."),
        (r"\DeclareMathOperator*{\am}{arg\,max}$\am_x$", r"$\operatorname*{arg\,max}_x$"),
        (r"\cite{a, b} \citep[see][]{c} \ref{gone}", "[a, b] [c, see] gone"),
    ],
)
def test_text(source, text):
    assert body(source) == text


def test_lists_code_quotes_and_tables():
    source = r"""
\begin{itemize}\item one \begin{enumerate}\item a\item b\end{enumerate}\item[x] two\end{itemize}
\begin{description}\item[Term] what\end{description}
\begin{verbatim}
 x % y \z
\end{verbatim}
\begin{quote}Said.\end{quote}
\begin{table}\caption{Scores}\label{t}\begin{tabular}{l|c}\toprule
A & \multicolumn{2}{c}{B $|x|$} \\ \cmidrule(lr){2-3}\hline
a & \textbf{1} \\[2pt] \bottomrule\end{tabular}\end{table}
\begin{lstlisting}[language=C]
int x;
\end{lstlisting}
"""
    assert kinds(source) == [
        ("list", "- one"),
        ("list", "1. a"),
        ("list", "2. b"),
        ("list", "- x two"),
        ("list", "- Term: what"),
        ("code", " x % y \\z"),
        ("quote", "Said."),
        ("caption", "Table 1: Scores"),
        ("table", "| A | B $\\|x\\|$ |  |\n|---|---|---|\n| a | 1 |"),
        ("code", "int x;"),
    ]


def test_rows_of_aligned_equations_are_numbered_one_by_one():
    source = r"\begin{align}a&=b\label{x}\\c&=d\nonumber\\e&=f\label{y}\end{align} See \ref{y}."
    assert kinds(source) == [
        ("formula", "\\begin{align}\na&=b \\tag{1} \\\\\nc&=d \\\\\ne&=f \\tag{2}\n\\end{align}"),
        ("paragraph", "See 2."),
    ]


def test_references_written_by_biblatex():
    source = r"""\begin{document}\section{A}Text.
\datalist[entry]{nyt/global//global/global}
\entry{vas17}{article}{}
\name{author}{2}{}{{{hash=1}{family={Vaswani},given={A.}}}{{hash=2}{family={Shazeer},given={N.}}}}
\field{labelalpha}{Vas17}
\field{title}{Attention {Is} All}
\field{year}{2017}
\endentry
\enddatalist
\end{document}"""
    assert kinds(source)[2:] == [
        ("heading", "References"),
        ("reference_list", "[vas17] Vaswani, Shazeer. Attention Is All. 2017."),
    ]


def test_an_algorithm_keeps_its_code_and_gives_its_caption():
    source = "\\begin{algorithm}[t]\\caption{Sort}\n\\begin{algorithmic}\n\\State $x$ % why\n"
    source += "\\end{algorithmic}\\end{algorithm}"
    assert [kind for kind, _ in kinds(source)] == ["caption", "code"]
    assert kinds(source)[1][1].strip() == r"\State $x$"


@pytest.mark.parametrize(
    ("source", "text", "warning"),
    [
        ("{one {two", "one two", "2 braces"),
        ("one} two", "one two", "1 braces"),
        (r"\begin{itemize}\item one", "- one", ""),
        (r"one \end{itemize} two", "one two", "no beginning"),
        ("$a b\n\nnext", "$a b$\n\nnext", "no end"),
        (r"\begin{verbatim} one", "one", "no end"),
        (r"\input{gone.tex} one", "one", "gone.tex"),
        (r"\def\a{x\a}\a", "x" * 32, "calls itself"),
        ("{" * 300 + "one" + "}" * 300, "one", "nested deeper"),
    ],
)
def test_broken_latex_is_read_as_far_as_it_goes(source, text, warning):
    found = parsed(source)
    assert found.text == text
    assert warning in " ".join(found.warnings)


@pytest.mark.parametrize("source", ["% only a comment", r"\documentclass{article}\begin{document}\end{document}", "{}"])
def test_nothing_to_read_is_quarantined(source):
    with pytest.raises(QuarantineError, match="nothing in it"):
        parsed(source)


def test_a_macro_bomb_is_quarantined_by_name():
    names = "abcdefghijklmnopqrstuvwxyz"
    chain = "".join(f"\\def\\{a}{{\\{b}\\{b}}}" for a, b in pairwise(names)) + r"\def\z{boom}"
    with pytest.raises(QuarantineError, match="expands to more than"):
        parsed(chain + r"\a")


def test_a_declared_encoding_is_read():
    source = "\\usepackage[latin1]{inputenc} caf\u00e9".encode("latin-1")
    assert parse_latex(source).text == "café"


PIECES = st.sampled_from(
    [
        *re.findall(r"\\[a-z]+|\\.|[{}$]|[^\\{}$]{1,9}", PAPER),
        *"\\begin{itemize} \\end{itemize} \\begin{tabular}{cc} \\end{tabular} & \\\\ \\footnote{ \\def\\a{ \\a #1 [ ] "
        "\\iffalse \\fi \\item \\verb| \\' \\begin{align} \\end{align} \\multicolumn{2}{c}{ \\begin{verbatim}".split(),
        "\n\n",
        "%c\n",
        "\ufdd0",
        "e\u0301",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join))
def test_blocks_hold_every_character_once(source):
    try:
        found = parsed(source)
    except QuarantineError:
        return
    assert canonical_text(found.text) == found.text
    position = 0
    for block in found.blocks:
        assert position <= block.start < block.end
        assert not found.text[position : block.start].strip()
        position = block.end
    assert not found.text[position:].strip()


@pytest.mark.parametrize(
    "unit",
    [r"\emph{", r"\footnote{a ", r"\cite[", r"\begin{tabular}{c} a & ", r"\begin{itemize}\item a ", r"\verb|", "$"],
)
def test_time_is_linear(unit):
    def seconds(size: int) -> float:
        source = ("x " + unit * (size // len(unit))).encode()
        best = 9.0
        for _ in range(2):
            begun = time.process_time()
            parse_latex(source)
            best = min(best, time.process_time() - begun)
        return best

    assert seconds(40_000) < 2.5 * seconds(20_000) + 0.05
