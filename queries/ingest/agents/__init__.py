"""User agents: which app, on which kind of device and operating system, and whether it is a bot."""
