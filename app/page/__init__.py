"""The page: a question, its cited answer, and the evidence beside it.

Whatever comes from a document or from the address bar is shown through `markup` or `passage_markup`, which escape it;
nothing of it ever becomes a Markdown label, a link or an image. The one picture is a cited page, drawn in a worker.
"""
