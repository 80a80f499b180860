"""Settings, the model catalogue and what every floor shares: errors, paths, progress. Imports nothing of ours."""
