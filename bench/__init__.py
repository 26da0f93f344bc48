"""Benchmarks on the large demo data: every box, every page, the first load, the refreshes and the plans, in one run."""
