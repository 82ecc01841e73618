"""One module per subcommand of `sota-rag`: `configure(parser)` and `run(arguments) -> exit status`."""
