"""Access logs of media hosts and CDNs, line by line into requests; what cannot be read is refused with its reason."""
