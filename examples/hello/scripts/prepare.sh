#!/bin/sh
# CDX_LOCAL_ROOT is empty on an instance and the local root in `cdx deploy --local`.
set -eu
mkdir -p "${CDX_LOCAL_ROOT:-}/opt/hello"
echo "deploying $APPLICATION_NAME to $DEPLOYMENT_GROUP_NAME"
