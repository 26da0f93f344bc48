"""What is said in an episode: read from VTT, SRT and JSON, stored as text with times."""
