"""The root of every error that Footnote raises on purpose.

    FootnoteError
    ├── ConfigError            a setting, a profile or the environment is wrong
    │   └── ModelFileError     a model file is missing, altered or cannot be fetched
    ├── IndexerError           see indexer.errors
    └── ServiceError           see qa_service.errors

A message says what, which, actual against expected, and the remedy, on one line, so that a command can print it as it
is (`footnote: <message>`, exit code 2) and the service can send it as the `detail` of a problem document.
"""


class FootnoteError(Exception):
    """Something went wrong that we foresaw; its text is fit for a user."""

    retryable = False
    """Whether trying the same again can help."""


class ConfigError(FootnoteError):
    """A setting, a profile or an environment variable is wrong: names file, key, value and what is allowed."""


class ModelFileError(ConfigError):
    """A model file is missing, altered, or could not be fetched: names the model, the file and the remedy."""
