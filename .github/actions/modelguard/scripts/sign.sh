# Signs a checkpoint that passed, and its report. The key is in a variable and never on a command line.
# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[[ -n "${MODELGUARD_KEY_PASSWORD:-}" ]] || unset MODELGUARD_KEY_PASSWORD
quoted "$MG" sign "$MG_EDITED" --private-key MODELGUARD_SIGNING_KEY "--report=$MG_REPORT"
