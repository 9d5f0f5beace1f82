# shellcheck shell=bash
# Packages of other suites and architectures of Debian, through apt, which checks their signatures. Sourced, after
# `folder` is set: lists and packages are in $folder/apt. They are only unpacked: none of their scripts runs.

mirror=${ECGCLIP_ARM_MIRROR-}

# The archive of which this machine's apt has its own release.
archive() {
  local release
  release=$(. /etc/os-release && echo "$VERSION_CODENAME")
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Component: main' "Codename: $release" | head -n 1
}

# SUITE ARCHITECTURE apt-get|apt-cache ARGUMENT…: with lists and a state of its own.
apt_of() {
  local suite=$1 architecture=$2 tool=$3 own=$folder/apt/$1-$2
  shift 3
  mkdir -p "$own"/{lists/partial,cache/archives/partial,etc/preferences.d,etc/sources.list.d}
  : >"$own/status"
  mirror=${mirror:-$(archive)}
  [ -n "$mirror" ] || fail "apt knows no archive of Debian: run apt-get update, or name one in ECGCLIP_ARM_MIRROR"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$own/etc/sources.list"
  # A mirror that stands still has a Release file that counts as expired.
  "$tool" -q -o APT::Get::Assume-Yes=true -o APT::Architecture="$architecture" -o APT::Architectures="$architecture" \
    -o Dir::Etc="$own/etc" -o Dir::Etc::sourcelist="$own/etc/sources.list" \
    -o Dir::Etc::sourceparts="$own/etc/sources.list.d" -o Dir::State::lists="$own/lists" \
    -o Dir::State::status="$own/status" -o Dir::Cache="$own/cache" -o APT::Update::Error-Mode=any \
    -o Acquire::Languages=none -o Acquire::Check-Valid-Until=false -o APT::Sandbox::User=root "$@"
}

# SUITE ARCHITECTURE INTO PACKAGE…: the packages and what they depend on, unpacked.
unpack() {
  local suite=$1 architecture=$2 into=$3 package
  shift 3
  apt_of "$suite" "$architecture" apt-get update
  apt_of "$suite" "$architecture" apt-get install --download-only --no-install-recommends "$@"
  rm -rf "$into"
  mkdir -p "$into"
  for package in "$folder/apt/$suite-$architecture"/cache/archives/*.deb; do dpkg-deb -x "$package" "$into"; done
  # Where the packages of this release still have a folder that is a link by now.
  [ -e "$into/lib" ] || ln -s usr/lib "$into/lib"
}
