"""Lets `python -m kit` stand for `kit`."""

import sys

from kit.cli import main

sys.exit(main())
