#!/usr/bin/env bash
# Gradescope runs this once, when the image is built: an environment of our own, whatever the image brings.
set -euo pipefail
root="${BACKPROP_TUTOR_KIT_ROOT:-/autograder}"
source="$root/source"

newest() { # the newest Python that this program runs on
  for version in 14 13 12 11; do
    if command -v "python3.$version" >/dev/null && "python3.$version" -c 'import ensurepip, venv' 2>/dev/null; then
      echo "python3.$version"
      return
    fi
  done
}

python=$(newest)
if [ -z "$python" ] && command -v apt-get >/dev/null; then # Ubuntu 22.04 brings 3.10
  apt-get update -qq || true
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3.11 python3.11-venv || true
  python=$(newest)
fi
if [ -n "$python" ]; then
  "$python" -m venv "$source/venv"
else # CentOS, Fedora and others with an older Python
  python3 -m pip install -q uv
  python3 -m uv venv -q --seed --python 3.12 "$source/venv"
fi
"$source/venv/bin/python" -m pip install -q --disable-pip-version-check -r "$source/requirements.txt"
"$source/venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps "$source"/backprop_tutor-*.whl
