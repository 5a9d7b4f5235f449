package mapping

// Place counts the points of one column that lie in one degree of latitude and
// longitude (towards zero). First is the row of the first of them.
type Place struct {
	Column   int
	Lat, Lon int
	Points   int
	First    int
}

// MaxPlaces bounds what is counted of a batch. Points that lie in more places
// are all over the world, and their order cannot be judged by their neighbours.
const MaxPlaces = 64

// Places gives where the points of the batch lie that no region is known for. It
// is valid until the next ApplyBatch; a full list of MaxPlaces may lack some.
func (r *BatchResult) Places() []Place { return r.mem.places }

// place counts a point whose coordinates are JSON numbers.
func (x *memory) place(column int, lat, lon []byte) {
	y, z := int(wholeDegrees(lat)), int(wholeDegrees(lon))
	for i := len(x.places) - 1; i >= 0; i-- {
		if p := &x.places[i]; p.Lat == y && p.Lon == z && p.Column == column {
			p.Points++
			return
		}
	}
	if len(x.places) < MaxPlaces {
		x.places = append(x.places, Place{column, y, z, 1, x.record.Row})
	}
}
