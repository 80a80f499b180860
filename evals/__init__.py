"""Questions with known answers over the sample corpus, and how well they are answered. Imports all floors."""
