# Sourced by the other scripts.
set -euo pipefail

# Sets an output of the step; its value may be anything, as the delimiter cannot be guessed.
output() {
  local delimiter
  delimiter="modelguard-$(random)"
  printf '%s<<%s\n%s\n%s\n' "$1" "$delimiter" "$2" "$delimiter" >> "$GITHUB_OUTPUT"
}

random() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }

# Runs the tool; names in what it prints cannot give commands to the runner. Its two outputs become one, so that nothing of them comes late.
quoted() {
  local token code=0
  token="$(random)"
  echo "::stop-commands::$token"
  "$@" 2>&1 || code=$?
  echo
  echo "::$token::"
  return "$code"
}
