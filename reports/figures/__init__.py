"""Charts as pure functions: rows -> Chart, and writers Chart -> plotly dict (pages) or SVG text (paper)."""
