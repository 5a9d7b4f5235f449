package etl

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/report"
	"github.com/ldtkit/ldt/etl/sink"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/client"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// refusing stands before a broker and refuses, in a batch, each entity whose
// text holds word.
func refusing(word string) func(http.Handler) http.Handler {
	return func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, "/entityOperations/upsert") {
				h.ServeHTTP(w, r)
				return
			}
			var list []map[string]any
			if err := json.NewDecoder(r.Body).Decode(&list); err != nil {
				panic(err)
			}
			var taken []map[string]any
			result := ngsild.BatchResult{}
			for _, e := range list {
				text, _ := json.Marshal(e)
				id := e["id"].(string)
				if bytes.Contains(text, []byte(word)) {
					result.Errors = append(result.Errors, ngsild.BatchError{EntityID: id, Error: ngsild.NewProblem(ngsild.ErrorBadRequestData, "not wanted", "")})
					continue
				}
				taken = append(taken, e)
				result.Success = append(result.Success, id)
			}
			body, _ := json.Marshal(taken)
			if len(taken) > 0 {
				inner := r.Clone(r.Context())
				inner.Body, inner.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
				h.ServeHTTP(httptest.NewRecorder(), inner)
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusMultiStatus)
			_ = json.NewEncoder(w).Encode(result)
		})
	}
}

func push(t testing.TB, c *client.Client, mapping, data string) (*outcome, sink.Counts) {
	t.Helper()
	flow := prepared(t, folder(t, map[string]string{"m.yaml": mapping, "data.csv": data}), "m.yaml", Options{})
	var out outcome
	tally, counts, err := flow.Push(t.Context(), c, sink.BrokerOptions{}, out.log)
	require.NoError(t, err)
	requireAddsUp(t, tally)
	out.tally = tally
	return &out, counts
}

func (o *outcome) rejected() []string {
	var list []string
	for i, l := range o.losses {
		if l.Outcome == Rejected {
			list = append(list, fmt.Sprintf("%d %d %v", l.Row, l.Definition, o.cells[i]))
		}
	}
	return list
}

func TestARowWhoseEntityIsRefusedBecomesRejectedWithItsCells(t *testing.T) {
	out, counts := push(t, embedded(t, refusing("bad")), thing("error", "name: {value: {column: name}}"),
		"id,name\na,good\nb,bad\nc,good\nd,bad\na,again\n")
	require.Equal(t, sink.Counts{Created: 2, Failed: 2}, counts)
	require.Equal(t, [5]int64{5, 2, 0, 0, 3}, out.tally.figures())
	require.Equal(t, []string{"6 -1 [a again]", "3 0 [b bad]", "5 0 [d bad]"}, out.rejected())
	require.EqualValues(t, 2, out.tally.Found[finding.BrokerRefused])
	require.Contains(t, out.losses[1].Findings[0].Message, "not wanted")
	require.Equal(t, 3, out.losses[1].Findings[0].Location.Row)
}

func TestARefusedEntityOfARowLeavesItsOtherEntityInTheRecord(t *testing.T) {
	m := thing("error", "name: {value: {column: name}}") + "- {type: Other, id: \"urn:o:{id}\", attributes: {n: {value: {column: n}}}}\n"
	out, _ := push(t, embedded(t, refusing("bad")), m, "id,name,n\na,x,bad\nb,x,y\nc,bad,bad\n")
	require.Equal(t, [5]int64{3, 1, 0, 0, 2}, out.tally.figures())
	require.Equal(t, []string{"2 1 [a x bad]", "4 0 [c bad bad]", "4 1 []"}, out.rejected(), "cells once a row")
}

func TestARefusedHistoryRejectsAllItsRows(t *testing.T) {
	out, counts := push(t, embedded(t, refusing("urn:t:a")), thing("history", timedN), "id,n,year\na,1,2001\nb,1,2001\na,2,2002\na,3,2002\n")
	require.Equal(t, sink.Counts{Created: 1, Failed: 1}, counts)
	require.Equal(t, [5]int64{4, 1, 0, 0, 3}, out.tally.figures())
	require.Equal(t, []string{"5 0 [a 3 2002]", "2 0 [a 1 2001]", "4 0 [a 2 2002]"}, out.rejected())
}

func TestARefusedMergeRejectsTheRowThatCounts(t *testing.T) {
	for merge, want := range map[string]string{"first": "2 0 [a 1]", "last": "4 0 [a 3]"} {
		out, _ := push(t, embedded(t, refusing("urn:t:a")), thing(merge, "n: {value: {column: n}}"), "id,n\na,1\nb,1\na,3\n")
		require.Equal(t, []string{want}, out.rejected(), merge)
		require.EqualValues(t, 1, out.tally.Rejected)
	}
}

// TestARefusedRowOfAQueryIsThatOfItsSource: the rows of a query say from where
// they come, also where entities wait for the end.
func TestARefusedRowOfAQueryIsThatOfItsSource(t *testing.T) {
	for _, merge := range []string{"error", "first", "last"} {
		m := strings.Replace(thing(merge, "name: {value: {column: name}}"), `{file: data.csv, delimiter: ",", decimal: ".", encoding: utf-8}`,
			"{tables: {data: {file: data.csv}}, sql: \"select id, name, _file, _row from data order by id desc\"}", 1)
		out, counts := push(t, embedded(t, refusing("bad")), m, "id,name\na,good\nb,bad\nc,good\nd,bad\n")
		require.Equal(t, sink.Counts{Created: 2, Failed: 2}, counts)
		require.Equal(t, [5]int64{4, 2, 0, 0, 2}, out.tally.figures())
		require.Equal(t, []string{"1 0 [d bad]", "3 0 [b bad]"}, out.rejected(), merge)
		at := out.losses[0].Findings[0].Location
		require.Equal(t, "data.csv", at.File)
		require.Equal(t, 5, at.Row)
	}
}

// useCase is a use case of flows, each a mapping with its data.
func useCase(t testing.TB, files map[string]string, flows ...string) *UseCase {
	t.Helper()
	text := "name: test\npurpose: a test\nflows:\n"
	for _, f := range flows {
		text += "- {mapping: " + f + "}\n"
	}
	if _, ok := files["inventory.yaml"]; ok {
		text += "inventory: inventory.yaml\n"
	}
	dir := folder(t, files)
	write(t, dir, UseCaseFile, text)
	u, err := LoadUseCase(dir)
	require.NoError(t, err)
	return u
}

func runUseCase(t testing.TB, u *UseCase, c *client.Client) (*report.Run, string, error) {
	t.Helper()
	return u.Run(t.Context(), RunOptions{Options: Options{Resolver: jsonld.NewResolver()}, Client: c, Clock: clock, Version: "test"})
}

func reported(t testing.TB, dir string) *report.Run {
	t.Helper()
	file, err := os.Open(filepath.Join(dir, ReportJSON))
	require.NoError(t, err)
	defer file.Close()
	rep, err := report.ReadRun(file)
	require.NoError(t, err)
	return rep
}

func TestASecondRunInTheSameSecondHasItsFolderAndChangesNothing(t *testing.T) {
	u := useCase(t, map[string]string{"m.yaml": thing("history", timedN), "data.csv": "id,n,year\na,1,2001\na,2,2002\nb,3,2001\n"}, "m.yaml")
	c := embedded(t, nil)
	for n, want := range []report.Entities{{Created: 2}, {Unchanged: 2}} {
		rep, dir, err := runUseCase(t, u, c)
		require.NoError(t, err)
		require.Equal(t, []string{"20260102T030405Z", "20260102T030405Z-2"}[n], filepath.Base(dir))
		require.Equal(t, want, rep.Flows[0].Entities)
		require.Equal(t, "m.yaml", rep.Flows[0].Name)
		require.Zero(t, rep.Verification.Failed())
		require.NoError(t, reported(t, dir).Check())
		page, err := os.ReadFile(filepath.Join(dir, ReportHTML))
		require.NoError(t, err)
		require.Contains(t, string(page), "</html>")
		require.NoFileExists(t, filepath.Join(dir, RejectedFile), "nothing was rejected")
		last, err := u.LastRun()
		require.NoError(t, err)
		require.Equal(t, dir, last)
	}
}

func TestTheLastRunIsTheNewestAlsoAmongTenOfOneSecond(t *testing.T) {
	u := useCase(t, map[string]string{"m.yaml": ""}, "m.yaml")
	last, err := u.LastRun()
	require.NoError(t, err)
	require.Empty(t, last)
	for _, name := range []string{"20260102T030405Z", "20260102T030405Z-2", "20260102T030405Z-9", "20260102T030405Z-10", "20260101T030405Z-11"} {
		write(t, u.Dir, ".ldt/runs/"+name+"/report.json", "{}")
	}
	write(t, u.Dir, ".ldt/runs/20270101T000000Z/losses.csv", "")
	last, err = u.LastRun()
	require.NoError(t, err)
	require.Equal(t, "20260102T030405Z-10", filepath.Base(last))
}

func TestRejectedRowsOfEachFlowHaveTheirFile(t *testing.T) {
	m := thing("error", "n: {value: {column: n, as: number}}")
	u := useCase(t, map[string]string{"one/m.yaml": m, "two/m.yaml": m, "three/m.yaml": m, "data.csv": "id,n\na,1\nb,x\n"}, "one/m.yaml", "two/m.yaml", "three/m.yaml")
	rep, dir, err := runUseCase(t, u, embedded(t, nil))
	require.NoError(t, err)
	var names []string
	for _, f := range rep.Flows {
		names = append(names, f.Rejects)
		file, err := os.Open(filepath.Join(dir, f.Rejects))
		require.NoError(t, err)
		rows, err := csv.NewReader(file).ReadAll()
		file.Close()
		require.NoError(t, err)
		require.Len(t, rows, 2)
		require.Equal(t, []string{"b", "x"}, rows[1][:2])
	}
	require.Equal(t, []string{"rejected.csv", "rejected-m.csv", "rejected-m-2.csv"}, names)
}

func TestRejectedRowsRunAgainOnceCorrected(t *testing.T) {
	u := useCase(t, map[string]string{"m.yaml": thing("error", "n: {value: {column: n, as: number}}"), "data.csv": "id,n\na,1\nb,x\n"}, "m.yaml")
	_, dir, err := runUseCase(t, u, embedded(t, nil))
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(dir, RejectedFile))
	require.NoError(t, err)
	write(t, u.Dir, "again.csv", strings.Replace(string(text), "b,x", "b,2", 1))
	flow := prepared(t, u.Dir, "m.yaml", Options{Source: filepath.Join(u.Dir, "again.csv")})
	tally, _, err := flow.Push(t.Context(), embedded(t, nil), sink.BrokerOptions{}, nil)
	require.NoError(t, err)
	require.Equal(t, [5]int64{1, 1, 0, 0, 0}, tally.figures())
}

func TestARunThatFailsOnTheWayLeavesAReportThatAddsUp(t *testing.T) {
	var batches atomic.Int32
	c := embedded(t, func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/entityOperations/upsert") && batches.Add(1) > 2 {
				conn, _, _ := w.(http.Hijacker).Hijack()
				conn.Close()
				return
			}
			h.ServeHTTP(w, r)
		})
	})
	u := useCase(t, map[string]string{"m.yaml": thing("first", "n: {value: {column: n, as: number}}"), "data.csv": spread(20_000)}, "m.yaml", "m.yaml")
	_, dir, err := runUseCase(t, u, c)
	require.ErrorIs(t, err, client.ErrUnreachable)
	rep := reported(t, dir)
	require.Equal(t, strings.TrimSpace(rep.Failure), rep.Failure)
	require.NotEmpty(t, rep.Failure)
	require.Len(t, rep.Flows, 1, "the second flow was not begun")
	require.NoError(t, rep.Check())
	require.Less(t, rep.Flows[0].Entities.Created, int64(13_334))
	_, _, err = u.Verify(t.Context(), Options{Resolver: jsonld.NewResolver()}, c, dir)
	require.ErrorContains(t, err, "did not come to its end")
}

func TestFaultsOfAllMappingsComeAtOnceAndNothingIsWritten(t *testing.T) {
	var writes atomic.Int32
	c := embedded(t, func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			writes.Add(1)
			h.ServeHTTP(w, r)
		})
	})
	u := useCase(t, map[string]string{"good.yaml": thing("error", "n: {value: {column: n}}"), "one.yaml": thing("error", "nn: {value: {column: n}}"),
		"two.yaml": thing("error", "n: {value: {column: absent}}"), "data.csv": "id,n\na,1\n"}, "good.yaml", "one.yaml", "two.yaml")
	_, dir, err := runUseCase(t, u, c)
	var faults finding.List
	require.ErrorAs(t, err, &faults)
	require.Len(t, faults, 2)
	require.Contains(t, faults[0].Location.File, "one.yaml")
	require.Contains(t, faults[1].Location.File, "two.yaml")
	require.Zero(t, writes.Load())
	rep := reported(t, dir)
	require.NotEmpty(t, rep.Failure)
	require.EqualValues(t, 2, rep.Findings.Errors)
	require.Empty(t, rep.Flows)
}

func TestErrorsOfTheInventoryAreInTheReport(t *testing.T) {
	u := useCase(t, map[string]string{"m.yaml": thing("error", "n: {value: {column: n}}"), "data.csv": "id,n\na,1\n",
		"inventory.yaml": "datasets:\n- {title: Things, file: dta.csv}\n"}, "m.yaml")
	rep, _, err := runUseCase(t, u, embedded(t, nil))
	require.NoError(t, err)
	require.Positive(t, rep.Findings.Errors)
}
