"""The command `podboard`: one subcommand for each module of dashboard.commands."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import click

from dashboard import commands
from queries.errors import PodboardError
from schema import SetupError


class _Discovered(click.Group):
    """Subcommands named after their modules, imported when they are asked for."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        # A trailing underscore keeps a Python keyword from being a module's name: import_ is `podboard import`.
        return sorted(
            module.name.rstrip("_").replace("_", "-")
            for module in pkgutil.iter_modules(commands.__path__)
            if not module.name.startswith("_")
        )

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        for module in pkgutil.iter_modules(commands.__path__):
            if module.name.rstrip("_").replace("_", "-") == cmd_name and not module.name.startswith("_"):
                found: click.Command = importlib.import_module(f"{commands.__name__}.{module.name}").command
                return found
        return None


@click.group(cls=_Discovered, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="podboard", prog_name="podboard")
def podboard() -> None:
    """Podcast analytics and reporting for sponsors, podcasters and account managers."""


def main() -> None:
    """Runs the command line; what a person has to mend is told in one line."""
    try:
        podboard.main(prog_name="podboard")
    except (SetupError, PodboardError) as error:
        click.echo(f"podboard: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
