import pytest
from lxml.html import fragment_fromstring
from sota_rag.ingest.formats.html.formula import math_source
from sota_rag.ingest.formats.html.mathml import latex_of


@pytest.mark.parametrize(
    ("markup", "latex"),
    [
        ("<mi>x</mi><mo>=</mo><mn>2</mn>", "x = 2"),
        ("<mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></mfrac>", "\\frac{a + b}{2}"),
        ("<msup><mi>x</mi><mn>2</mn></msup>", "x^2"),
        ("<msub><mi>x</mi><mi>ij</mi></msub>", "x_{\\mathrm{ij}}"),
        ("<msup><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mi>n</mi></msup>", "{a + b}^n"),
        ("<msubsup><mi>x</mi><mi>i</mi><mn>10</mn></msubsup>", "x_i^{10}"),
        ("<msqrt><mi>d</mi><mo>⋅</mo><mi>k</mi></msqrt>", "\\sqrt{d \\cdot k}"),
        ("<mroot><mi>x</mi><mn>3</mn></mroot>", "\\sqrt[3]{x}"),
        ("<munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover>", "\\sum_{i = 1}^n"),
        ("<munder><mi>max</mi><mi>θ</mi></munder><mi>f</mi>", "\\max_{\\theta}f"),
        ("<mover><mi>y</mi><mo>^</mo></mover>", "\\hat{y}"),
        ("<mover accent=true><mi>v</mi><mo>→</mo></mover>", "\\vec{v}"),
        ("<munder><mrow><mi>a</mi></mrow><mo>⏟</mo></munder>", "\\underbrace{a}"),
        ("<mi>sin</mi><mo>&#x2061;</mo><mi>x</mi>", "\\sin x"),
        ("<mi>softmax</mi><mo>(</mo><mi>z</mi><mo>)</mo>", "\\mathrm{softmax}(z)"),
        ("<mi mathvariant=bold>W</mi><mi>α</mi><mi>x</mi>", "\\mathbf{W}\\alpha x"),
        ("<mi>ℝ</mi>", "\\mathbb{R}"),
        ("<mo>{</mo><mi>x</mi><mo>|</mo><mi>y</mi><mo>}</mo>", "\\{x|y\\}"),
        ("<mfenced open='[' close=']' separators=';'><mi>a</mi><mi>b</mi></mfenced>", "[a;b]"),
        ("<mfenced><mi>a</mi><mi>b</mi><mi>c</mi></mfenced>", "(a,b,c)"),
        (
            "<mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>0</mn></mtd></mtr><mtr><mtd><mn>0</mn></mtd><mtd><mn>1</mn></mtd></mtr></mtable>",
            "\\begin{matrix} 1 & 0 \\\\ 0 & 1 \\end{matrix}",
        ),
        ("<mi>x</mi><mtext> if </mtext><mi>y</mi>", "x\\text{ if }y"),
        ("<msup><mi>f</mi><mo>′</mo></msup>", "f^\\prime"),
        ("<mmultiscripts><mi>C</mi><mi>k</mi><none/><mprescripts/><mi>n</mi><none/></mmultiscripts>", "{}_nC_k"),
        ("<mstyle><mi>a</mi></mstyle><mphantom><mi>b</mi></mphantom><mspace width=1em></mspace><mi>c</mi>", "a c"),
        ("<semantics><mi>a</mi><annotation encoding=x>b</annotation></semantics>", "a"),
        ("<mfrac><mi>a</mi></mfrac>", "a"),
        ("<msup></msup>", ""),
        ("<m:msup><m:mi>x</m:mi><m:mn>2</m:mn></m:msup>", "x^2"),
    ],
)
def test_presentation_mathml(markup, latex):
    assert latex_of(fragment_fromstring(f"<math>{markup}</math>")) == latex


@pytest.mark.parametrize(
    ("markup", "latex"),
    [
        ("<math alttext='a'><annotation encoding='application/x-tex'>b</annotation></math>", "b"),
        ("<math alttext='{\\displaystyle a_{1}}'><mi>x</mi></math>", "a_{1}"),
        ("<math alttext='a%\n+b'><mi>x</mi></math>", "a+b"),
        ("<math alttext='50\\%\n x'></math>", "50\\% x"),
        ("<math><annotation encoding='text/plain'>no</annotation><mi>x</mi></math>", "x"),
    ],
)
def test_a_source_beside_it_goes_first(markup, latex):
    assert math_source(fragment_fromstring(markup)) == latex
