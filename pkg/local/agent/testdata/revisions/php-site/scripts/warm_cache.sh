#!/bin/sh
set -e
test -f "$CDX_LOCAL_ROOT/var/www/html/index.php"
