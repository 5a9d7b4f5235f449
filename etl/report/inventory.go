package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"

	"github.com/ldtkit/ldt/etl/inventory"
	"github.com/ldtkit/ldt/ngsild/finding"
)

//go:embed inventory.html.tmpl
var inventoryPage string

var inventoryTemplate = template.Must(template.New("inventory").Funcs(template.FuncMap{
	"css":    func() template.CSS { return template.CSS(style) },
	"groups": shownGroups,
	"label": func(vocabulary, code string) string {
		return inventory.LookUp(vocabulary).Label(code, "en")
	},
	"uri": func(vocabulary, code string) string {
		return inventory.LookUp(vocabulary).URI(code)
	},
}).Parse(inventoryPage))

// Inventory writes a page about an inventory: its datasets, who looks after them,
// their licences, what they lack until they can be published or mapped, the lineage
// from source field to indicator, and the findings. The page needs nothing beside
// itself: no script, no font, no network. name is the file of the inventory.
func Inventory(w io.Writer, name string, inv *inventory.Inventory, list []finding.Finding) error {
	page := struct {
		Name                        string
		Inventory                   *inventory.Inventory
		Counts                      FindingCounts
		Readiness                   []inventory.Readiness
		Publishable, Mappable, Kept int
		Lineage                     *lineagePicture
		Findings                    finding.List
	}{Name: name, Inventory: inv, Counts: CountFindings(list, nil), Readiness: inv.Readiness(list), Findings: list, Lineage: drawLineage(inv.Lineage())}
	for _, r := range page.Readiness {
		if len(r.ToPublish) == 0 {
			page.Publishable++
		}
		if len(r.ToMap) == 0 {
			page.Mappable++
		}
	}
	for _, f := range inv.Fields {
		if f.Keep == "yes" {
			page.Kept++
		}
	}
	return inventoryTemplate.Execute(w, page)
}

// lineagePicture is a lineage as it is drawn, in units of an SVG.
type lineagePicture struct {
	Width, Height int
	Label         string
	Heads         []svgHead
	Boxes         []svgBox
	Paths         []svgPath
}

type svgHead struct {
	X    int
	Text string
}

type svgBox struct {
	X, Y, W, H, TextX, TextY int
	Text, Full               string
	Feeds                    bool
}

type svgPath struct {
	D     string
	Feeds bool
}

// The measures of the picture: four columns of boxes with room for curves.
const (
	boxHeight, boxGap = 22, 6
	columnGap         = 60
	headHeight        = 24
	letterWidth       = 7
)

// lineageColumns are the columns of the picture and their widths.
var lineageColumns = []struct {
	head  string
	width int
}{{"Dataset", 150}, {"Source field", 210}, {"Attribute", 300}, {"Indicator", 190}}

// drawLineage puts the boxes of each column below one another in their order, and
// curves between them; nil where nothing is mapped.
func drawLineage(l inventory.Lineage) *lineagePicture {
	if len(l.Nodes) == 0 {
		return nil
	}
	p := &lineagePicture{Width: 1, Label: fmt.Sprintf("%d nodes, %d edges", len(l.Nodes), len(l.Edges))}
	for _, c := range lineageColumns {
		p.Heads = append(p.Heads, svgHead{p.Width, c.head})
		p.Width += c.width + columnGap
	}
	p.Width -= columnGap - 1
	rows := make([]int, len(lineageColumns))
	for _, n := range l.Nodes {
		rows[n.Column]++
	}
	most := 0
	for _, n := range rows {
		most = max(most, n)
	}
	p.Height = headHeight + most*(boxHeight+boxGap)
	next := make([]int, len(lineageColumns))
	for _, n := range l.Nodes {
		// A short column is spread over the height of the longest.
		step := float64(p.Height-headHeight) / float64(rows[n.Column])
		y := headHeight + int(step*float64(next[n.Column])+(step-boxHeight)/2)
		next[n.Column]++
		x, width := p.Heads[n.Column].X, lineageColumns[n.Column].width
		text := fitting(n.Label, (width-14)/letterWidth)
		p.Boxes = append(p.Boxes, svgBox{X: x, Y: y, W: width, H: boxHeight, TextX: x + 7, TextY: y + 15, Text: text, Full: n.Label, Feeds: n.Feeds})
	}
	for _, e := range l.Edges {
		from, to := p.Boxes[e.From], p.Boxes[e.To]
		x1, y1, x2, y2 := from.X+from.W, from.Y+boxHeight/2, to.X, to.Y+boxHeight/2
		bend := columnGap / 2
		p.Paths = append(p.Paths, svgPath{fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x1, y1, x1+bend, y1, x2-bend, y2, x2, y2), l.Nodes[e.To].Feeds && l.Nodes[e.From].Feeds})
	}
	return p
}

// fitting cuts a label to a number of letters; the end of a long one says more.
func fitting(label string, letters int) string {
	runes := []rune(label)
	if len(runes) <= letters {
		return label
	}
	return "…" + string(runes[len(runes)-letters+1:])
}
