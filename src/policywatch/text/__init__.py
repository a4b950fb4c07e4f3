"""Text itself, whoever asks: folding and repair that keep positions, markup, excerpts, encodings."""
