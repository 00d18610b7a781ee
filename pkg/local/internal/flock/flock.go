// Package flock takes locks on files that end with the process that has them.
package flock

import "os"

// Lock is a lock that [Take] has taken.
type Lock struct{ file *os.File }
