#!/usr/bin/env bash
# Builds the examples, and runs both against a collector of their own. Both programs and the collector are gone afterwards.
set -euo pipefail
cd "$(dirname "$0")/.."
tracewire="${1:?usage: scripts/examples.sh TRACEWIRE}"
directory=$(mktemp -d)
started=()

finish() {
    for process in "${started[@]}"; do
        kill "$process" 2>/dev/null || true
        wait "$process" || true
    done
    rm -rf "$directory"
}
trap finish EXIT

fail() {
    printf 'examples: %s\n' "$*" >&2
    exit 1
}

# Waits until a program has said where it listens, in a file, for 20 s at most.
address() {
    for _ in $(seq 200); do
        if grep -aoE '127\.0\.0\.1:[0-9]+' "$1" | head -n 1 | grep .; then return; fi
        sleep 0.1
    done
    fail "nobody says where to listen in time: $(cat "$1")"
}

swift build --package-path Examples
examples=$(swift build --package-path Examples --show-bin-path)
export TRACEWIRE_SPOOL="$directory/spool"
wish='성수에서 전시 데이트'

# Nobody is there: the records stay in the spool.
TRACEWIRE_CONNECT=127.0.0.1:1 timeout 60 "$examples/plan" "$wish" >"$directory/lonely"
grep -q 'stay in the spool' "$directory/lonely" || fail "plan, without a collector, said: $(cat "$directory/lonely")"

"$tracewire" serve --listen 127.0.0.1:0 --database "$directory/t.db" >"$directory/serve" &
started+=($!)
TRACEWIRE_CONNECT=$(address "$directory/serve")
export TRACEWIRE_CONNECT
timeout 60 "$tracewire" forward "$directory/spool"
timeout 60 "$examples/plan" "$wish"

"$examples/planner-server" 0 >"$directory/server" &
server=$!
started+=("$server")
planner=$(address "$directory/server")
for user in mina junho; do
    timeout 60 curl --silent --show-error --fail "http://$planner/plan" \
        --data "{\"user\": \"$user\", \"wish\": \"홍대에서 방탈출 데이트\\n$user@mail.example 로 보내 줘\"}"
    echo
done
kill -TERM "$server"
wait "$server" || fail "planner-server ended with $?"

timeout 60 "$tracewire" workflows
completed=$("$tracewire" workflows --status completed --format ndjson | grep -c date_course)
[ "$completed" = 4 ] || fail "$completed workflows are there, not 4"
"$tracewire" search '[e-mail]' >"$directory/masked" || fail 'no e-mail address was masked'
if "$tracewire" search 'the masked value is no JSON'; then fail 'a masked value was no JSON'; fi
if "$tracewire" search mail.example; then fail 'an e-mail address was recorded'; fi
