#!/bin/sh
set -e
rm -f "$CDX_LOCAL_ROOT/run/httpd.state"
echo stopped
