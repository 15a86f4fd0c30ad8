# Publishes the report: job summary, annotations, comment, check run; outputs: verdict, comment-id. What GitHub refuses is a warning.
# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

arguments=()
[[ -z "${MG_POLICY:-}" ]] || arguments+=("--policy-path=$MG_POLICY")
[[ "${MG_COMMENT:-true}" == true ]] || arguments+=(--no-comment)
[[ -z "${MG_CHECK_RUN:-}" ]] || arguments+=("--check-run=$MG_CHECK_RUN")
[[ -z "${MG_KEY:-}" ]] || arguments+=("--key=$MG_KEY")
# Not quoted: its annotations are for the runner, and it lets nothing else of a report start a line.
# An empty list is no value in the old bash of macOS.
"$MG" comment ${arguments[@]+"${arguments[@]}"} -- "$MG_REPORT"
