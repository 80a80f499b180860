"""From a question to an answer with footnotes, over HTTP and on the command line. Imports indexer and config."""
