# Looks at the artifact from outside before anything reads it; output: report, empty where there is none.
# shellcheck source=../../modelguard/scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../modelguard/scripts/common.sh"

# As the tool: ReportReader.LongestReport.
largest=$((16 * 1024 * 1024))
report="$MG_FOLDER/modelguard-report.json"

if [[ ! -d "$MG_FOLDER" ]]; then
  echo "::notice title=ModelGuard::The run has left no report, so there is nothing to publish."
  output report ''
  exit
fi
# One regular file of that name and nothing else. Names of others are not printed.
entries="$(find "$MG_FOLDER" -mindepth 1 -printf x | wc -c)"
if ((entries != 1)) || [[ -L "$report" || ! -f "$report" ]]; then
  echo "::error title=ModelGuard::The artifact holds something else than one file modelguard-report.json. Nothing is published."
  exit 2
fi
size="$(stat -c %s -- "$report")"
if ((size > largest)); then
  echo "::error title=ModelGuard::The report is $size bytes long; at most $largest are read. Nothing is published."
  exit 2
fi
output report "$report"
