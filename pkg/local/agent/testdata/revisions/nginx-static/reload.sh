#!/bin/sh
if [ -d "$CDX_LOCAL_ROOT/etc/nginx/nginx.conf" ]; then
  echo "nginx.conf is a directory" >&2
  exit 1
fi
