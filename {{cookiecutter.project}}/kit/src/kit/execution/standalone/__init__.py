"""Code that runs as a script in a module's environment: standard library only."""
