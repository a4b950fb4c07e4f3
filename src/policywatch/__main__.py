"""`python -m policywatch` is the command `policywatch`."""

from policywatch.cli import main

if __name__ == "__main__":
    main()
