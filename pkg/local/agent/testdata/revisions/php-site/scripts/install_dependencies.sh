#!/bin/sh
set -e
echo "would install httpd and php"
