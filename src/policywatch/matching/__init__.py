"""Which watch-lists a text belongs to, and why. Pure; a rule is one file in `rules/`.

The order of decisions, for each watch-list by itself:

1. The text is repaired and folded (`text`), so that spelling, width, case and damage do not count.
2. Every term of `any` is looked for, everywhere, overlapping and nested ones included.
3. A hit that does not stand on the term's own borders is none (ASCII edges; see `rules/term.py`).
4. A hit that lies wholly inside a phrase of `except` is none; other hits of the same term count.
5. What is left makes the score (`score.py`); one hit is enough to belong.

Exceptions of one list never touch the hits of another.
"""
