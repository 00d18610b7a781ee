// Package flock takes locks on files that end with the process that has them.
package flock
