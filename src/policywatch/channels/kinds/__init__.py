"""One file a kind: the file's name is the word in the YAML, its class is called Channel."""
