package validate

import (
	"cmp"
	"hash/maphash"
	"slices"
	"sort"
	"strings"

	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// maxPending bounds the targets that are remembered until their entity comes,
// where the files are not closed: above it no more are looked at.
const maxPending = 100_000

// links finds Relationships whose target is in none of the files.
type links struct {
	seed    maphash.Seed
	ids     map[uint64]seen // of all entities, by the hash of the id
	files   []linesOf       // the files that have entities
	pending map[uint64]link // targets that have not come yet: the first place of each
	dropped bool
	n       int
}

// linesOf is a file, of whose lines the first is this one of all files after one another.
type linesOf struct {
	name  string
	first uint32
	last  uint32 // the last that has an entity
}

// placeOf gives the file and the line that a line of all files is.
func (l *links) placeOf(line uint32) (name string, n uint32) {
	i := sort.Search(len(l.files), func(i int) bool { return l.files[i].last >= line })
	return l.files[i].name, line - l.files[i].first + 1
}

// link is one Relationship.
type link struct {
	at     finding.Location
	name   string
	target string
	order  int
}

func newLinks() links {
	return links{seed: maphash.MakeSeed(), ids: map[uint64]seen{}, pending: map[uint64]link{}}
}

// target is one Relationship of an entity, by the hash of what it leads to.
type target struct {
	hash      uint64
	attribute int // of the entity, by index
	text      string
}

// links notes what there is to know of the entity at hand to tell which others it leads
// to, and which of them have its id.
func (f *file) links(e *ngsild.Entity, ldctx *resolved) {
	f.entity, f.conflict = e, len(f.said)
	if e.ID != "" {
		f.id = maphash.String(f.v.links.seed, e.ID)
		if !f.temporal && f.v.options.Layers.has(Meaning) {
			f.content = uint32(f.contentOf(e, ldctx)) | 1
		}
	}
	for i := range e.Attributes {
		a := &e.Attributes[i]
		if a.Kind == ngsild.Relationship || a.Kind == ngsild.ListRelationship {
			f.targetsOf(a, i)
		}
	}
}

// targetsOf notes the targets of the attribute with this index.
func (f *file) targetsOf(a *ngsild.Attribute, i int) {
	d := f.checking.open(a.Value)
	defer f.checking.close()
	for {
		token, err := d.ReadToken()
		if err != nil {
			return
		}
		if token.Kind() != '"' {
			continue
		}
		text := token.String()
		if text == ngsild.MemberObject || text == ngsild.NullURI || ngsild.ValidURI(text) != nil {
			continue
		}
		f.targets = append(f.targets, target{maphash.String(f.v.links.seed, text), i, text})
	}
}

// entity takes the entity at hand and its targets in the order of the files, and reports
// one whose id another has that says something else.
func (l *links) entity(f *file, targets []target) {
	e := f.entity
	if n := len(l.files); n == 0 {
		l.files = append(l.files, linesOf{name: f.name, first: 1})
	} else if last := l.files[n-1]; last.name != f.name {
		l.files = append(l.files, linesOf{name: f.name, first: last.last + 1})
	}
	lines := &l.files[len(l.files)-1]
	line := lines.first + uint32(f.item.Line) - 1
	lines.last = max(lines.last, line) // a file may be read again
	if e.ID != "" {
		now := seen{content: f.content, line: line}
		if first, twice := l.ids[f.id]; twice {
			f.conflicts(e, first, now)
		} else {
			l.ids[f.id] = now
		}
		delete(l.pending, f.id)
	}
	for _, t := range targets {
		if _, there := l.ids[t.hash]; there {
			continue
		}
		if _, there := l.pending[t.hash]; there {
			continue
		}
		if !f.v.options.Closed && len(l.pending) >= maxPending {
			l.dropped = true
			return
		}
		a := &e.Attributes[t.attribute]
		at := f.at(e.ID, append(f.path(e, t.attribute), a.Kind.Member())...)
		at.File = f.name
		l.n++
		at.Entity = strings.Clone(at.Entity) // else the whole entity stays in memory
		l.pending[t.hash] = link{at: at, name: strings.Clone(a.Name), target: t.text, order: l.n}
	}
}

// Dangling gives, for all files since the last call, one finding for each target
// of a Relationship that is none of their entities, at its first place. With
// Options.Closed each is an error, otherwise a warning: the entity may be elsewhere.
func (v *Validator) Dangling() []finding.Finding {
	pending := make([]link, 0, len(v.links.pending))
	for _, l := range v.links.pending {
		pending = append(pending, l)
	}
	slices.SortFunc(pending, func(a, b link) int { return cmp.Compare(a.order, b.order) })
	hint := "add that entity, or correct the id; leave it where the entity is in the broker or in another file"
	if v.options.Closed {
		hint = "add that entity, or correct the id"
	}
	list := make([]finding.Finding, 0, len(pending))
	for _, l := range pending {
		f := finding.New(finding.RelationDangle, l.at, "%q points to %s, which is not here", l.name, l.target).
			WithHint("%s", hint)
		if v.options.Closed {
			f.Severity = finding.Error
		}
		list = append(list, f)
	}
	if v.links.dropped {
		remark := finding.New(finding.RelationDangle, finding.Location{}, "more than %d targets are not here: the others were not looked at", maxPending)
		remark.Severity = finding.Info
		list = append(list, remark.WithHint("validate the files of the targets with these, or say --closed to see all"))
	}
	v.links = newLinks()
	return list
}
