"""Which stages would run, and why."""
