#!/bin/sh
# Runs `bun "$@"` in the checkout. Installs first what is missing: Bun itself, then the packages of bun.lock.
set -eu
cd "$(dirname "$0")/.."

wanted=$(sed -n 's/^ *"bun": "\([0-9][0-9.]*\)".*/\1/p' package.json)
borrowed=node_modules/.borrowed

# The platform package carries the real program, also where npm may not run install scripts.
find_bun() {
  for bun in bun node_modules/.bin/bun node_modules/@oven/bun-*/bin/bun "$borrowed"/node_modules/@oven/bun-*/bin/bun; do
    if [ "$("$bun" --version 2>/dev/null)" = "$wanted" ]; then
      echo "$bun"
      return
    fi
  done
  echo "Hearth needs Bun $wanted, and could not get it from the registry. Install it: npm install -g bun@$wanted" >&2
  exit 1
}

borrow_bun() {
  if command -v npm >/dev/null; then
    npm install --prefix "$borrowed" --ignore-scripts --no-audit --no-fund --loglevel=error "bun@$wanted"
  elif command -v bun >/dev/null; then # another version
    mkdir -p "$borrowed" && echo '{}' >"$borrowed/package.json" && (cd "$borrowed" && bun add "bun@$wanted")
  fi
}

manifests() {
  cat package.json bun.lock | cksum
}

if [ "$(cat node_modules/.installed 2>/dev/null)" != "$(manifests)" ]; then
  echo "Installing what Hearth needs ..." >&2
  bun=$(find_bun 2>/dev/null) || { borrow_bun >&2 && bun=$(find_bun); }
  "$bun" install --frozen-lockfile >&2
  rm -rf "$borrowed"
  manifests >node_modules/.installed
fi

bun=$(find_bun)
exec "$bun" "$@"
