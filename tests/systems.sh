#!/usr/bin/env bash
# Exports, read by independent readers: Moodle XML by moodle-xml-parser, Canvas's QTI 1.2 compared with text2qti, and QTI 2.1
# converted by citolab-qti-convert and, if npm is installed, answered in a browser by @citolab/qti-components. `.ci/run`
# calls it. Their licences allow us to use them but not to copy from them, so they are only in build/.
# Takes the words of tests/beside.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
source tests/beside.sh

systems=build/systems/venv

prepare() {
  python3 -m venv "$systems"
  "$systems/bin/pip" install -q --no-compile moodle-xml-parser text2qti citolab-qti-convert
  ! command -v npm >/dev/null ||
    npm install --silent --no-audit --no-fund --no-save --prefix build/systems @citolab/qti-components
}

run_tests() {
  see_ours "$systems"
  export BACKPROP_TUTOR_SYSTEMS="moodle canvas qti"
  ! command -v npm >/dev/null || BACKPROP_TUTOR_SYSTEMS+=" player"
  "$systems/bin/python" -m pytest tests/systems
}

prepare_and_test "$@"
