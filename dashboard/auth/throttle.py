"""Log-in throttle: per account and address, and per address alone; it slows down and never locks out."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from datetime import datetime, timedelta

from queries.people import Throttle, claim_attempt
from queries.session import anonymous_session

FREE_ATTEMPTS_PER_ACCOUNT = 5
FREE_ATTEMPTS_PER_ADDRESS = 40


class TooManyAttempts(Exception):
    """Nothing was tried: the next attempt may be made after `wait`."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__("too many attempts")
        self.wait = wait


def address_prefix(address: str | None) -> str | None:
    """The network an address lies in (/24, /48): what is logged and counted instead of the address."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return str(ipaddress.ip_network((parsed, 24 if parsed.version == 4 else 48), strict=False))


def account_throttle(secret_key: str, email: str, prefix: str | None) -> Throttle:
    """Counts failures for one account from one network. A success clears it."""
    return Throttle(
        _key(secret_key, "account", email, prefix), FREE_ATTEMPTS_PER_ACCOUNT, timedelta(hours=24)
    )


def address_throttle(secret_key: str, purpose: str, prefix: str | None) -> Throttle:
    """Counts attempts from one network, whatever the account: the brake on trying one password for everybody."""
    return Throttle(_key(secret_key, purpose, "", prefix), FREE_ATTEMPTS_PER_ADDRESS, timedelta(minutes=30))


def count_attempt(*throttles: Throttle, now: datetime) -> None:
    """Counts one attempt that is about to be made. Raises TooManyAttempts, and then counts nothing."""
    with anonymous_session(write=True) as connection:
        wait = claim_attempt(connection, throttles, now)
        if wait is not None:
            raise TooManyAttempts(wait)  # rolls back what was counted on the way


def _key(secret_key: str, purpose: str, account: str, prefix: str | None) -> str:
    message = "\x1f".join(("throttle", purpose, account, prefix or "unknown"))
    return hmac.new(secret_key.encode(), message.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
