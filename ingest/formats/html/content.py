"""Which part of a page is its document, and what on it nobody came to read."""

import re

from lxml.html import HtmlElement

BLOCK_TAGS = frozenset(
    "address article aside body caption center dd details dir div dl dt fieldset figcaption figure footer form "
    "header hgroup hr html legend li main menu nav ol p pre section summary table tbody td template tfoot th thead "
    "tr ul".split()
)
"""Elements that stand on lines of their own."""

_NOISE_TAGS = frozenset(
    "script style noscript template nav iframe frame object embed applet canvas svg audio video map button input "
    "select option textarea datalist dialog head rp mjx-speech".split()
)
_NOISE_ROLES = frozenset(
    "navigation banner contentinfo search complementary menu menubar toolbar tablist dialog alertdialog tooltip "
    "doc-toc".split()
)
# Names (classes or ids) of what generators, themes and blogs put around and into a text.
_NOISE_NAMES = frozenset(
    # anchors, editing, copying
    "headerlink anchor-link hash-link header-anchor heading-anchor anchorjs-link permalink zola-anchor "
    "anchor-element edit-this-page theme-edit-this-page mw-editsection editsection copybtn copy-button "
    "clipboard-button o-tooltip--left viewcode-link viewcode-back footnote-backref footnote-back reversefootnote "
    "data-footnote-backref mw-cite-backlink backlinks skip-link skip-to-content mw-jump-link sr-only visually-hidden "
    "screen-reader-text "
    # navigation
    "sphinxsidebar sphinxsidebarwrapper sidebar related wy-nav-side wy-nav-top wy-breadcrumbs rst-footer-buttons "
    "breadcrumb breadcrumbs theme-doc-breadcrumbs theme-doc-version-badge toc toc-drawer table-of-contents "
    "tableofcontents toc-sidebar md-sidebar md-header md-footer md-source-file bd-sidebar bd-toc bd-header "
    "prev-next-area prev-next-footer pagination pagination-nav paginav post-nav navbar navbox vertical-navbox catlinks "
    "printfooter sistersitebox noprint mw-indicators siteSub contentSub jump-to-nav toctitle ltx_page_navbar "
    "ltx_page_header ltx_page_footer ltx_TOC ltx_pagination ltx_role_newpage package-alerts ltx_listing_data "
    "ltx_page_logo watermark-tr license-tr navheader navfooter "
    # social, legal, advertising
    "cookie-banner cookie-consent cookie-notice cookies cookiebar gdpr consent-banner share share-buttons "
    "social-share sharedaddy social related-posts related-articles newsletter subscribe comments comment-list "
    "disqus_thread ad ads advertisement sponsor promo announcement "
    # line numbers of code
    "linenos linenodiv lineno linenumber line-number gutter hljs-ln-numbers rouge-gutter blob-num "
    "line-numbers-rows code-line-number "
    # renderings of formulas whose source stands beside them
    "MathJax MathJax_Display MathJax_CHTML MathJax_SVG MathJax_Preview mjx-chtml katex-html "
    "mwe-math-fallback-image-inline mwe-math-fallback-image-display".split()
)
_KEPT_ASIDES = frozenset("footnote footnote-list footnotes admonition callout note topic system-message".split())
_FORMULA_SOURCE = re.compile(r"mathml|assistive|mwe-math", re.IGNORECASE)
_INVISIBLE_STYLE = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_NOISE_LINK = re.compile(
    r"[¶#§🔗↩↑^⤴↵]\ufe0e?|\[?(?:edit|source)\]?|(?:edit|view|improve|suggest edits? (?:to|on)) (?:this )?"
    r"(?:page|source|on github).{0,40}|suggest edits?|skip to (?:main )?(?:content|text).{0,20}"
    r"|back to (?:the )?top|copy(?: code| link)?|permalink",
    re.IGNORECASE,
)

_TEXT_NAMES = frozenset({"markdown-body", "post-content", "entry-content", "article-content", "article-body"})
_FAIR_SHARE = 0.5


def names_of(element: HtmlElement) -> list[str]:
    """Classes and id of an element."""
    return [*element.get("class", "").split(), element.get("id", "")]


def is_formula_script(element: HtmlElement) -> bool:
    """Whether a script is a formula: MathJax keeps the source of each in one."""
    return element.tag == "script" and element.get("type", "").strip().lower().startswith("math/")


def prune(root: HtmlElement) -> None:
    """Empty every element that nobody came to read, and rename it to one that says nothing.

    Taking them out would join the texts around them, one by one, in quadratic time.
    """
    for element in [element for element in root.iter() if _is_noise(element)]:
        emptied = "template" if element.tag in BLOCK_TAGS else "wbr"
        element.clear(keep_tail=True)
        element.tag = emptied


def find_main(root: HtmlElement) -> HtmlElement:
    """The element that holds the document, of a pruned page; the page itself where nothing stands out.

    The best mark that an element with a fair share of the page's text carries wins, and of several the longest.
    """
    body = root.find(".//body")
    whole = root if body is None else body
    fair = _FAIR_SHARE * _length(whole)
    candidates: dict[int, list[HtmlElement]] = {}
    for element in whole.iter():
        rank = _rank(element)
        if rank is not None:
            candidates.setdefault(rank, []).append(element)
    for rank in sorted(candidates):
        lengths = [_length(element) for element in candidates[rank]]
        if max(lengths) >= fair:
            return candidates[rank][lengths.index(max(lengths))]
    return whole


def _rank(element: HtmlElement) -> int | None:
    """How well an element is marked as the document, 0 the best; None when it is not."""
    if element.tag == "article":
        names = element.get("class", "").split()
        within_main = any(_is_main(ancestor) for ancestor in element.iterancestors())
        return 0 if "ltx_document" in names or _is_main(element) else 1 if within_main else 3
    if _is_main(element):
        return 2
    if element.attrib:
        if element.get("id") in ("mw-content-text", "bodyContent"):
            return 4
        if not _TEXT_NAMES.isdisjoint(element.get("class", "").split()):
            return 5
        if element.get("id") in ("content", "main-content", "main"):
            return 6
    return None


def _is_main(element: HtmlElement) -> bool:
    return element.tag == "main" or element.get("role") == "main"


def _length(element: HtmlElement) -> int:
    return sum(len(text.strip()) for text in element.itertext())


def _is_noise(element: HtmlElement) -> bool:
    tag = element.tag
    if not isinstance(tag, str):
        return True
    if tag in _NOISE_TAGS:
        return not is_formula_script(element)
    if tag == "footer":
        return not _is_wanted_footer(element)
    if not element.attrib:
        return tag == "aside"
    names = names_of(element)
    if any(name in _NOISE_NAMES for name in names) and tag not in ("body", "html", "main", "article"):
        return True
    if tag == "aside":
        return not any(name in _KEPT_ASIDES or name.endswith("-aside") for name in names)
    if element.get("role", "") in _NOISE_ROLES or _is_hidden(element):
        return not any(_FORMULA_SOURCE.search(name) for name in names)
    if tag == "a":
        text = "".join(element.itertext()).strip()
        return len(text) <= 60 and _NOISE_LINK.fullmatch(text) is not None
    return False


def _is_wanted_footer(element: HtmlElement) -> bool:
    """A quotation's source, or the footnotes of an article; other footers are the site's."""
    parent = element.getparent()
    if parent is not None and parent.tag in ("blockquote", "figure"):
        return True
    return any(not _KEPT_ASIDES.isdisjoint(names_of(part)) for part in element.iterdescendants("section", "ol", "div"))


def _is_hidden(element: HtmlElement) -> bool:
    # The panels of tabs are hidden but for one, and are alternatives worth reading.
    if "hidden" in element.attrib and element.get("hidden") != "until-found" and element.get("role") != "tabpanel":
        return True
    style = element.get("style")
    return element.get("aria-hidden") == "true" or (style is not None and _INVISIBLE_STYLE.search(style) is not None)
