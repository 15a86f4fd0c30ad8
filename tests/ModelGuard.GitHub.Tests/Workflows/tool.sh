#!/usr/bin/env bash
# Stands in for the tool where it would compute: notes its arguments, leaves what the real one leaves, and ends as the test says. 'comment' is
# the real one.
set -euo pipefail
printf '%s\n' "$*" >> "$TEST_CALLS"
case "$1" in
  edit)
    for argument in "$@"; do [[ "$argument" != --stamp=* ]] || printf 'output=%s\nbase=%s\n' "$TEST_EDITED" "$TEST_EDITED/../base" > "${argument#--stamp=}"; done
    exit "${TEST_EDIT_CODE:-0}"
    ;;
  audit)
    echo '::error::forged by a concept'
    echo '##[error]forged by a concept' >&2
    for argument in "$@"; do [[ "$argument" != --report=* || -z "${TEST_REPORT:-}" ]] || cp "$TEST_REPORT" "${argument#--report=}"; done
    exit "${TEST_AUDIT_CODE:-0}"
    ;;
  sign)
    printf '%s' "$MODELGUARD_SIGNING_KEY" > "$TEST_EDITED/model.sig"
    printf 'password %s\n' "${MODELGUARD_KEY_PASSWORD-none}" >> "$TEST_CALLS"
    ;;
  comment)
    exec "$TEST_REAL_TOOL" "$@"
    ;;
esac
