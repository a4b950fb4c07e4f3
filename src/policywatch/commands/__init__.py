"""What each command does, on parts that `bootstrap` built; the pages do some of it, too."""
