#!/bin/sh
# The lines of each file whose name comes in: one reply a name.
#
#     fanfold run src --pool -- sh examples/pool/count.sh
while IFS= read -r name; do
    lines=$(wc -l <"$name") || exit
    printf '%s\t%s\n' "$lines" "$name"
done
