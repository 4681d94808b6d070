"""Versions of models and where they are used, kept as Git tags after GTO's convention, behind the gate."""
