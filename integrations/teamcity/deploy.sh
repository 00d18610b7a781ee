#!/bin/sh
# A build step "Command Line", with INSTALL_VERSION and AWS_REGION as environment variables.
set -eu

export INSTALL_DIR="$PWD/.cdx-bin"
sh ci/install.sh
"$INSTALL_DIR/cdx" deploy --wait -a my-app -g production --bucket my-bucket --exclude /.cdx-bin/ --report deployment.html 2>&1
