"""One self-contained page about a revision."""
