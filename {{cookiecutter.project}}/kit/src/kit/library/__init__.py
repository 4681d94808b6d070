"""Modules as things that come and go: made new, taken from other projects, updated, removed."""
