"""One file a rule: the file's name is the word in the YAML, its class is called Rule."""
