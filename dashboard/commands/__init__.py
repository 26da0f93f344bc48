"""The subcommands of `podboard`: each module here exposes one as `command`."""
