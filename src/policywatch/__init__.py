"""Watches policy and industry news, matches it against watch-lists and mails one digest."""

__version__ = "0.1.0"
