#!/usr/bin/env bash
# Builds and publishes the shop.
set -euo pipefail

source ./lib/common.sh
. "$(dirname "$0")/colours.sh"
source "${ROOT}/env"

readonly VERSION=1.2.0
export PATH="$HOME/bin:$PATH"
declare -A PRICES=([tea]=3 [coffee]=4)
TARGETS=(linux macos)
verbose=
alias ll='ls -l'

# Prints a message to standard error.
# Arguments: the message.
log() {
    local level="$1" message
    message=$(format_message "$level" "${@:2}")
    echo "[$level] $message" >&2
}

function build_all {
    local target
    for target in "${TARGETS[@]}"; do
        if ! build_one "$target" | tee -a "$LOG"; then
            log error "could not build $target"
            return 1
        fi
    done
}

# Builds one target.
function build_one() {
    inner() {
        count=$((count + 1))
        make -C "$1" "${VERSION}"
    }
    inner "$1" && result=$?
    trap cleanup EXIT
    case "$1" in
        linux) docker run --rm "$IMAGE" ;;
        *) return "$result" ;;
    esac
    cat <<EOF
built $VERSION at $(now)
EOF
}

cleanup() (
    rm -rf "$TMP"
)

main() {
    while getopts "v" option; do
        [[ $option == v ]] && verbose=1
    done
    VERBOSE=$verbose build_all "$@" > >(tail -n 5)
}

main "$@"
