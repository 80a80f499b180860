"""Questions with known answers over the sample corpus, and what measures how well they are answered. Imports all floors."""
