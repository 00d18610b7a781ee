#!/bin/sh
set -e
mkdir -p "$CDX_LOCAL_ROOT/run"
echo running >"$CDX_LOCAL_ROOT/run/httpd.state"
