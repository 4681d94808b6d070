"""Contracts: the types that flow between modules, and whether a file satisfies one."""
