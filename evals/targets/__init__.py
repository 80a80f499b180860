"""What can be evaluated: the product's pipeline, and a plain one on the same model and index to measure it against."""
