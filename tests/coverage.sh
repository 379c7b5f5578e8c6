#!/usr/bin/env bash
# Branch coverage of HarmonyDB.Raft by its own tests. Lists the lines with branches that nothing took.
#
#   tests/coverage.sh            prints, and fails below 95 %
#
# Measured on a Debug build: an optimizing compiler merges branches.
set -euo pipefail

cd "$(dirname "$0")/.."
dotnet=${DOTNET:-dotnet}
minimum=95
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The model's own tests visit the same code again, slowly.
$dotnet test tests/HarmonyDB.Raft.Tests -m:1 --nologo -v q --filter 'FullyQualifiedName!~Raft.Tests.Model' --results-directory "$work" \
    --collect "XPlat Code Coverage" -- \
    DataCollectionRunSettings.DataCollectors.DataCollector.Configuration.Format=cobertura \
    'DataCollectionRunSettings.DataCollectors.DataCollector.Configuration.Include=[HarmonyDB.Raft]*' \
    DataCollectionRunSettings.DataCollectors.DataCollector.Configuration.SkipAutoProps=true

report=$(find "$work" -name coverage.cobertura.xml | head -1)
awk -F'"' '
    /<class / { for (i = 1; i < NF; i++) if ($i ~ / filename=$/) file = $(i + 1) }
    /<line / {
        number = ""; covered = ""; branch = 0
        for (i = 1; i < NF; i++) {
            if ($i ~ /number=$/) number = $(i + 1)
            if ($i ~ / branch=$/) branch = tolower($(i + 1)) == "true"
            if ($i ~ /condition-coverage=$/) covered = $(i + 1)
        }
        # Each line stands in the report twice: with its method and with its class.
        if (branch && !((file, number) in seen)) {
            seen[file, number] = 1
            split(covered, parts, /[(\/)]/)
            taken += parts[2]; all += parts[3]
            if (parts[2] < parts[3]) printf "%s:%s %d of %d\n", file, number, parts[2], parts[3]
        }
    }
    END {
        printf "figure raft-branches %.1f %%\n", 100 * taken / all
        if (100 * taken / all < '"$minimum"') { print "below '"$minimum"' %"; exit 1 }
    }' "$report" | sort
