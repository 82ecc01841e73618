"""The verifier: a cross-encoder that tells whether evidence supports a claim; `python -m train.verifier --help`."""
