#!/bin/sh
set -eu
page="${CDX_LOCAL_ROOT:-}/opt/hello/index.html"
grep -q 'Hello from CodeDeploy' "$page"
echo "$page is in place"
