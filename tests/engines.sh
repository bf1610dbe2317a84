#!/usr/bin/env bash
# The tests on other engines, and what they need: Dask and PySpark (which needs Java) for clusters and, if node is
# installed, Pyodide for browsers, with our dependencies as pure wheels. `.ci/run` calls it in parallel with the other
# tests; .venv is left as it is, and is visible from an environment in build/. Takes the words of
# tests/beside.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
source tests/beside.sh
engines=build/engines/venv

listed() { # the requirements in a list of pyproject.toml, one a line
  python3 -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']$1, sep='\n')"
}

prepare() {
  if ! command -v java >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends default-jre-headless >/dev/null
  fi

  mapfile -t cluster < <(listed "['optional-dependencies']['cluster']")
  mapfile -t ours < <(listed "['dependencies']")

  # Not in the extra `test`: PySpark alone is 450 MB, which pip makes into a wheel once (of jars: to compress them again
  # would take twice as long) and keeps.
  python3 -m venv "$engines"
  "$engines/bin/pip" install -q --no-compile --config-settings=--build-option=--compression=stored "${cluster[@]}"
  if command -v npm >/dev/null; then
    npm install --silent --no-audit --no-fund --no-save --prefix build/engines pyodide
    # Pure wheels or none: where a dependency has none, no browser can have this program.
    rm -rf build/engines/wheels
    "$engines/bin/pip" download -q --only-binary=:all: --platform any --implementation py --abi none --python-version 3.14 \
      --dest build/engines/wheels "${ours[@]}"
  fi
}

run_tests() {
  see_ours "$engines"
  export BACKPROP_TUTOR_ENGINES="dask spark"
  ! command -v npm >/dev/null || BACKPROP_TUTOR_ENGINES+=" pyodide"
  "$engines/bin/python" -m pytest tests/engines
}

prepare_and_test "$@"
