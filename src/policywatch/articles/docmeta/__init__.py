"""What an article is as a policy document: numbers, issuing bodies, kind, days, region, deadlines, relations.

`document.read` is the entrance; each other file knows one of them. Nothing here raises for any text, and where a text
leaves something open, nothing is said of it: a wrong deadline is worse than none.
"""
