"""What policywatch does against what others do, measured in turn in one run: `make bench`.

A file here with a function `rows()` is one part of it; see `harness.Row` for what a row says.
"""
