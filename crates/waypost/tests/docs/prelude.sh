set -eEuo pipefail
shopt -s expand_aliases
at='the beginning' out=/dev/null before=/dev/null expecting='' served=''
exec 3>&2

# Ends everything that serves when the page is over.
the_end() {
    trap - ERR
    set +e
    for pid in $served; do kill "$pid" 2>/dev/null; done
    wait
}
trap the_end EXIT

failed() {
    local code=$? command=$BASH_COMMAND
    [ -z "$expecting" ] || return 0
    printf 'line %s: `%s` exits with %s\n' "$at" "$command" "$code" >&3
    tail -n 20 "$out" >&3
    exit 1
}
trap failed ERR

# A block begins: the line of the page, and where its output goes.
block() {
    at=$1 out=$2
    exec >"$out" 2>&1
}

# The command between these two fails.
expect() { expecting=$1; set +e; }
expected() {
    local code=$?
    set -e
    [ "$code" = "$expecting" ] && expecting='' && return 0
    printf 'line %s: a command exits with %s instead of %s\n' "$at" "$code" "$expecting" >&3
    cat "$out" >&3
    expecting=''
    exit 1
}

# Waits until a command succeeds, while a process lives.
until_it() {
    local pid=$1 tries=0
    shift
    until "$@"; do
        kill -0 "$pid" 2>/dev/null && [ "$tries" -lt 1200 ] || return 1
        tries=$((tries + 1))
        sleep 0.05
    done
}

# What serves goes on in the background once it is ready.
waypost() {
    local data="${WAYPOST_DATA_DIR:-}" log pid previous='' word
    case " $* " in
        *' --help '*) command waypost "$@" ;;
        ' serve '*)
            for word in "$@"; do
                [ "$previous" = --data-dir ] && data=$word
                previous=$word
            done
            rm -f "$data/listeners.json"
            command waypost "$@" &
            served="$served $!"
            until_it $! test -f "$data/listeners.json"
            ;;
        ' mail sink '*)
            log=$(mktemp)
            command waypost "$@" >"$log" 2>&1 &
            served="$served $!"
            until_it $! grep -q 'listening on' "$log"
            ;;
        *) command waypost "$@" ;;
    esac
}

make() {
    local log=$out.make
    WAYPOST_SMTP=$WAYPOST_SMTP_LISTEN command make "$@" >"$log" 2>&1 &
    served="$served $!"
    until_it $! grep -q 'What goes out from now on appears here' "$log" || { cat "$log"; return 1; }
    cat "$log"
}
