"""One parser a format, each a function from a file's bytes to `Parsed`; `loaders.FORMATS` lists them."""
