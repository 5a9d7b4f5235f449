// Command eval measures suggestions against the gold set: for the tables that
// suggestions are tuned on, and for those that are held out, of which it prints the
// totals alone.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/ldtkit/ldt/etl/propose"
	"github.com/ldtkit/ldt/etl/propose/gold"
	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/models/suggest"
)

// measure counts what became of columns. A column whose header is its attribute is
// easy, and is not among them.
type measure struct {
	tables, columns, easy int
	// right are columns whose first answer is right, "no attribute" being one, and among
	// those of which one of the first three is.
	right, among int
	// proposed are columns for which an attribute is proposed; wrong are those where it
	// is wrong, missed those without one that have one.
	proposed, wrong, missed int
	// sure are proposals with a score of at least suggest.Sure.
	sure, sureWrong int
	// first and third count the tables whose best model, or one of the best three, is one
	// that a person would choose.
	first, third int
}

func (m *measure) add(o measure) {
	m.tables, m.columns, m.easy = m.tables+o.tables, m.columns+o.columns, m.easy+o.easy
	m.right, m.among = m.right+o.right, m.among+o.among
	m.proposed, m.wrong, m.missed = m.proposed+o.proposed, m.wrong+o.wrong, m.missed+o.missed
	m.sure, m.sureWrong = m.sure+o.sure, m.sureWrong+o.sureWrong
	m.first, m.third = m.first+o.first, m.third+o.third
}

// result is the measure of some tables: with the model that a person would choose, and
// with the one that is ranked first.
type result struct{ given, chosen measure }

// evaluate measures the tables that keep takes. columns, where it is not nil, is told of
// each column.
func evaluate(ctx context.Context, originals string, keep func(*gold.Table) bool, columns io.Writer) (result, error) {
	tables, err := gold.Tables()
	if err != nil {
		return result{}, err
	}
	var r result
	s := suggest.New(models.Builtin())
	for i := range tables {
		t := &tables[i]
		if !keep(t) {
			continue
		}
		profiled, err := t.Profile(ctx, originals)
		if err != nil {
			return result{}, fmt.Errorf("profile %s: %w", t.Name, err)
		}
		table := propose.TableOf(profiled)
		given, err := models.Builtin().Find(t.Models[0])
		if err != nil {
			return result{}, err
		}
		ranked := s.Models(table, 3)
		best := suggest.Given(given)
		if len(ranked) > 0 {
			best = ranked[0]
		}
		if columns != nil {
			fmt.Fprintf(columns, "\n%s: %s", t.Name, strings.Join(t.Models, ", "))
			for _, m := range ranked {
				fmt.Fprintf(columns, " | %s %.2f", m.Model.QualifiedName(), m.Score)
			}
			fmt.Fprintln(columns)
		}
		one := judge(t, s.Attributes(suggest.Given(given), table), columns)
		for at, m := range ranked {
			if slices.Contains(t.Models, m.Model.QualifiedName()) {
				one.third = 1
				if at == 0 {
					one.first = 1
				}
			}
		}
		r.given.add(one)
		r.chosen.add(judge(t, s.Attributes(best, table), nil))
	}
	return r, nil
}

// judge holds suggestions against the labels of a table.
func judge(t *gold.Table, list []suggest.Suggestion, columns io.Writer) measure {
	m := measure{tables: 1}
	for i, c := range t.Columns {
		if slices.Contains(c.Labels, c.Header) {
			m.easy++
			continue
		}
		m.columns++
		answers := ranking(&list[i])
		right := c.Accepts(answers[0])
		if right {
			m.right++
		}
		if slices.ContainsFunc(answers[:min(3, len(answers))], c.Accepts) {
			m.among++
		}
		mark := " "
		if best := list[i].Best(); best != nil {
			m.proposed++
			if !right {
				m.wrong++
				mark = "x"
			}
			if best.Sure() {
				m.sure++
				if !right {
					m.sureWrong++
					mark = "X"
				}
			}
		} else if !right {
			m.missed++
			mark = "-"
		}
		if columns != nil {
			var shown []string
			for _, k := range list[i].Candidates[:min(4, len(list[i].Candidates))] {
				shown = append(shown, fmt.Sprintf("%s %.2f", k.Attribute, k.Score))
			}
			fmt.Fprintf(columns, "%s %-44.44s %-36.36s %s\n", mark, c.Header, strings.Join(c.Labels, ","), strings.Join(shown, ", "))
		}
	}
	return m
}

// ranking gives the answers to a column, the best first: what is proposed, then no
// attribute, then the rest.
func ranking(s *suggest.Suggestion) []string {
	var list []string
	none := false
	for _, k := range s.Candidates {
		if k.Score < suggest.Proposed && !none {
			list, none = append(list, ""), true
		}
		list = append(list, k.Attribute)
	}
	if !none {
		list = append(list, "")
	}
	return list
}

func main() {
	shared := flag.String("shared", cmp.Or(os.Getenv("LDT_SHARED"), "../shared"), "the folder of the original data")
	columns := flag.Bool("columns", false, "print each column of the tables that are not held out")
	flag.Parse()
	if err := print(os.Stdout, *shared, *columns); err != nil {
		fmt.Fprintln(os.Stderr, "eval:", err)
		os.Exit(1)
	}
}

func print(w io.Writer, shared string, columns bool) error {
	if _, err := os.Stat(shared); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the original data is not at %s: name its folder with -shared", shared)
	}
	var out io.Writer
	if columns {
		out = w
	}
	dev, err := evaluate(context.Background(), shared, func(t *gold.Table) bool { return !t.HeldOut }, out)
	if err != nil || columns {
		return err
	}
	held, err := evaluate(context.Background(), shared, func(t *gold.Table) bool { return t.HeldOut }, nil)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\ttables\tcolumns\tprecision at 1\trecall at 3\tproposed\tof them wrong\tsure\tof them wrong\tmodel first\tin three")
	for _, row := range []struct {
		name string
		measure
	}{{"tuned on, model given", dev.given}, {"tuned on, model ranked first", dev.chosen}, {"held out, model given", held.given}, {"held out, model ranked first", held.chosen}} {
		m := row.measure
		ranked := "\t"
		if m.first+m.third > 0 {
			ranked = fmt.Sprintf("%s\t%s", share(m.first, m.tables), share(m.third, m.tables))
		}
		fmt.Fprintf(table, "%s\t%d\t%d\t%s\t%s\t%d\t%s\t%d\t%s\t%s\n", row.name, m.tables, m.columns, share(m.right, m.columns), share(m.among, m.columns),
			m.proposed, share(m.wrong, m.proposed), m.sure, share(m.sureWrong, m.sure), ranked)
	}
	return table.Flush()
}

func share(n, of int) string {
	if of == 0 {
		return "-"
	}
	return fmt.Sprintf("%.3f", float64(n)/float64(of))
}
