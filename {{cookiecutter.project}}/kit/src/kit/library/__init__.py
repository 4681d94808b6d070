"""Modules over their lifetime: new ones, those added from other projects, updates and removal."""
