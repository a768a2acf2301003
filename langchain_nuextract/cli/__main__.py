"""`python -m langchain_nuextract.cli` is the `nuextract` command."""

import sys

from langchain_nuextract.cli import main

sys.exit(main())
