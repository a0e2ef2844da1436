#!/bin/sh
# Twenty shards as an array, and the answer when all have ended:
#     sh slurm.sh /data/logs out
set -eu
logs=$1 out=$2
mkdir -p "$out"
array=$(sbatch --parsable --array=1-20 --wrap "fanfold map '$logs' -i clf --by status --agg count --shard \$SLURM_ARRAY_TASK_ID/20 --save '$out'/\$SLURM_ARRAY_TASK_ID.fold")
sbatch --dependency="afterok:$array" --output "$out/answer.tsv" --wrap "fanfold merge '$out'/*.fold"
