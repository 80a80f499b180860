"""One reader a format: from a file's bytes to its text, title, source, date, headings, lists and tables."""
