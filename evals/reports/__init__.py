"""How a run looks: a page to send round, and tables for a terminal."""
