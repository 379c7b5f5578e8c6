#!/usr/bin/env bash
# The mutant bank of the core: known faults of other implementations (tests/Mutants/raft.txt), put back into ours one at a time. Each must be noticed.
#
#   tests/mutants-raft.sh            all of them
#   tests/mutants-raft.sh R2 R28     some of them
#
# What killed each, and how soon, goes into the table in tests/mutants.md; rows of mutants that were not run stay.
#
# They are compiled in with -p:Mutants=true, into a folder of their own (artifacts/mutants), and one is chosen at start with HARMONY_MUTANT. Each is run
# against the tests of HarmonyDB.Raft, among them the transcripts and the random cluster, against the model, and against the simulator.
#
#   STATES (300000)  distinct states in each scenario of the model      SEEDS (200)  seeds of the simulator      AGAIN=1  what is built is up to date, and passes without a mutant
set -uo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
dotnet=${DOTNET:-dotnet}
states=${STATES:-300000}
seeds=${SEEDS:-200}
bank=tests/Mutants/raft.txt
bin=artifacts/mutants/bin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
limit() { timeout --kill-after=5 "$@"; }

projects=(HarmonyDB.Raft.Tests HarmonyDB.Model)
[ -d tests/HarmonyDB.Simulation ] && projects+=(HarmonyDB.Simulation)
for project in "${projects[@]}"; do
    [ -n "${AGAIN:-}" ] && break
    $dotnet build "tests/$project" -c Release -p:Mutants=true -m:1 --nologo -v q -clp:ErrorsOnly || exit 2
done

run_tests() {
    limit 240 $dotnet test "$bin/HarmonyDB.Raft.Tests/release/HarmonyDB.Raft.Tests.dll" --nologo --logger "console;verbosity=normal" \
        --filter 'FullyQualifiedName!~Raft.Tests.Model' >"$work/tests" 2>&1
}

run_model() { limit 240 $dotnet exec "$bin/HarmonyDB.Model/release/HarmonyDB.Model.dll" --states "$states" >"$work/model" 2>&1; }

run_simulator() {
    [ -d tests/HarmonyDB.Simulation ] || return 0
    limit 240 $dotnet exec "$bin/HarmonyDB.Simulation/release/HarmonyDB.Simulation.dll" --seeds "$seeds" >"$work/simulator" 2>&1
}

# Without a mutant everything must pass, or a failure would say nothing.
if [ -z "${AGAIN:-}" ]; then
    for part in tests model simulator; do
        if ! "run_$part"; then
            tail -n 40 "$work/$part" >&2
            echo "error: the $part fail without any mutant" >&2
            exit 2
        fi
    done
fi

describe_tests() {
    local names transcripts others
    names=$(sed -nE 's/^ *Failed HarmonyDB\.Raft\.Tests\.(.*) \[[0-9<].*$/\1/p' "$work/tests" | sort -u)
    transcripts=$(grep -c '^TranscriptTests\.' <<<"$names")
    others=$(grep -v '^TranscriptTests\.\|^RandomClusterTests\.' <<<"$names" | grep -c .)
    echo "${transcripts/#0/-}|${others/#0/-}|$(grep -oE 'Seed [0-9]+[,:]' "$work/tests" | grep -oE '[0-9]+' | sort -n | head -1 | grep . || echo -)"
}

wanted=("$@")
[ ${#wanted[@]} -gt 0 ] || mapfile -t wanted < <(grep -oE '^R[0-9]+' "$bank")
table=tests/mutants.md
declare -A rows
while IFS= read -r row; do
    id=$(cut -d' ' -f2 <<<"$row")
    grep -q "^$id " "$bank" && rows[$id]=$row
done < <(grep '^| R[0-9]' "$table" 2>/dev/null)

for id in "${wanted[@]}"; do
    export HARMONY_MUTANT=$id
    meaning=$(sed -nE "s/^$id (.*)/\1/p" "$bank")
    by_tests='-|-|-' by_model=- by_simulator=- is_killed=
    run_tests
    case $? in
        0) ;;
        124 | 137) by_tests='hangs|hangs|-' is_killed=1 ;;
        *) by_tests=$(describe_tests) is_killed=1 ;;
    esac
    run_model
    case $? in
        0) ;;
        124 | 137) by_model='hangs' is_killed=1 ;;
        *) by_model=$(sed -nE 's/^FAILED: scenario ([a-z-]+), ([0-9]+) steps, ([0-9]+) states.*/\1, \2 steps/p' "$work/model") is_killed=1 ;;
    esac
    run_simulator
    case $? in
        0) ;;
        124 | 137) by_simulator='hangs' is_killed=1 ;;
        *) by_simulator=$(sed -nE 's/^FAILED: seed ([0-9]+),.*/\1/p' "$work/simulator" | head -1) is_killed=1 ;;
    esac
    unset HARMONY_MUTANT
    IFS='|' read -r transcripts others random <<<"$by_tests"
    [ -n "$is_killed" ] || echo "$id SURVIVED"
    rows[$id]="| $id | $meaning | $transcripts | $others | $random | ${by_model:-fails} | ${by_simulator:-fails} |"
    echo "${rows[$id]}"
done

mapfile -t ordered < <(grep -oE '^R[0-9]+' "$bank" | while read -r id; do [ -n "${rows[$id]:-}" ] && echo "${rows[$id]}"; done)
survivors=$(printf '%s\n' "${ordered[@]}" | awk -F' *\\| *' '$4 $5 $6 $7 $8 == "-----" { printf "%s ", $2 }')
killed=$((${#ordered[@]} - $(wc -w <<<"$survivors")))
# Of the random cluster and the simulator, whichever needed fewer seeds.
median=$(printf '%s\n' "${ordered[@]}" | awk -F' *\\| *' '
    { fewest = ""; for (i = 6; i <= 8; i += 2) if ($i ~ /^[0-9]+$/ && (fewest == "" || $i + 0 < fewest)) fewest = $i + 0; if (fewest != "") print fewest }' |
    sort -n | awk '{ v[NR] = $1 } END { print NR ? v[int((NR + 1) / 2)] : "-" }')
{
    cat <<EOF
# Mutants of the core

Faults of other implementations of Raft, by their row in the list of known faults, put back into ours one at a time by \`bash tests/mutants-raft.sh\`
(last run $(date -u +%Y-%m-%d)). A number says how many transcripts or other tests failed, or which seed of the random clusters (with faults, with drifting clocks, with
terms and logs that are far apart) or of the simulator was the first to fail; seeds count from 1. For the model ($states distinct states in each scenario) it is the scenario and the length of the path that it printed. "-" means
that the mutant went unnoticed there.

$killed of ${#ordered[@]} killed${survivors:+; not killed: $survivors}. Where random faults found it, the median of the seeds needed is $median.

| id | what it does | transcripts | other tests | random cluster | model | simulator |
| --- | --- | ---: | ---: | ---: | --- | ---: |
EOF
    printf '%s\n' "${ordered[@]}"
} >"$table"
echo "figure raft-mutants ${#ordered[@]} mutants"
echo "figure raft-mutants-killed $killed mutants"
echo "figure raft-mutants-seeds $median seeds"
[ -z "$survivors" ]
