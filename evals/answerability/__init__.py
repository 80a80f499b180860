"""How the adapter that decides answerability is made: examples, training, export (docs/grounding.md)."""
