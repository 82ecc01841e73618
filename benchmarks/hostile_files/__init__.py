"""Files that mean no good: samples of every format, mutations of them, and bombs built by hand."""
