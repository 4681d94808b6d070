"""Running one stage, from the plan to the results in their places."""
