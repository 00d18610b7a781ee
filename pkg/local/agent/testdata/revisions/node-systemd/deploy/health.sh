#!/bin/sh
set -e
for i in 1 2 3; do
  test -f "$CDX_LOCAL_ROOT/opt/orders/server.js" && exit 0
done
exit 1
