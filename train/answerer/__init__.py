"""The recipe of the adapter in `models/answerer`: a small language model learns to answer from numbered passages."""
