#!/bin/sh
set -e
echo clean
