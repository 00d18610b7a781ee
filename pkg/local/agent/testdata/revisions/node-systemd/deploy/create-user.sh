#!/bin/sh
set -e
echo "would create user orders"
