#!/bin/sh
# One stack in a pipeline, with nothing but a shell: see README.md.
#   pipeline.sh preview   show what would change, in the pull request
#   pipeline.sh deploy    do it, for the commit that was reviewed
#   pipeline.sh drift     keep the issue about what somebody else changed
set -eu

: "${STACK:?the name of the stack}"
amigo=${PULUMI_AMIGO:-npx --no-install pulumi-amigo}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The policies, where the pipeline has some.
set -- "${1:-}" --stack "$STACK" --non-interactive
if [ -n "${POLICY_PACK:-}" ]; then
  set -- "$@" --policy-pack "$POLICY_PACK"
  if [ -n "${POLICY_CONFIG:-}" ]; then set -- "$@" --policy-pack-config "$POLICY_CONFIG"; fi
fi
step=$1
shift

case "$step" in
preview)
  status=0
  pulumi preview --diff --color=never "$@" >"$work/preview.txt" 2>&1 || status=$?
  cat "$work/preview.txt"
  # Also where the preview fails: that is what the reviewer has to see.
  $amigo ci comment --stack "$STACK" --command preview --input "$work/preview.txt"
  exit "$status"
  ;;
deploy)
  head=$(git rev-parse HEAD)
  if [ "$head" != "${REVIEWED_COMMIT:?the commit that was reviewed}" ]; then
    echo "error: $head is checked out, and $REVIEWED_COMMIT was reviewed. Nothing was deployed." >&2
    exit 1
  fi
  # The preview is not skipped: policies that see the whole stack speak at its end, before any change.
  pulumi up --yes "$@"
  ;;
drift)
  status=0
  $amigo drift --stack "$STACK" --json >"$work/drift.json" || status=$?
  # 0: nothing differs; 2: something does. Both are for the issue.
  if [ "$status" -ne 0 ] && [ "$status" -ne 2 ]; then exit "$status"; fi
  $amigo ci issue --stack "$STACK" --input "$work/drift.json"
  ;;
*)
  echo "usage: STACK=NAME $0 preview|deploy|drift" >&2
  exit 1
  ;;
esac
