package etl

import (
	"cmp"
	"slices"

	"github.com/ldtkit/ldt/etl/mapping"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// places adds up where the points of a source lie, to find those that are the
// other way round than the rest: what no bounds of latitude and longitude show.
// Its memory is bounded; points all over the world are not judged.
type places struct {
	list    []mapping.Place
	columns []string
	many    bool
}

// placesKept is how many places are told apart.
const placesKept = 256

func (p *places) add(batch []mapping.Place, columns []string) {
	p.columns = columns
	p.many = p.many || len(batch) == mapping.MaxPlaces
	for _, one := range batch {
		at := slices.IndexFunc(p.list, func(o mapping.Place) bool {
			return o.Column == one.Column && o.Lat == one.Lat && o.Lon == one.Lon
		})
		switch {
		case at >= 0:
			p.list[at].Points += one.Points
		case len(p.list) < placesKept:
			p.list = append(p.list, one)
		default:
			p.many = true
		}
	}
}

// near gives how many points of the column lie within a degree of a place.
func (p *places) near(column, lat, lon int) int {
	points := 0
	for _, o := range p.list {
		if o.Column == column && max(o.Lat-lat, lat-o.Lat) <= 1 && max(o.Lon-lon, lon-o.Lon) <= 1 {
			points += o.Points
		}
	}
	return points
}

// swapped gives a warning for each place whose points would lie among twice as
// many others if latitude and longitude changed places.
func (p *places) swapped(at func(row int, column string) finding.Location) []finding.Finding {
	if p.many {
		return nil
	}
	list := slices.Clone(p.list)
	slices.SortFunc(list, func(a, b mapping.Place) int { return cmp.Compare(a.First, b.First) })
	var found []finding.Finding
	for _, one := range list {
		if max(one.Lat-one.Lon, one.Lon-one.Lat) <= 2 {
			continue // the other way round is the same neighbourhood
		}
		here, there := p.near(one.Column, one.Lat, one.Lon), p.near(one.Column, one.Lon, one.Lat)
		if there < 2*here {
			continue
		}
		f := finding.New(finding.CellPointSwapped, at(one.First, p.columns[one.Column]),
			"latitude %d, longitude %d seems to be the other way round (points there: %d): the column has %d near latitude %d, longitude %d", one.Lat, one.Lon, one.Points, there, one.Lon, one.Lat).
			WithHint("correct the cells; set within: [west, south, east, north] and such rows are rejected")
		f.Severity = finding.Warning
		found = append(found, f)
	}
	return found
}
