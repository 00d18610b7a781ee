#!/bin/sh
set -e
echo "would make a virtual environment"
