"""Validate a bill of materials, from standard input, against CycloneDX 1.6: prints what is wrong and exits 1."""

import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read())
sys.exit(f"INVALID {error}" if error else 0)
