"""The web face and the processes of podboard."""
