package geometry

import (
	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// Refused is the error of a file whose coordinates are in another system, which
// is called by its name.
func Refused(origin record.Origin, name string) error {
	return format.Refuse(finding.New(finding.SourceCRS, origin.At(0, ""), "the coordinates are in %s, which cannot be read", name).
		WithHint("export the layer in WGS 84 (EPSG:4326); Lambert-93 (EPSG:2154) can be read as well"), nil)
}

// Undeclarable is the error of a declared system that cannot be read.
func Undeclarable(origin record.Origin, declared string) error {
	return format.Misdeclared(finding.New(finding.SourceCRS, origin.At(0, ""), "crs %q cannot be read", declared).
		WithHint("crs is EPSG:4326 (WGS 84) or EPSG:2154 (Lambert-93)"))
}

// Unsaid is the error of a file that does not say its system, and whose
// coordinates are no degrees.
func Unsaid(origin record.Origin, why, example string) error {
	return format.Misdeclared(finding.New(finding.SourceCRS, origin.At(0, ""), "%s, and the coordinates (%s) are no degrees", why, example).
		WithHint("say what they are: source: {crs: EPSG:2154} for Lambert-93; export the layer in WGS 84 where they are in another system"))
}
