"""The model of a project: its pipeline, modules, ports and settings."""
