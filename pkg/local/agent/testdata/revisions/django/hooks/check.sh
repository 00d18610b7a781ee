#!/bin/sh
set -e
test -x "$CDX_LOCAL_ROOT/srv/django/manage.py"
