#!/bin/sh
# Browser tests need Chromium: Debian's packages when we are root there, Playwright's own build elsewhere. Debian's shell without a window
# is tried for first, since it takes less of a processor; where there is none, whichever Chromium is there does as well.
set -eu
bin=$1
has() { command -v "$1" >/dev/null 2>&1; }
if has chromium-headless-shell; then exit 0; fi
if [ "$(id -u)" = 0 ] && has apt-get; then
    export DEBIAN_FRONTEND=noninteractive
    if [ -z "$(apt-cache policy chromium-headless-shell 2>/dev/null)" ]; then apt-get update -qq || true; fi
    apt-get install -y -qq --no-install-recommends chromium-headless-shell fonts-dejavu-core >/dev/null 2>&1 && exit 0
fi
for name in chromium chromium-browser google-chrome; do
    if has "$name"; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && has apt-get; then
    apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
else
    "$bin/python" -m playwright install chromium
fi
