"""Comparisons of two results: verdict, causes, replay."""
