"""Modules over their lifetime: creation, copies from other projects, updates and removal."""
