//go:build unix

package xlsx_test

import (
	"syscall"
	"time"
)

// processTime is the processor time that this process has used: on a busy machine
// it says what work took, where a clock says how long it waited, too.
func processTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
