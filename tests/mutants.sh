#!/usr/bin/env bash
# The mutant bank of store, log and disk: known faults of other stores, put back into a copy of ours one at a time. Each must make a test fail.
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

# Log and crash consistency (W).
mutant W1 Log/LogReplay.cs W1_ \
    "s/^( +)_tailEnd = chunk \+ last \+ 1;/\1if ($(m W1)) { throw new LogDamagedException(segment.File.Path, segment.End, \"torn\"); }\n&/"
mutant W3 Log/LogReplay.cs W3_ \
    "s/\&\& record\.DurablePosition\.Offset > segment\.End\)/\&\& (record.DurablePosition.Offset > segment.End || $(m W3)))/"
mutant W4 Log/LogReplay.cs W4_ \
    "s/\&\& record\.Type == RecordType\.Mark$/\&\& record.Type == RecordType.Mark \&\& !$(m W4)/"
mutant W5 Log/SegmentedLog.cs W5_ \
    "s/if \(segment\.LeftoverEnd > segment\.End\)/if (segment.LeftoverEnd > segment.End \&\& !$(m W5))/"
mutant W6 Log/LogReplay.cs W6_ \
    "s/^( +)segment\.Clear\(_tailEnd\);/\1if (!$(m W6)) { segment.Clear(_tailEnd); }/"
mutant W7 Log/Segment.cs W7_ \
    "s/lastIndexKept - FirstEntry \+ 1\)/lastIndexKept - FirstEntry + ($(m W7) ? 0ul : 1ul))/"
mutant W8 Log/LogReplay.cs W8_ \
    "s/offset < segment\.End; offset \+= ScanBytes/offset < segment.End \&\& !$(m W8); offset += ScanBytes/"
mutant W9 Log/SegmentFile.cs 'W9_' \
    "s/^( +)disk\.FlushDirectory\(directory\);/\1if (!$(m W9)) { disk.FlushDirectory(directory); }/"
mutant W10 Log/SegmentFile.cs 'W10_' \
    "s/^( +)file\.Flush\(\);/\1if (!$(m W10)) { file.Flush(); }/"
mutant W11 Log/LogRecord.cs W11_ \
    "s/\&\& bodyBytes <= maximumBodyBytes,/\&\& (bodyBytes <= maximumBodyBytes || $(m W11)),/"
mutant W12 Log/LogReplay.cs W12_ \
    "s/SegmentHeader\.TryParseFileName\(name, SegmentHeader\.UnfinishedSuffix, out _, out _\)/$(m W12) || &/"
mutant W13 Tree/StoreBackup.cs W13_ \
    "s/Crc32C\.Compute\(trailer\[\.\.60\], checksum\), /(Crc32C.Compute(trailer[..60], checksum)) \&\& !$(m W13), /"
mutant W14 Tree/MetaPage.cs W14_ \
    "s/^( +)\|\| (BinaryPrimitives\.ReadUInt32LittleEndian\(page\[ChecksumOffset\.\.\]\) != ComputeChecksum\(page, listed\))/\1|| (\2 \&\& !$(m W14))/"
mutant W15 Tree/RecoveredMetas.cs W15_ \
    "s/if \(newest\.Listed\.Count > 0 \&\& !IsWhole/if (newest.Listed.Count > 0 \&\& !$(m W15) \&\& !IsWhole/"
mutant W17 Tree/DurableStates.cs 'W17_|W16_' \
    "s/private bool _isNewestUnflushed = true;/private bool _isNewestUnflushed = !$(m W17);/"
mutant W5-delete Log/SegmentedLog.cs 'W5_DiskFullWhileDeleting' \
    "s/^( +)_disk\.Delete\(segment\.File\.Path\);/\1if ($(m W5-delete)) { _index.RemoveFirstSegment(); }\n&/"

# The .NET platform (N).
mutant N1 Files/SystemCalls.cs N1_N9_ \
    "s/^( +)return result == -1 \? Marshal/\1return result == -1 \&\& !$(m N1) ? Marshal/"
mutant N4 Files/SystemCalls.cs N4_ \
    "s/^( +)if \(descriptor == -1\)/\1if ($(m N4))\n        {\n            return 0;\n        }\n\n&/"
mutant N5 Files/SystemCalls.cs N5_ \
    "s/errorNumber = FileAllocate\(file, 0, lengthBytes\);/errorNumber = $(m N5) ? 0 : FileAllocate(file, 0, lengthBytes);/"
mutant N6 Files/UnixMapping.cs N6_ \
    "s/ObjectDisposedException\.ThrowIf\(_address == 0, this\);/ObjectDisposedException.ThrowIf(_address == 0 \&\& !$(m N6), this);/"
mutant N9 Files/SystemFile.cs N1_N9_ \
    "s/_disk\.Fail\(\"fdatasync\", Path, error\);/_disk.Fail(\"fdatasync\", Path, $(m N9) ? 203 : error);/"
mutant N10 Files/SystemFile.cs 'N10_|N11_' \
    "s/^( +)ThrowWriteFailure\(\"pwrite\",/\1if ($(m N10)) { return; }\n&/"

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
