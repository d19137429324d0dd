#!/bin/sh
# One stack in a pipeline, with nothing but a shell: see README.md.
#   pipeline.sh preview    show what would change, in the pull request
#   pipeline.sh deploy     do it, for the commit that was reviewed
#   pipeline.sh drift      keep the issue about what somebody else changed
#   pipeline.sh promote    bring tested version numbers to the stack, and commit them
#   pipeline.sh rollback   take them back, and commit that
set -eu

: "${STACK:?the name of the stack}"
amigo=${PULUMI_AMIGO:-npx --no-install pulumi-amigo}
# On Pulumi Cloud a stack may be ORGANIZATION/PROJECT/NAME.
name=${STACK##*/}
document=${DOCUMENT:-environments/$name.yaml}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

say() { echo "error: $*" >&2; }

# While a run waited for its approval, somebody may have merged something else.
refuse_old_commit() {
  if [ -z "${BRANCH:-}" ]; then return; fi
  if ! newest=$(git rev-parse --verify --quiet "refs/remotes/origin/$BRANCH"); then
    say "whether $BRANCH has moved on cannot be seen: fetch it from origin first. Nothing was deployed."
    exit 1
  fi
  if [ "$(git rev-parse HEAD)" != "$newest" ]; then
    say "$BRANCH is at $newest by now. Run the pipeline for that commit. Nothing was deployed."
    exit 1
  fi
}

# Runs `promote` or `rollback`. What it wrote is committed also where it failed half way.
change_numbers() {
  : "${REASON:?why, for the history}" "${BRANCH:?the branch to commit to}"
  refuse_old_commit
  status=0
  $amigo "$@" --stack "$STACK" --reason "$REASON" --yes || status=$?
  git add -- "$document"
  if [ -d history ]; then git add -- history; fi
  if ! git diff --cached --quiet; then
    git commit --quiet --message "$step $name: $REASON"
    if ! git push --quiet origin "HEAD:refs/heads/$BRANCH"; then
      side="$step-$name-$(git rev-parse --short HEAD)"
      git push --quiet origin "HEAD:refs/heads/$side"
      say "the stack runs these numbers, and $BRANCH took no push: merge the branch $side before you deploy again."
      status=1
    fi
  fi
  exit "$status"
}

# The policies, where the pipeline has some.
step=${1:-}
set -- --stack "$STACK" --non-interactive
if [ -n "${POLICY_PACK:-}" ]; then
  set -- "$@" --policy-pack "$POLICY_PACK"
  if [ -n "${POLICY_CONFIG:-}" ]; then set -- "$@" --policy-pack-config "$POLICY_CONFIG"; fi
fi

case "$step" in
preview)
  status=0
  pulumi preview --diff --color=never "$@" >"$work/preview.txt" 2>&1 || status=$?
  if [ -f "$document" ]; then
    # From what is live to what the branch says; 2 says that something differs.
    differs=0
    printf '\n%s\n' "What is live, and $document:" >>"$work/preview.txt"
    references=references/$name.yaml
    if [ ! -f "$references" ]; then references=; fi
    $amigo compare "$name" "$document" ${references:+--references-b "$references"} \
      >>"$work/preview.txt" 2>&1 || differs=$?
    if [ "$differs" -ne 0 ] && [ "$differs" -ne 2 ]; then status=1; fi
  fi
  cat "$work/preview.txt"
  # Also where the preview fails: that is what the reviewer has to see.
  $amigo ci comment --stack "$STACK" --command preview --input "$work/preview.txt"
  exit "$status"
  ;;
deploy)
  head=$(git rev-parse HEAD)
  if [ "$head" != "${REVIEWED_COMMIT:?the commit that was reviewed}" ]; then
    say "$head is checked out, and $REVIEWED_COMMIT was reviewed. Nothing was deployed."
    exit 1
  fi
  if [ -n "$(git status --porcelain --untracked-files=no)" ]; then
    say "files differ from the commit that was reviewed. Nothing was deployed."
    exit 1
  fi
  refuse_old_commit
  # Puts back what somebody changed by hand, too.
  if [ -n "${REFRESH:-}" ]; then set -- "$@" --refresh; fi
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
promote)
  change_numbers promote "${FROM:?an alias or a document}" "$name"
  ;;
rollback)
  change_numbers rollback "$name" ${TO:+--to "$TO"}
  ;;
*)
  echo "usage: STACK=NAME $0 preview|deploy|drift|promote|rollback" >&2
  exit 1
  ;;
esac
