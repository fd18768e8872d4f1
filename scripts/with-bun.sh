#!/bin/sh
# Runs `bun "$@"` in the checkout. Installs first what is missing: Bun itself, then the packages.
set -eu
cd "$(dirname "$0")/.."

wanted=$(sed -n 's/^ *"bun": "\([0-9][0-9.]*\)".*/\1/p' package.json)

# The platform package carries the real program, also where npm may not run install scripts.
find_bun() {
  for candidate in bun node_modules/.bin/bun node_modules/@oven/bun-*/bin/bun; do
    if [ "$("$candidate" --version 2>/dev/null)" = "$wanted" ]; then
      echo "$candidate"
      return
    fi
  done
}

manifests() {
  cat package.json bun.lock package-lock.json | cksum
}

install() {
  if [ "$1" = bun ]; then
    bun install --frozen-lockfile
  elif command -v npm >/dev/null; then
    npm ci --no-audit --no-fund --loglevel=error
  else
    echo "Hearth needs Bun $wanted or npm. Install one of them: https://bun.com or https://nodejs.org" >&2
    exit 1
  fi
}

if [ "$(cat node_modules/.installed 2>/dev/null)" != "$(manifests)" ]; then
  echo "Installing what Hearth needs ..." >&2
  install "$(find_bun)" >&2
  manifests >node_modules/.installed
fi

bun=$(find_bun)
if [ -z "$bun" ]; then
  echo "Bun $wanted could not be installed here. Install it by hand (npm install -g bun@$wanted), then try again." >&2
  exit 1
fi
exec "$bun" "$@"
