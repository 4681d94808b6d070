#!/bin/sh
# Run a generated project twice: the second time nothing executes.
set -eu
project=$1
cd "$project"
PATH=$PWD/.venv/bin:$PATH

if [ -t 1 ]; then bold='\033[1m' plain='\033[0m'; else bold='' plain=''; fi
say() { printf "\n$bold%s$plain\n" "$*"; }

say "dvc repro: every module runs in its own environment"
dvc repro
say "dvc metrics show"
dvc metrics show
say "dvc repro, again: nothing executes"
dvc repro
say "Where to look next"
cat <<END
  $project/README.md         what is in the project, and how to swap a module
  $project/dvc.yaml          the module graph
  $project/modules/          one folder per module
  $project/artifacts/        what each stage made, with its run.json

  cd $project && . .venv/bin/activate
  dvc exp run -S slots.encoder=encoder_pca && dvc exp show --only-changed
END
