#!/bin/sh
set -e
ls -l "$CDX_LOCAL_ROOT/var/www/html/WordPress"
