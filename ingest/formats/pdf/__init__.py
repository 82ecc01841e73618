"""PDF to typed blocks with the place of every line on its page.

extract      bytes to pages: runs of characters, rules, pictures (`pdfium`, `runs`, `drawings`, `fonts`, `script`)
furniture    running heads, page numbers and side stamps taken out
pictures     their boxes cut back to what they show
columns      lines in reading order
front        `title`, authors if anything tells of them, arXiv identifier; `published` the date
headings     lines that the outline names or that look like headings
regions      tables, figures, captions, footnotes, formulas; `boxes` around tables and figures
figures      their text in the order of their parts
paragraphs   lines to blocks; `flow` joins those that a column's or a page's end has cut; `references`; `contents`
assemble     blocks to canonical text with its layout; `joining` takes hyphens out
"""

from .document import parse_pdf

__all__ = ["parse_pdf"]
