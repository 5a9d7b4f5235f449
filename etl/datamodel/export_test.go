package datamodel

import "slices"

// Changed says whether a file has to be written.
func (u *Update) Changed() bool {
	return u.Context.Changed() || slices.ContainsFunc(u.Models, func(m ModelUpdate) bool { return m.changed() })
}
