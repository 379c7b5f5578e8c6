#!/usr/bin/env bash
# The mutant bank of the store: known faults of other stores, put back into a copy of ours one at a time. Each must make a test fail.
#
#   tests/mutants.sh            all of them
#   tests/mutants.sh B5 B10     some of them
#
# A mutant is an edit of one line of the source, which stays clean: the copy is edited, built once, and the environment variable
# HARMONY_MUTANT chooses the fault at run time. An edit that changes nothing is an error: then the source moved on, and so must the edit.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
dotnet=${DOTNET:-dotnet}
source="$copy/src/HarmonyDB.Storage"
ids=()
declare -A filters

tar -C "$root" --exclude=bin --exclude=obj -cf - \
    Directory.Build.props Directory.Build.targets Directory.Packages.props global.json BannedSymbols.txt docs \
    src/HarmonyDB.Storage tests/HarmonyDB.Storage.Tests | tar -C "$copy" -xf -

# mutant ID FILE TESTS SED
mutant() {
    local file="$source/$2"
    cp "$file" "$copy/before"
    sed -i -E "$4" "$file"
    if cmp -s "$copy/before" "$file"; then
        echo "error: the edit of mutant $1 changes nothing in $2" >&2
        exit 2
    fi
    ids+=("$1")
    filters[$1]=$3
}

m() { printf 'Mutant.Is("%s")' "$1"; }

mutant B1 Tree/PendingPages.cs B1_ \
    "s/^( +)Pages\.AddRange\(pages\);/&if ($(m B1)) { Pages.AddRange(pages); }/"
mutant B3 Tree/Store.cs 'StoreCrash|StorePoison' \
    "s/^( +)_pins\.Add\(_durable\.Newest\.TxId\);/\1if (!$(m B3)) { _pins.Add(_durable.Newest.TxId); }/"
mutant B4 Tree/Freelist.cs 'B4_|B38_' \
    "s/^( +)Release\(page, 1\);/\1if (!$(m B4)) { Release(page, 1); }/"
mutant B5 Tree/UncommittedPages.cs B5_ \
    "s/^( +)_setAside\.Push\(pageId\);/&if ($(m B5)) { _setAside.Push(pageId); }/"
mutant B6 Tree/Store.cs 'B6_' \
    "s/^( +)_readers\.AddPins\(_pins\);/\1if (!$(m B6)) { _readers.AddPins(_pins); }/"
mutant B10 Tree/Cursor.cs 'B10_' \
    "s/return isOnEntry && \(!isExact \|\| StepForward\(\)\);/return isOnEntry \&\& ((!isExact \&\& !$(m B10)) || StepForward());/"
mutant B12 Tree/Cursor.cs 'B10_|Cursor_' \
    "s/if \(!IsStale \|\| SeekAtOrAfter/if ($(m B12) || !IsStale || SeekAtOrAfter/"
mutant B13 Tree/Freelist.cs 'B13_' \
    "s/int chunk = \(int\)\(page \/ /int chunk = (int)(($(m B13) ? (ushort)page : page) \/ /"
mutant B16 Tree/TreeWriter.cs 'B16_' \
    "0,/^( +)ThrowIfKeyInvalid\(key\);/s//\1if (!$(m B16)) { ThrowIfKeyInvalid(key); }/"
mutant B19 Tree/TreeReader.cs 'B19_|B31_' \
    "s/\|\| _transaction\.Generation != _generation/|| (!$(m B19) \&\& _transaction.Generation != _generation)/"
mutant B26 Tree/Cursor.cs 'B26_' \
    "s/^( +)_place = Place\.Broken;/\1if (!$(m B26)) { _place = Place.Broken; }/"
mutant B27 Tree/WriteTransaction.cs 'B27_' \
    "s/if \(_broken is not null\)/if (_broken is not null \&\& !$(m B27))/"
mutant B28 Tree/Store.cs 'B28_' \
    "s/^( +)Interlocked\.CompareExchange\(ref _failure, exception, null\);/\1if (!$(m B28)) { Interlocked.CompareExchange(ref _failure, exception, null); }/"
mutant B31 Tree/WriteTransaction.cs 'B31_' \
    "s/ObjectDisposedException\.ThrowIf\(_isEnded, this\);/ObjectDisposedException.ThrowIf(_isEnded \&\& !$(m B31), this);/"
mutant B33 Tree/CommittedPages.cs 'B33_|W19_' \
    "s/if \(PageHeader\.Id\(page\) != pageId\)/if (PageHeader.Id(page) != pageId \&\& !$(m B33))/"
mutant B38 Tree/WriteTransaction.cs 'B38_' \
    "s/^( +)_pages\.Abort\(\);/\1if (!$(m B38)) { _pages.Abort(); }/"

cat > "$source/Mutant.cs" <<'CS'
namespace HarmonyDB.Storage;

internal static class Mutant
{
    private static readonly string? Chosen = Environment.GetEnvironmentVariable("HARMONY_MUTANT");

    internal static bool Is(string id) => id == Chosen;
}
CS

project="$copy/tests/HarmonyDB.Storage.Tests"
loose="-p:TreatWarningsAsErrors=false -p:EnforceCodeStyleInBuild=false -p:GenerateDocumentationFile=false"
$dotnet build "$project" -c Release -m:1 --nologo -v q -clp:ErrorsOnly $loose

run() {
    $dotnet test "$project" -c Release -m:1 --nologo -v q --no-build --filter "$1" > "$copy/output" 2>&1
}

filter() { echo "FullyQualifiedName~${1//|/|FullyQualifiedName~}"; }

wanted=("$@")
[ ${#wanted[@]} -gt 0 ] || wanted=("${ids[@]}")
all=$(IFS='|'; echo "${filters[*]}")
if ! run "$(filter "$all")"; then
    cat "$copy/output" >&2
    echo "error: the tests fail without any mutant" >&2
    exit 1
fi

killed=0
survivors=()
for id in "${wanted[@]}"; do
    if HARMONY_MUTANT=$id run "$(filter "${filters[$id]}")"; then
        survivors+=("$id")
        echo "$id SURVIVED"
    else
        killed=$((killed + 1))
        echo "$id killed by $(grep -oE '[A-Za-z0-9_]+(\(.*\))? \[FAIL\]' "$copy/output" | head -1 | sed 's/ \[FAIL\]//' || true)"
    fi
done

echo "figure mutants-killed $killed"
echo "figure mutants $((killed + ${#survivors[@]}))"
[ ${#survivors[@]} -eq 0 ]
