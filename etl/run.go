package etl

import (
	"bufio"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ldtkit/ldt/etl/inventory"
	"github.com/ldtkit/ldt/etl/report"
	"github.com/ldtkit/ldt/etl/sink"
	"github.com/ldtkit/ldt/etl/source"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/etl/verify"
	"github.com/ldtkit/ldt/ngsild/client"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// RunOptions are what a run of a use case needs.
type RunOptions struct {
	// Options are those of each flow; Source is not used.
	Options
	Client *client.Client
	Mode   sink.Mode
	// Version of the program and the time, for the report.
	Version string
	Clock   func() time.Time
	// Links puts addresses of the broker to look at into the report; it is of use
	// where the broker outlives the run.
	Links bool
	// Progress is asked for at the start of each flow: a function that is told
	// the counts, and one for the flow's end. It may be nil.
	Progress func(flow string) (update func(sink.Counts), done func())
}

// Names of what a run leaves in its folder.
const (
	ReportJSON   = "report.json"
	ReportHTML   = "report.html"
	RejectedFile = "rejected.csv"
	lossesFile   = "losses.csv"
)

// Run does all of a use case: it checks the inventory and all mappings before
// anything is written, converts and pushes flow after flow, and verifies. What
// it did is in the report, and in a folder of its own below .ldt/runs, also
// where the run failed on the way; dir names it. The error is that of Prepare or
// Push.
func (u *UseCase) Run(ctx context.Context, o RunOptions) (rep *report.Run, dir string, err error) {
	if err := u.NeedFlows(); err != nil {
		return nil, "", err
	}
	rep = &report.Run{Name: u.Name, Version: o.Version, Broker: o.Client.URL(), Started: o.Clock().UTC()}
	dir, err = u.newRunFolder(rep.Started)
	if err != nil {
		return nil, "", err
	}
	err = u.run(ctx, o, rep, dir)
	if err != nil {
		rep.Failure = err.Error()
	}
	rep.Finished = o.Clock().UTC()
	if checkErr := rep.Check(); checkErr != nil && err == nil {
		err = fmt.Errorf("account for the rows: %w", checkErr)
	}
	return rep, dir, errors.Join(err, writeReports(rep, dir))
}

// newRunFolder makes the folder of a run, named by its time.
func (u *UseCase) newRunFolder(start time.Time) (string, error) {
	runs := filepath.Join(u.State(), "runs")
	if err := os.MkdirAll(runs, 0o755); err != nil {
		return "", fmt.Errorf("make the folder of the run: %w", err)
	}
	name := start.Format("20060102T150405Z")
	for n := 2; ; n++ {
		dir := filepath.Join(runs, name)
		err := os.Mkdir(dir, 0o755)
		if err == nil {
			return dir, nil
		}
		if !errors.Is(err, os.ErrExist) {
			return "", fmt.Errorf("make the folder of the run: %w", err)
		}
		name = start.Format("20060102T150405Z") + "-" + strconv.Itoa(n)
	}
}

// LastRun gives the folder of the newest run that has a report, or "".
func (u *UseCase) LastRun() (string, error) {
	entries, err := os.ReadDir(filepath.Join(u.State(), "runs"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("look for earlier runs: %w", err)
	}
	last := ""
	for _, entry := range entries {
		if exists(filepath.Join(u.State(), "runs", entry.Name(), ReportJSON)) && (last == "" || laterRun(entry.Name(), last)) {
			last = entry.Name()
		}
	}
	if last == "" {
		return "", nil
	}
	return filepath.Join(u.State(), "runs", last), nil
}

// laterRun compares the names of two runs' folders: those of one second have a
// number, from 2.
func laterRun(a, b string) bool {
	aTime, aNumber, _ := strings.Cut(a, "-")
	bTime, bNumber, _ := strings.Cut(b, "-")
	return cmp.Or(cmp.Compare(aTime, bTime), cmp.Compare(len(aNumber), len(bNumber)), cmp.Compare(aNumber, bNumber)) > 0
}

func (u *UseCase) run(ctx context.Context, o RunOptions, rep *report.Run, dir string) error {
	found, err := u.CheckInventory(ctx)
	rep.Samples = append(rep.Samples, found...)
	rep.Findings = report.CountFindings(rep.Samples, nil)
	if err != nil {
		return err
	}
	flows, found, err := u.prepare(ctx, o.Options)
	defer closeAll(flows)
	rep.Samples = append(rep.Samples, found...)
	var faults finding.List
	if errors.As(err, &faults) {
		rep.Samples = append(rep.Samples, faults...)
	}
	rep.Findings = report.CountFindings(rep.Samples, nil)
	if err != nil {
		return err
	}
	if o.Links {
		rep.Links = links(o.Client.URL(), flows)
	}
	losses, err := newLosses(filepath.Join(dir, lossesFile), len(flows))
	if err != nil {
		return err
	}
	defer losses.close()
	var verified []verify.Flow
	for i, flow := range flows {
		one, err := u.runFlow(ctx, o, flow, dir, losses.of(i))
		rep.Flows = append(rep.Flows, one)
		if err != nil {
			return err
		}
		verified = append(verified, verifiable(flow, one.Rows.Read, losses.list[i]))
	}
	if err := losses.close(); err != nil {
		return err
	}
	result, err := verify.Run(ctx, o.Client, verified)
	if err != nil {
		return err
	}
	rep.Verification = comparisons(result)
	rep.Samples = append(rep.Samples, result.Findings...)
	rep.Findings = report.CountFindings(rep.Samples, nil)
	return nil
}

// CheckInventory gives what is to be said of the use case's inventory and of the
// files that it names.
func (u *UseCase) CheckInventory(ctx context.Context) ([]finding.Finding, error) {
	if u.Inventory == "" {
		return nil, nil
	}
	inv, found, err := inventory.ReadFile(u.Path(u.Inventory))
	if errors.Is(err, os.ErrNotExist) {
		_, err = readNamed("inventory", u.Path(u.Inventory), "correct inventory in "+UseCaseFile)
	}
	if err != nil {
		return nil, err
	}
	found = append(found, inv.Check(time.Now())...)
	files, err := inv.CheckFiles(ctx, Prober{Dir: u.Dir})
	return append(found, files...), err
}

// prepare makes all flows ready. Where several are at fault the error holds the
// faults of all mappings.
func (u *UseCase) prepare(ctx context.Context, o Options) (flows []*Flow, found []finding.Finding, err error) {
	var faults finding.List
	var other error // the first that is not a mapping's fault
	for _, target := range u.Flows {
		flow, err := Prepare(ctx, u.Path(target.Mapping), o)
		if err == nil {
			flows = append(flows, flow)
			found = append(found, unsaid(found, flow.Findings)...)
			continue
		}
		var list finding.List
		if errors.As(err, &list) {
			faults = append(faults, unsaid(faults, list)...)
		}
		var unreadable *source.Error
		if errors.As(err, &unreadable) {
			err = unreadable
		} else if list != nil {
			continue
		}
		other = cmp.Or(other, err)
	}
	switch {
	case faults == nil:
		return flows, found, other
	case other == nil:
		return flows, found, faults
	}
	return flows, found, errors.Join(faults, other)
}

// unsaid gives the findings that are not among those said already: flows share
// contexts.
func unsaid(said, list []finding.Finding) []finding.Finding {
	return slices.DeleteFunc(slices.Clone(list), func(f finding.Finding) bool { return slices.Contains(said, f) })
}

// links gives addresses that a browser can open: they carry no @context, so
// types are named by their IRI.
func links(broker string, flows []*Flow) []report.Link {
	list := []report.Link{{Label: "types", URL: broker + "/ngsi-ld/v1/types"}}
	seen := map[string]bool{}
	for _, flow := range flows {
		for _, e := range flow.Plan.Entities() {
			if iri := e.TypeIRIs[0]; !seen[iri] {
				seen[iri] = true
				list = append(list, report.Link{Label: e.Types[0], URL: broker + "/ngsi-ld/v1/entities?limit=5&format=simplified&type=" + url.QueryEscape(iri)})
			}
		}
	}
	return list
}

func closeAll(flows []*Flow) {
	for _, flow := range flows {
		flow.Close()
	}
}

// runFlow converts and pushes one flow.
func (u *UseCase) runFlow(ctx context.Context, o RunOptions, flow *Flow, dir string, lost func(Loss) error) (report.Flow, error) {
	name := strings.TrimSuffix(filepath.Base(flow.Name), filepath.Ext(flow.Name))
	path := filepath.Join(dir, "rejected-"+name+".csv")
	for n := 2; exists(path); n++ { // two flows may have one mapping, or one name
		path = filepath.Join(dir, "rejected-"+name+"-"+strconv.Itoa(n)+".csv")
	}
	rejects, err := sink.CreateRejects(path, flow.Original(), flow.Dialect())
	if err != nil {
		return report.Flow{}, err
	}
	defer rejects.Abort()
	log := func(l Loss) error {
		if l.Outcome == Rejected && l.Record != nil {
			if err := rejects.Write(l.Record, l.Findings); err != nil {
				return err
			}
		}
		return lost(l)
	}
	options := sink.BrokerOptions{Mode: o.Mode, Checkpoint: filepath.Join(dir, "checkpoint-"+name+".json"), Fingerprint: flow.Name}
	if o.Progress != nil {
		update, done := o.Progress(flow.Spec.Name())
		options.Progress = update
		defer done()
	}
	tally, counts, err := flow.Push(ctx, o.Client, options, log)
	one := u.flowReport(flow, tally, counts)
	if err != nil || rejects.Rows() == 0 {
		return one, err
	}
	if err := rejects.Close(); err != nil {
		return one, err
	}
	// The first flow with rejected rows has the plain name.
	plain := filepath.Join(dir, RejectedFile)
	if !exists(plain) {
		if err := os.Rename(path, plain); err != nil {
			return one, fmt.Errorf("name the rejected rows: %w", err)
		}
		path = plain
	}
	one.Rejects = filepath.Base(path)
	return one, nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// ReadAs says how the source is read, in the report's form.
func (f *Flow) ReadAs() report.Source {
	s := report.Source{File: f.Spec.Name(), Dialect: map[string]report.Decided{}}
	for _, p := range f.Dialect() {
		if p.Key == format.Nulls && p.How == format.Default {
			continue // an empty cell is null, as everywhere
		}
		s.Dialect[p.Key] = report.Decided{Value: p.Value, How: string(p.How), Confidence: p.Confidence, Evidence: p.Evidence}
		if p.Key == format.Sheet {
			s.Sheet = p.Value
		}
	}
	return s
}

// flowReport puts what became of a flow into the report's form.
func (u *UseCase) flowReport(flow *Flow, tally *Tally, counts sink.Counts) report.Flow {
	name, err := filepath.Rel(u.Dir, flow.Name)
	if err != nil {
		name = flow.Name
	}
	return report.Flow{
		Name:   filepath.ToSlash(name),
		Source: flow.ReadAs(),
		Rows: report.Rows{Read: tally.Read, Written: tally.Written, Merged: tally.Merged,
			Filtered: tally.Filtered, Rejected: tally.Rejected, Skipped: tally.Skipped},
		Entities: report.Entities{Created: int64(counts.Created), Updated: int64(counts.Updated),
			Unchanged: int64(counts.Unchanged), Failed: int64(counts.Failed)},
		Types:           tally.Entities,
		MergedReasons:   tally.Reasons[Merged],
		FilteredReasons: tally.Reasons[Filtered],
		RejectedReasons: tally.Reasons[Rejected],
		Empty:           tally.Empty,
		Findings:        report.CountFindings(tally.Findings, tally.Found),
		Found:           tally.Found,
		Samples:         tally.Findings,
	}
}

func verifiable(flow *Flow, rows int64, lost outcomes) verify.Flow {
	return verify.Flow{
		Name: flow.Name, Mapping: flow.Mapping, Spec: flow.Spec, Dir: flow.Dir, Rows: rows, Lost: lost.of,
		Expand: func(term string) string {
			iri, _ := flow.Context.Expand(term)
			return iri
		},
	}
}

func comparisons(result *verify.Result) *report.Verification {
	v := &report.Verification{}
	for _, c := range result.Checks {
		what := c.What
		if c.What == "entities" {
			what += " of type " + c.Subject
		} else {
			what += " of " + c.Subject
		}
		v.Comparisons = append(v.Comparisons, report.Comparison{
			Flow: c.Flow, What: what, Source: c.Source, Broker: c.Found, Explained: c.Explained(), Expected: c.Expected, OK: c.OK,
		})
	}
	return v
}

// Verify compares the sources of a use case with what the broker holds, by the
// record of the run in dir.
func (u *UseCase) Verify(ctx context.Context, o Options, c *client.Client, dir string) (*report.Verification, []finding.Finding, error) {
	file, err := os.Open(filepath.Join(dir, ReportJSON))
	if err != nil {
		return nil, nil, fmt.Errorf("open the run's report: %w", err)
	}
	defer file.Close()
	rep, err := report.ReadRun(file)
	if err != nil {
		return nil, nil, err
	}
	if len(rep.Flows) != len(u.Flows) || rep.Failure != "" {
		return nil, nil, fmt.Errorf("the run in %s did not come to its end\n  hint: run the use case again", dir)
	}
	losses, err := readLosses(filepath.Join(dir, lossesFile), len(rep.Flows))
	if err != nil {
		return nil, nil, err
	}
	flows, _, err := u.prepare(ctx, o)
	defer closeAll(flows)
	if err != nil {
		return nil, nil, err
	}
	var list []verify.Flow
	for i, flow := range flows {
		list = append(list, verifiable(flow, rep.Flows[i].Rows.Read, losses[i]))
	}
	result, err := verify.Run(ctx, c, list)
	if err != nil {
		return nil, nil, err
	}
	return comparisons(result), result.Findings, nil
}

// losses writes the run's record of what is not in the broker as it stands.
type losses struct {
	file *os.File
	w    *csv.Writer
	list []outcomes // by flow
}

// outcomes holds what became of rows that are not in the broker as they stand,
// by the definition that is concerned, or WholeRow. Marks are 1 and the index in
// lossOutcomes.
type outcomes map[int]marks

var lossOutcomes = []Outcome{Merged, Filtered, Rejected}

// set notes a loss; of several of one entity the last counts. It gives false
// where there is no such outcome.
func (o outcomes) set(row int64, definition int, outcome Outcome) bool {
	if o[definition] == nil {
		o[definition] = marks{}
	}
	i := slices.Index(lossOutcomes, outcome) // -1 for Written: a mark of none
	o[definition].set(row, byte(1+i))
	return i >= 0 || outcome == Written
}

// of gives what became of an entity of a row, "" where it is as it stands.
func (o outcomes) of(row int64, definition int) string {
	for _, d := range []int{WholeRow, definition} {
		if mark := o[d].get(row); mark > 0 {
			return string(lossOutcomes[mark-1])
		}
	}
	return ""
}

func makeOutcomes(flows int) []outcomes {
	list := make([]outcomes, flows)
	for i := range list {
		list[i] = outcomes{}
	}
	return list
}

func newLosses(path string, flows int) (*losses, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("write the record of the run: %w", err)
	}
	l := &losses{file: file, w: csv.NewWriter(file), list: makeOutcomes(flows)}
	return l, l.w.Write([]string{"flow", "row", "entity", "outcome", "reason"})
}

// of gives the log of one flow.
func (l *losses) of(flow int) func(Loss) error {
	return func(loss Loss) error {
		l.list[flow].set(loss.Row, loss.Definition, loss.Outcome)
		return l.w.Write([]string{strconv.Itoa(flow), strconv.FormatInt(loss.Row, 10), strconv.Itoa(loss.Definition), string(loss.Outcome), loss.Reason})
	}
}

func (l *losses) close() error {
	if l.file == nil {
		return nil
	}
	l.w.Flush()
	err := errors.Join(l.w.Error(), l.file.Close())
	l.file = nil
	return err
}

func readLosses(path string, flows int) ([]outcomes, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the record of the run: %w", err)
	}
	defer file.Close()
	list := makeOutcomes(flows)
	r := csv.NewReader(bufio.NewReader(file))
	r.FieldsPerRecord = 5
	if _, err := r.Read(); err != nil {
		return nil, fmt.Errorf("read the record of the run: %w", err)
	}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		var flow, row, definition int
		if err == nil {
			_, err = fmt.Sscan(record[0]+" "+record[1]+" "+record[2], &flow, &row, &definition)
		}
		if err == nil && (flow < 0 || flow >= flows || row < 0) {
			err = fmt.Errorf("no row %d of flow %d", row, flow)
		}
		if err == nil && !list[flow].set(int64(row), definition, Outcome(record[3])) {
			err = fmt.Errorf("no outcome %q", record[3])
		}
		if err != nil {
			return nil, fmt.Errorf("read the record of the run: %w", err)
		}
	}
}

func writeReports(rep *report.Run, dir string) error {
	for name, write := range map[string]func(io.Writer) error{ReportJSON: rep.WriteJSON, ReportHTML: rep.WriteHTML} {
		file, err := sink.Create(filepath.Join(dir, name), sink.Lines)
		if err != nil {
			return err
		}
		var text strings.Builder
		if err := write(&text); err != nil {
			file.Abort()
			return fmt.Errorf("write %s: %w", name, err)
		}
		if err := errors.Join(file.Write([]byte(text.String())), file.Close()); err != nil {
			return err
		}
	}
	return nil
}
