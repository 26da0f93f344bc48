"""Component builders: plain data in, Dash components out; no queries, no request, no state."""
