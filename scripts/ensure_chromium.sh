#!/bin/sh
# Browser tests need Chromium: Debian's package when we are root there, Playwright's own build elsewhere.
set -eu
bin=$1
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
else
    "$bin/python" -m playwright install chromium
fi
