"""Log-in: passwords, sessions, throttle, the gate in front of every route, and their pages."""
