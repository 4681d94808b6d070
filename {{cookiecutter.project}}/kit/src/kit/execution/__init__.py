"""One stage, from plan to results in place."""
