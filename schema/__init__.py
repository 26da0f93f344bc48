"""The database as it should be: migrations, the embedded server and the demo tenants."""


class SetupError(Exception):
    """Something the person who runs podboard has to mend; the message is one line and says what."""
