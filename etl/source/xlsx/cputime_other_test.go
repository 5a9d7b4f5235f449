//go:build !unix

package xlsx_test

import "time"

var processStart = time.Now()

// processTime is the time since the start, where the system does not tell what
// the process has used.
func processTime() time.Duration { return time.Since(processStart) }
