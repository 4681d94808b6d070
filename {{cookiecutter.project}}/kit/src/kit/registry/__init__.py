"""Versions of models and the stages that they are in, as Git tags in GTO's convention, behind the gate."""
