"""From what is due to what a reader gets: slots, selection, words and markup, mails and feeds. Pure."""
