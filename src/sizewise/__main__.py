"""`python -m sizewise`."""

import sys

from sizewise.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
