#!/bin/bash
# lint.sh [--format|--tidy] [FILE...] : clang-format and clang-tidy over our own code; prints what they would change.
# clang-tidy needs the compile commands of a configured build, and minutes.
set -euo pipefail
cd "$(dirname "$0")/.."

what=all
case ${1:-} in --format | --tidy) what=${1#--}; shift ;; esac

if [ "$what" != tidy ]; then
    files=("$@")
    [ ${#files[@]} -gt 0 ] || mapfile -t files < <(find src tests -name '*.hpp' -o -name '*.cpp')
    clang-format --dry-run -Werror "${files[@]}"
fi
if [ "$what" != format ]; then
    files=("$@")
    [ ${#files[@]} -gt 0 ] || mapfile -t files < <(find src -name '*.cpp' | LC_ALL=C sort)
    commands=
    for build in ${BUILD:-} build/release build/debug build/sanitize; do
        [ -f "$build/compile_commands.json" ] && commands=$build && break
    done
    [ -n "$commands" ] || { echo "lint.sh: configure first: cmake --preset release" >&2; exit 69; }
    printf '%s\n' "${files[@]}" | xargs -P 2 -n 1 clang-tidy -p "$commands" --quiet --warnings-as-errors='*'
fi
