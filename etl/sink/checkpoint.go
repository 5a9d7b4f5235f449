package sink

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/ldtkit/ldt/internal/wholefile"
)

// Checkpoint is how far a push is. The broker alone knows what it holds, so a
// push that is run again compares everything once more; the checkpoint says that
// there was one, of what, and what it had reached.
type Checkpoint struct {
	// Fingerprint stands for the source and its mapping.
	Fingerprint string `json:"fingerprint"`
	Broker      string `json:"broker"`
	Mode        string `json:"mode"`
	// Acknowledged is how many entities, from the first in order, the broker has
	// answered for.
	Acknowledged int    `json:"acknowledged"`
	Counts       Counts `json:"entities"`
	// Done is set when the push has come to its end.
	Done bool `json:"done"`
}

func (c Checkpoint) same(other Checkpoint) bool {
	return c.Fingerprint == other.Fingerprint && c.Broker == other.Broker && c.Mode == other.Mode
}

// ReadCheckpoint reads the file that a push left. Where there is none, or one
// that cannot be understood, the checkpoint is the zero value.
func ReadCheckpoint(path string) (Checkpoint, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Checkpoint{}, nil
	}
	if err != nil {
		return Checkpoint{}, fmt.Errorf("read the checkpoint %s: %w", path, cause(err))
	}
	var c Checkpoint
	if json.Unmarshal(text, &c) != nil {
		return Checkpoint{}, nil
	}
	return c, nil
}

// write replaces the file at once. It is not forced onto the disk: a machine
// that loses power loses a note, not data.
func (c Checkpoint) write(path string) error {
	text, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("write the checkpoint %s: %w", path, err)
	}
	if err := wholefile.Replace(path, append(text, '\n')); err != nil {
		return fmt.Errorf("write the checkpoint %s: %w", path, cause(err))
	}
	return nil
}
