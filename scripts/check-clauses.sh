#!/bin/bash
# check-clauses.sh [--self-test] : docs/xep-0045.md tells the truth as far as a script can see. Each row says which test
# shows it, what is missing, or why it is otherwise; each scene and each unit test that is named exists. Prints what is
# open; fails where the table is wrong.
set -euo pipefail
cd "$(dirname "$0")/.."

# check ROOT : the table at ROOT/docs against ROOT/tests.
check() {
    local root=$1 wrong=0 scene title
    while read -r scene; do
        [ -e "$root/tests/scenes/$scene.scene" ] || { echo "no such scene: $scene" && wrong=1; }
    done < <(sed -n '/^## /,$p' "$root/docs/xep-0045.md" | grep -oE '`[a-zA-Z0-9_.]+`' | tr -d '`' | LC_ALL=C sort -u)
    while read -r title; do
        grep -rqF "TEST_CASE(\"$title" "$root/tests" --include='*_test.cpp' ||
            { echo "no such unit test: $title" && wrong=1; }
    done < <(grep -E '^\| (MUST|SHOULD|MAY)' "$root/docs/xep-0045.md" | grep -oE '“[^”]+”' | tr -d '“”' | LC_ALL=C sort -u)
    awk -F' *[|] *' '
        /^\| / && $2 != "" && $2 !~ /^-+$/ {
            if ($2 !~ /^(MUST|MUST NOT|SHOULD|SHOULD NOT|MAY)$/ || $3 !~ /^§[0-9]/ || $4 !~ /^(service|room)$/ || NF != 6) {
                printf "%s:%d: want | level | §clause | service or room | shown by |\n", FILENAME, FNR
                wrong = 1
                next
            }
            ++rows[$2]
            if ($5 ~ /^missing: /) {
                printf "missing: %s %s (%s)\n", $2, $3, substr($5, 10)
                ++missing[$2]
            } else if ($5 ~ /^otherwise: /)
                ++otherwise[$2]
            else if ($5 !~ /^[`“]/) {
                printf "%s:%d: nothing shows it, and it is neither missing nor otherwise\n", FILENAME, FNR
                wrong = 1
            }
        }
        function count(of) { return of["MUST"] + of["MUST NOT"] + 0 }
        END {
            printf "%d MUST and MUST NOT, %d open, %d otherwise\n", count(rows), count(missing), count(otherwise)
            printf "%d SHOULD and SHOULD NOT, %d open, %d otherwise\n", rows["SHOULD"] + rows["SHOULD NOT"],
                missing["SHOULD"] + missing["SHOULD NOT"], otherwise["SHOULD"] + otherwise["SHOULD NOT"]
            exit wrong
        }' "$root/docs/xep-0045.md" || wrong=1
    return $wrong
}

# Each row is wrong, and must be found so; the last ones are right.
self_test() {
    local row missed=0
    tree=$(mktemp -d)
    trap 'rm -rf "$tree"' EXIT
    mkdir -p "$tree/docs" "$tree/tests/scenes" "$tree/tests/muc"
    touch "$tree/tests/scenes/7.1_there.scene"
    echo 'TEST_CASE("a test that is there [7.1]") {}' >"$tree/tests/muc/room_test.cpp"
    while read -r row; do
        printf '## 7\n%s\n' "$row" >"$tree/docs/xep-0045.md"
        ! check "$tree" >/dev/null || { echo "not caught: $row" && missed=1; }
    done <<'END'
| MUST | §7.1 order | room | `7.1_not_there` |
| MUST | §7.1 order | room | `7.1_there`, “a test that is not there” |
| MUST | §7.1 order | room | |
| MUST | §7.1 order | room | surely |
| MUST | order | room | `7.1_there` |
| SHALL | §7.1 order | room | `7.1_there` |
| MUST | §7.1 order | client | `7.1_there` |
END
    printf '%s\n' '## 7' '| MUST | §7.1 order | room | `7.1_there`, “a test that is there” |' '| MAY | §7.2 x | room | missing: y |' \
        '| MUST NOT | §7.3 x | service | otherwise: y |' >"$tree/docs/xep-0045.md"
    check "$tree" >"$tree/found" || { echo "innocent rows were blamed" && missed=1; }
    grep -q '^2 MUST and MUST NOT, 0 open, 1 otherwise$' "$tree/found" || { echo "counted wrongly" && missed=1; }
    return $missed
}

if [ "${1:-}" = --self-test ]; then
    self_test
else
    check .
fi
