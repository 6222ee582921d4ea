"""Benches: each starts what it measures and its peers, and fails only on a ratio."""
