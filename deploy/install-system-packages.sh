#!/bin/sh
# Installs what podboard needs of the operating system, where it may: as root, or with sudo that asks no password.
#   install-system-packages.sh run    what PDF reports need; says what is missing and goes on
#   install-system-packages.sh test   also what the tests need; ends with 1 if anything is missing
#   install-system-packages.sh venv [python3.12]   what making .venv with that Python needs
set -eu
cd "$(dirname "$0")/.."
purpose=${1:-run}
python=${2:-python3}

missing() {
    if [ "$purpose" = venv ]; then
        "$python" -c 'import ensurepip' 2>/dev/null || echo "$(basename "$python")-venv"
    else
        .venv/bin/podboard check --missing-packages "$purpose"
    fi
}

packages=$(missing | tr '\n' ' ')
[ -n "$packages" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    as_root="sudo -n"
    sudo -n true 2>/dev/null || as_root=none
fi
if [ "$as_root" != none ] && command -v apt-get >/dev/null; then
    echo "Installing system packages: $packages"
    # Tests start servers of their own: Debian's package shall make no cluster and start none.
    no_cluster=
    case " $packages" in *" postgresql"*)
        no_cluster=/etc/postgresql-common/createcluster.d/podboard.conf
        $as_root mkdir -p "${no_cluster%/*}" && echo "create_main_cluster = false" | $as_root tee "$no_cluster" >/dev/null
    esac
    {
        $as_root apt-get -q -o Acquire::Retries=2 -o Acquire::http::Timeout=30 update &&
            $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install $packages
    } >/dev/null || echo "apt-get could not install them." >&2
    [ -z "$no_cluster" ] || $as_root rm -f "$no_cluster"
    packages=$(missing | tr '\n' ' ')
    [ -n "$packages" ] || exit 0
fi

echo "Missing system packages (Debian's names): $packages" >&2
if [ "$purpose" = run ]; then
    echo "podboard runs without them, but makes no PDF reports until they are installed." >&2
    exit 0
fi
echo "Install them, or run deploy/install-system-packages.sh $purpose as root." >&2
exit 1
