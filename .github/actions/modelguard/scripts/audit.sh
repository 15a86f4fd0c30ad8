# Audits the edited checkpoint; outputs: report, exit-code. A failed gate fails a later step, so that the report is published first.
# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

report="$RUNNER_TEMP/modelguard-report.json"
rm -f "$report"
code=0
quoted "$MG" audit "--model=$MG_EDITED" "--report=$report" -- "$MG_POLICY" || code=$?
# Without a report there is nothing to publish.
[[ -f "$report" ]] || exit $((code == 0 ? 2 : code))
output report "$report"
output exit-code "$code"
