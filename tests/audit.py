"""Are there known holes in what the lock file names? `python -m tests.audit`; the last part of `make proof`.

Three answers, each with its exit code: 0, none is known; 1, these are; 75, it could not be asked, and why. The last is
neither of the others: what nobody answered is not safe, and not a fault of podboard.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

LOCK = Path(__file__).parent.parent / "requirements.lock"
NONE_KNOWN, KNOWN, NOT_DONE = 0, 1, 75  # 75: EX_TEMPFAIL of sysexits.h


def audit(lock: Path = LOCK, *options: str) -> tuple[int, str]:
    """The exit code, and what is to be said."""
    done = subprocess.run(
        [
            Path(sys.executable).with_name("pip-audit"), "--requirement", lock, "--require-hashes", "--disable-pip",
            "--format", "json", "--progress-spinner", "off", *options,
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        why = next((line for line in reversed(done.stderr.splitlines()) if line.strip()), "it said nothing")
        return NOT_DONE, f"NOT DONE: the audit of known holes got no answer from the database: {why.strip()}"
    holes = [
        f"{each['name']} {each['version']}: {hole['id']}"
        for each in packages
        for hole in each.get("vulns", ())
    ]
    silent = [each for each in packages if "skip_reason" in each]
    if holes:
        return KNOWN, "Known holes:\n" + "\n".join(holes)
    if silent or not packages:
        why = silent[0]["skip_reason"] if silent else "the lock file names nothing"
        return NOT_DONE, (
            f"NOT DONE: the audit of known holes got no answer about {len(silent)} of {len(packages)} packages: {why}"
        )
    return NONE_KNOWN, f"No hole is known in {len(packages)} packages."


if __name__ == "__main__":
    code, said = audit()
    sys.stdout.write(said + "\n")
    sys.exit(code)
