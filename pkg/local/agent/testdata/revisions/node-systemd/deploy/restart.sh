#!/bin/sh
set -e
grep -q ExecStart "$CDX_LOCAL_ROOT/etc/systemd/system/orders.service"
echo "would restart orders"
