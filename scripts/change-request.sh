#!/usr/bin/env bash
# Prints the text of the change request of a refresh: the differences of the catalog, the passages to review, the report.
#
# Usage: scripts/change-request.sh DIFF REPORT
# DIFF is the output of `ratebook diff HEAD catalog-src --markdown`, REPORT that of `cargo xtask refresh-catalog`.
# shellcheck disable=SC2016 # names of commands stand in backquotes
set -euo pipefail
diff=$1 report=$2
# Forges refuse texts above 65,536 characters.
diff_bytes=25000 passage_bytes=10000 report_bytes=25000

# Prints the beginning of standard input, whole lines only, and says if there is more.
cut_to() {
  local text
  text=$(cat)
  if [ "${#text}" -le "$1" ]; then
    printf '%s\n' "$text"
  else
    printf '%s\n' "${text:0:$1}" | sed '$d'
    printf '\n(more in %s)\n' "$2"
  fi
}

echo '## Limits'
echo
# The header of a table has two lines.
if [ "$(wc -l < "$diff")" -gt 2 ]; then
  cut_to "$diff_bytes" 'the summary of the run, or by `ratebook diff`' < "$diff"
else
  echo 'No limit, name or policy differs.'
fi
echo
echo '## Passages to review'
echo
passages=$(grep -E '^[a-z0-9-]+: new prose, ' "$report" || true)
if [ -n "$passages" ]; then
  echo 'No rule reads these passages. Read them by a rule, or set them aside: `cargo xtask aside PROVIDER --why TEXT FINGERPRINT`.'
  echo
  echo '```text'
  cut_to "$passage_bytes" 'the summary of the run' <<< "$passages"
  echo '```'
else
  echo 'None.'
fi
echo
echo '## Report'
echo
echo 'The output of `cargo xtask refresh-catalog`:'
echo
echo '```text'
cut_to "$report_bytes" 'the summary of the run' < "$report"
echo '```'
