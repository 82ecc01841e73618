"""The reranker: a cross-encoder trained from all-MiniLM-L6-v2; `python -m train.reranker --help`."""
