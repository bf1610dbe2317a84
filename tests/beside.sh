# For the scripts of tests that need an environment of their own: what they share. Sourced, never run.

# Makes what is installed in .venv visible from another environment, which is only added to.
see_ours() {
  local ours theirs
  ours=$(.venv/bin/python -c "import sysconfig; print(sysconfig.get_path('purelib'))")
  theirs=$("$1/bin/python" -c "import sysconfig; print(sysconfig.get_path('purelib'))")
  echo "import site; site.addsitedir('$ours')" >"$theirs/ours.pth"
}

# `prepare` only installs, which needs no .venv, and `test` only tests; without a word it does both.
prepare_and_test() {
  [ "${1:-}" = test ] || prepare
  [ "${1:-}" = prepare ] || run_tests
}
