"""Lineage of results, read from Git, dvc.lock and run records: usable from Python, without a server."""
