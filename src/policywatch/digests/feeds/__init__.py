"""Published feeds: what a watch-list or subscription holds, in the formats of feed readers.

published.py says what a feed is; stories.py and issues.py make one of stories and of sent digests; atom.py, rss.py and
json.py write it down. Each of the three has one function, `document`, and one constant, `MEDIA_TYPE`; a file's name is
the ending of the address, and formats.py lists them. Equal feeds give equal bytes, so that a hash can be the ETag.
"""
