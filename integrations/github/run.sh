#!/bin/sh
# Runs cdx with the arguments in ARGS, one a line. They are never read as commands.
set -eu

set --
while IFS= read -r argument; do
  test -z "$argument" || set -- "$@" "$argument"
done <<END
$ARGS
END
exec cdx "$@"
