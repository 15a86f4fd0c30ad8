# Edits the base as the policy says, unless that is done; output: edited-model.
# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

stamp="$RUNNER_TEMP/modelguard-edit.stamp"
arguments=("--stamp=$stamp")
[[ -z "${MG_MODEL:-}" ]] || arguments+=("--model=$MG_MODEL")
[[ -z "${MG_OUTPUT:-}" ]] || arguments+=("--output=$MG_OUTPUT")
quoted "$MG" edit "${arguments[@]}" -- "$MG_POLICY"
output edited-model "$(sed -n 's/^output=//p' "$stamp")"
