"""The learned fusion: weights of the search's signals, from judgements of several collections."""
