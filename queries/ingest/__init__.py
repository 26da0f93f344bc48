"""Imports: feeds into podcasts and episodes, files into events; every one leaves a row in etl_imports."""
