# shellcheck shell=bash
# Shared by the scripts: where things are, and what must be installed. Sourced, not run.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$top" || exit 2

fail() {
  printf '%s\n' "$*" >&2
  exit 2
}

# Ends with the line that installs a toolchain where there is none, or too old a one.
require_swift() {
  # The user's shell is to expand it, not this one.
  # shellcheck disable=SC2016
  local help='curl -O https://download.swift.org/swiftly/linux/swiftly-$(uname -m).tar.gz && tar zxf swiftly-$(uname -m).tar.gz && ./swiftly init'
  command -v swift >/dev/null 2>&1 || fail "No Swift toolchain: install one with
  $help"
  local version
  version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
  [ -n "$version" ] && [ "$(printf '6.2\n%s\n' "$version" | sort -V | head -n 1)" = 6.2 ] ||
    fail "Swift ${version:-unknown} is too old, 6.2 or newer is needed: install it with
  $help"
}

# Installs the missing packages of apt-packages.txt; with "no" only says which.
require_packages() {
  local install=$1 missing=()
  while read -r package; do
    case $package in '' | '#'*) continue ;; esac
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done <scripts/apt-packages.txt
  [ ${#missing[@]} -eq 0 ] && return 0
  local sudo=
  [ "$(id -u)" = 0 ] || sudo='sudo '
  local line="${sudo}apt-get install -y --no-install-recommends ${missing[*]}"
  [ "$install" = yes ] || fail "Packages are missing: install them with
  $line"
  echo "$line"
  ${sudo}apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null 2>&1 || {
    ${sudo}apt-get update -qq
    ${sudo}apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null
  }
}

# LOG STATUS of a run of tests: their count. Of a run that failed it says what failed, and fails.
summary_of_tests() {
  local log=$1 status=$2 skipped total
  grep -E '^(✘|error:)| recorded an issue|Fatal error' "$log" >&2 || true
  [ "$status" = 0 ] || { tail -n 30 "$log" >&2; exit 1; }
  skipped=$(grep -cE '^➜ Test .* skipped' "$log" || true)
  [ "$skipped" = 0 ] || echo "$skipped tests were skipped, most for want of recordings: scripts/fetch-data brings them." >&2
  total=$(sed -nE 's/.*Test run with ([0-9]+) tests?.*/\1/p' "$log" | tail -n 1)
  [ "${total:-0}" -gt "$skipped" ] || fail 'No test ran.'
  echo "$((total - skipped)) passed, 0 failed, $skipped skipped"
}
