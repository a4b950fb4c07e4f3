"""Feeds in their formats. Each file turns a document's text into a Feed, or says that it is not its to read.

fast       well-formed RSS, RDF and Atom in the elements that most feeds keep to; gives up on anything else
judge      feedparser: whatever else calls itself a feed, and what `fast` is held to
jsonfeed   JSON Feed 1.0 and 1.1
cadence    what any of them suggests about how often to ask
"""
