"""From files to an immutable, searchable index generation. Imports only config."""
