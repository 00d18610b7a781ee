#!/bin/sh
set -e
echo "would migrate $APPLICATION_NAME"
