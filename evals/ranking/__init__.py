"""How the ranker of sentences is trained."""
