package mapping

import "github.com/ldtkit/ldt/ngsild/finding"

// nearest is finding.Nearest.
func nearest(s string, list []string) string { return finding.Nearest(s, list) }
