#!/bin/sh
set -eu
echo "$DEPLOYMENT_ID" > "${CDX_LOCAL_ROOT:-}/opt/hello/deployment.txt"
