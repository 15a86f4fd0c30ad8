# Makes an executable that is the tool, whatever it is: MG_TOOL (a program or a .dll), MG_TOOL_PROJECT (built), or the tool manifest.
# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

if [[ -n "${MG_TOOL:-}" ]]; then
  tool="$(realpath -- "$MG_TOOL")"
  if [[ "$tool" == *.dll ]]; then command=(dotnet "$tool"); else command=("$tool"); fi
elif [[ -n "${MG_TOOL_PROJECT:-}" ]]; then
  dotnet build "$MG_TOOL_PROJECT" --configuration Release --nologo
  command=(dotnet "$(dotnet msbuild "$MG_TOOL_PROJECT" -nologo -p:Configuration=Release -getProperty:TargetPath)")
else
  dotnet tool restore
  command=(dotnet tool run modelguard --)
fi

folder="$RUNNER_TEMP/modelguard-tool"
mkdir -p "$folder"
{
  echo '#!/usr/bin/env bash'
  printf 'exec'
  printf ' %q' "${command[@]}"
  echo ' "$@"'
} > "$folder/modelguard"
chmod +x "$folder/modelguard"
output path "$folder/modelguard"
