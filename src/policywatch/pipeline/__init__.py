"""The order of things; nothing else knows it.

    store.sources.due(now)                    a query: which sources may be asked now
    | source.requests(cursor)                 pure
    | fetch(request)            -> Page       the only code that opens a socket to a source; the only parallel step
    | source.read(page)         -> Reading    pure, in a limited child process: items, and pages to follow
    | source.detail(item)       -> Request?   pure: the article's own page, asked only for unknown keys in backfill
    | normalise(raw, now)       -> Article*   pure: repaired text, canonical URL, UTC dates
    | matcher.match(article)    -> Hit*       pure, with evidence (spans in the ORIGINAL text)
    | dedupe(articles, known)   -> Verdict*   pure: new | changed | same | reprint-of STORY, by key, address, signature
    | gather(articles)          -> Story*     reprints by text: the store gives candidates, the pure part decides
    | store: articles + hits + due + state    ONE transaction for a poll, or for several
    | slot closes: due -> select -> compose -> Message* -> outbox     ONE transaction: the slot closes with its mail
    | outbox.claim -> channel.deliver -> outbox.settle(receipt)

poll.py asks, recorder.py records (record.py, gather.py), reading.py is what the child does, texts.py reads the
articles' own pages, digest.py closes slots, deliver.py empties the outbox. A crash between any two lines costs a repeat
of one line and nothing else: every line is idempotent by a unique key in the store.
"""
