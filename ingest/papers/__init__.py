"""A folder of papers, each with what is known about it and where it came from; ingestion reads the folder.

    folder.py     the folder: PDFs, sidecars, and `provenance.json`; nothing in it is ever overwritten
    durable.py    files that survive a power failure
    arxiv_id.py   arXiv identifiers, and the file names made from them
    atom.py       arXiv's answers: metadata (Atom) and licences (OAI-PMH)
    addresses.py  which addresses may be asked
    polite.py     one HTTP request at a time: pauses, retries, redirects that stay at home
    download.py   a file that is resumed where it was interrupted
    fetch.py      papers from arXiv into the folder
    add.py        PDFs that are on disk already into the folder

This is the one part of sota-rag that uses the network, and only when it is asked to; importing it loads no HTTP
library.
"""
