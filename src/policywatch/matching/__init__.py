"""Which watch-lists a text belongs to, and why. Pure; a rule is one file in `rules/`.

The semantics (order of decisions, precedence, what is evidence) stand in `docs/matching.md` and nowhere else.

A watch-list is checked (`base`, `check`), its terms are spelled out (`expand`) and made into one table of needles and a
tree of rules (`compile`). A text is folded (`view`), searched once for all needles (`engine`), and only the lists whose
needles stand in it are asked (`matcher`). `explain`, `termreport` and `words` tell of it.
"""
