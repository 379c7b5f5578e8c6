#!/usr/bin/env bash
# A real etcdctl against each of three nodes: put, get, get --prefix, del, endpoint status, member list; and curl on /health and /version.
# Needs etcdctl and a built src/HarmonyDB.Cli (Release). Prints what it ran; exits 1 at the first wrong answer.
set -euo pipefail
cd "$(dirname "$0")/.."
export ETCDCTL_API=3
harmony=(dotnet src/HarmonyDB.Cli/bin/Release/net10.0/harmony.dll)
folder=$(mktemp -d)
client_port=${HARMONY_TEST_CLIENT_PORT:-23790}
remote_port=${HARMONY_TEST_REMOTE_PORT:-40530}

"${harmony[@]}" playground --dir "$folder" --client-port "$client_port" --remote-port "$remote_port" >"$folder/playground.log" 2>&1 </dev/null &
playground=$!
stop() {
  # Not INT: a shell without job control starts what is in the background with it ignored.
  kill -TERM "$playground" 2>/dev/null || true
  wait "$playground" 2>/dev/null || true
  rm -rf "$folder"
}
trap stop EXIT

endpoints=()
for i in 0 1 2; do endpoints+=("127.0.0.1:$((client_port + 10 * i))"); done

for attempt in $(seq 1 120); do
  if curl -sf "http://${endpoints[0]}/health" >/dev/null 2>&1 && curl -sf "http://${endpoints[2]}/health" >/dev/null 2>&1; then break; fi
  kill -0 "$playground" 2>/dev/null || { cat "$folder/playground.log"; exit 1; }
  [ "$attempt" -lt 120 ] || { echo "no leader within a minute"; cat "$folder/playground.log"; exit 1; }
  sleep 0.5
done

expect() { # WANTED COMMAND...: the output must be exactly this
  local wanted=$1 got
  shift
  got=$("$@")
  printf '$ %s\n%s\n' "${*/$folder/DIR}" "$got"
  if [ "$got" != "$wanted" ]; then
    printf 'expected:\n%s\n' "$wanted"
    exit 1
  fi
}

for endpoint in "${endpoints[@]}"; do
  ctl=(etcdctl --endpoints "$endpoint")
  expect OK "${ctl[@]}" put /fruit/apple red
  expect OK "${ctl[@]}" put /fruit/pear green
  expect OK "${ctl[@]}" put /tree/oak tall
  expect $'/fruit/apple\nred' "${ctl[@]}" get /fruit/apple
  expect $'/fruit/apple\nred\n/fruit/pear\ngreen' "${ctl[@]}" get --prefix /fruit/
  expect $'/fruit/apple\n\n/fruit/pear' bash -c "etcdctl --endpoints $endpoint get --prefix --keys-only /fruit/ | sed -e '\$!b' -e '/^\$/d'"
  expect $'1\n/fruit/pear\ngreen' "${ctl[@]}" del --prev-kv /fruit/pear
  expect 2 "${ctl[@]}" del --prefix /
  expect "" "${ctl[@]}" get --prefix /
done

all=$(IFS=,; echo "${endpoints[*]}")
echo "\$ etcdctl endpoint status -w table"
etcdctl --endpoints "$all" endpoint status -w table
[ "$(etcdctl --endpoints "$all" endpoint status -w json | grep -o '"leader":[0-9]*' | sort -u | wc -l)" -eq 1 ]
echo "\$ etcdctl member list"
etcdctl --endpoints "${endpoints[1]}" member list
[ "$(etcdctl --endpoints "${endpoints[1]}" member list | wc -l)" -eq 3 ]
etcdctl --endpoints "$all" endpoint health
for endpoint in "${endpoints[@]}"; do
  printf '$ curl http://%s/health\n%s\n' "$endpoint" "$(curl -sf "http://$endpoint/health")"
  printf '$ curl http://%s/version\n%s\n' "$endpoint" "$(curl -sf "http://$endpoint/version")"
done
echo "etcdctl: all answers as expected"
