package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl"
	"github.com/ldtkit/ldt/etl/sink"
	"github.com/ldtkit/ldt/ngsild/broker"
	"github.com/ldtkit/ldt/ngsild/broker/sqlite"
	"github.com/ldtkit/ldt/ngsild/client"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// The limits that make bench holds its ratios to.
const (
	limitOverCSV = 4.0 // times what encoding/csv needs only to read the file
	limitMemory  = 1.2 // times the memory of a hundredth of the rows
	benchRows    = 500_000
)

// BenchmarkPipelineConvert compares CSV → NDJSON with encoding/csv only reading
// the same file, in turn, on one core: once with a file of nothing but the six
// columns that the mapping reads, once with an export as meters are exported,
// of twelve columns. Both are the processor time of the best of several turns,
// so that other work on the machine counts for neither.
func BenchmarkPipelineConvert(b *testing.B) {
	b.Run("six-columns", func(b *testing.B) { benchConvert(b, "") })
	b.Run("twelve-columns", func(b *testing.B) {
		benchConvert(b, ";Enedis;ENT;TERTIAIRE;12 rue de la Paix;75002;Paris 2e Arrondissement")
	})
}

func benchConvert(b *testing.B, more string) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	dir := b.TempDir()
	mapping := writeMeters(b, dir, benchRows)
	source := filepath.Join(dir, "meters.csv")
	widen(b, source, more)
	var reading, converting time.Duration // the least of all turns
	size := 0
	for b.Loop() {
		runtime.GC()
		start := processTime()
		require.Equal(b, benchRows+1, readCSV(b, source))
		reading = least(reading, processTime()-start)
		runtime.GC()
		start = processTime()
		size = convertAll(b, mapping) / benchRows
		converting = least(converting, processTime()-start)
	}
	ratio := float64(converting) / float64(reading)
	b.ReportMetric(ratio, "×encoding/csv")
	b.ReportMetric(limitOverCSV, "limit")
	b.ReportMetric(float64(size), "bytes/entity")
	b.ReportMetric(benchRows/converting.Seconds(), "rows/s")
	b.ReportMetric(0, "ns/op")
}

func least(a, b time.Duration) time.Duration {
	if a == 0 {
		return b
	}
	return min(a, b)
}

// widen adds the same cells to every row of a file.
func widen(b *testing.B, path, cells string) {
	text, err := os.ReadFile(path)
	require.NoError(b, err)
	if cells == "" {
		return
	}
	header, rows, _ := bytes.Cut(text, []byte("\n"))
	header = append(bytes.Clone(header), []byte(";operator;category;sector;street;postcode;town\n")...)
	rows = bytes.ReplaceAll(rows, []byte("\n"), []byte(cells+"\n"))
	require.NoError(b, os.WriteFile(path, append(header, rows...), 0o644))
}

func readCSV(b *testing.B, path string) int {
	file, err := os.Open(path)
	require.NoError(b, err)
	defer file.Close()
	r := csv.NewReader(file)
	r.Comma, r.ReuseRecord = ';', true
	rows := 0
	for {
		if _, err := r.Read(); err == io.EOF {
			return rows
		} else if err != nil {
			b.Fatal(err)
		}
		rows++
	}
}

// convertAll converts to normalized NDJSON that goes nowhere, and gives its size.
func convertAll(b *testing.B, mapping string) int {
	flow, err := etl.Prepare(b.Context(), mapping, etl.Options{Resolver: jsonld.NewResolver(), Workers: 1})
	require.NoError(b, err)
	defer flow.Close()
	counted := &counter{}
	file := sink.To(counted, "nowhere", sink.Lines)
	_, err = flow.Convert(b.Context(), outputOf(flow, file, sink.Lines, "normalized"), nil)
	require.NoError(b, err)
	require.NoError(b, file.Close())
	return counted.n
}

type counter struct{ n int }

func (c *counter) Write(p []byte) (int, error) { c.n += len(p); return len(p), nil }

// BenchmarkPipelineAllocations counts what a row allocates once batches have
// their memory: the difference between a long and a short run.
func BenchmarkPipelineAllocations(b *testing.B) {
	allocated := func(rows int) uint64 {
		mapping := writeMeters(b, b.TempDir(), rows)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		convertAll(b, mapping)
		runtime.ReadMemStats(&after)
		return after.Mallocs - before.Mallocs
	}
	var perRow float64
	for b.Loop() {
		short, long := allocated(100_000), allocated(500_000)
		perRow = float64(int64(long)-int64(short)) / 400_000
	}
	b.ReportMetric(perRow, "allocs/row")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkPipelineMemory compares the peak memory of a process that converts
// ten million rows with one that converts a hundred thousand.
func BenchmarkPipelineMemory(b *testing.B) {
	peak := func(rows int) float64 {
		dir := b.TempDir()
		mapping := writeMeters(b, dir, rows)
		file := filepath.Join(dir, "peak")
		cmd := ldt(b, "convert", "-m", mapping, "-o", os.DevNull, "--quiet")
		cmd.Env = append(cmd.Env, peakFile+"="+file)
		require.NoError(b, cmd.Run())
		text, err := os.ReadFile(file)
		require.NoError(b, err)
		var kib float64
		if _, err := fmt.Sscan(string(text), &kib); err != nil {
			b.Skip("this system does not tell the peak memory of a process")
		}
		return kib / 1024
	}
	var small, large float64
	for b.Loop() {
		small, large = peak(100_000), peak(10_000_000)
	}
	b.ReportMetric(small, "MiB/100k-rows")
	b.ReportMetric(large, "MiB/10M-rows")
	b.ReportMetric(large/small, "×")
	b.ReportMetric(limitMemory, "limit")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkValidate validates a million entities of NDJSON on all cores, from a pipe, and
// compares the peak memory of the process with that for ten thousand.
func BenchmarkValidate(b *testing.B) {
	const few, many = 10_000, 1_000_000
	run := func(entities int) (mib float64, took time.Duration) {
		file := filepath.Join(b.TempDir(), "peak")
		cmd := ldt(b, "validate", "-", "--quiet")
		cmd.Env = append(cmd.Env, peakFile+"="+file)
		cmd.Stdin = &measurements{left: entities}
		start := time.Now()
		require.NoError(b, cmd.Run())
		took = time.Since(start)
		text, err := os.ReadFile(file)
		require.NoError(b, err)
		var kib float64
		if _, err := fmt.Sscan(string(text), &kib); err != nil {
			b.Skip("this system does not tell the peak memory of a process")
		}
		return kib / 1024, took
	}
	var small, large float64
	var took time.Duration
	for b.Loop() {
		small, _ = run(few)
		large, took = run(many)
	}
	b.ReportMetric(many/took.Seconds(), "entities/s")
	b.ReportMetric(small, "MiB/10k-entities")
	b.ReportMetric(large, "MiB/1M-entities")
	b.ReportMetric((large-small)*(1<<20)/(many-few), "bytes/id")
	b.ReportMetric(0, "ns/op")
}

// measurements is NDJSON of so many DeviceMeasurements, of some 600 bytes each.
type measurements struct {
	left int
	line []byte
}

func (m *measurements) Read(p []byte) (int, error) {
	if len(m.line) == 0 {
		if m.left == 0 {
			return 0, io.EOF
		}
		m.left--
		m.line = fmt.Appendf(m.line[:0], `{"id":"urn:ngsi-ld:DeviceMeasurement:%d","type":"DeviceMeasurement","controlledProperty":{"type":"Property","value":"activeEnergy"},`+
			`"dateObserved":{"type":"Property","value":{"@type":"DateTime","@value":"2026-01-31T12:15:00Z"}},"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[-1.5536,47.2184]}},`+
			`"numValue":{"type":"Property","value":%d.25,"observedAt":"2026-01-31T12:15:00Z","unitCode":"KWH"},"refDevice":{"type":"Relationship","object":"urn:ngsi-ld:Device:%d"},`+
			`"@context":"https://raw.githubusercontent.com/smart-data-models/dataModel.Device/master/context.jsonld"}`+"\n", m.left, m.left%100, m.left%1000)
	}
	n := copy(p, m.line)
	m.line = m.line[n:]
	return n, nil
}

// peakFile names the file into which a command that a benchmark starts writes
// its peak memory in KiB. What the system says of a finished child counts the
// memory of its parent, too.
const peakFile = "LDT_TEST_PEAK"

func mainWithPeak(file string) int {
	code := Main(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	status, _ := os.ReadFile("/proc/self/status") // absent elsewhere than on Linux
	_, peak, _ := strings.Cut(string(status), "VmHWM:")
	if err := os.WriteFile(file, []byte(peak), 0o644); err != nil {
		return exitUsage
	}
	return code
}

// BenchmarkPipelinePush compares a push into the embedded broker, batches of
// 500 over 4 connections, with one into a server that only reads the bodies.
func BenchmarkPipelinePush(b *testing.B) {
	const rows = 50_000
	mapping := writeMeters(b, b.TempDir(), rows)
	var embedded, reader time.Duration
	for b.Loop() {
		store, err := sqlite.Open(filepath.Join(b.TempDir(), "store.db"))
		require.NoError(b, err)
		embedded += pushAll(b, mapping, broker.New(store, broker.Options{}))
		require.NoError(b, store.Close())
		reader += pushAll(b, mapping, http.HandlerFunc(onlyReads))
	}
	b.ReportMetric(float64(rows)*float64(b.N)/embedded.Seconds(), "entities/s")
	b.ReportMetric(100*float64(reader)/float64(embedded), "%-of-a-server-that-only-reads")
	b.ReportMetric(0, "ns/op")
}

func pushAll(b *testing.B, mapping string, handler http.Handler) time.Duration {
	server := httptest.NewServer(handler)
	defer server.Close()
	c, err := client.New(server.URL, client.Options{})
	require.NoError(b, err)
	flow, err := etl.Prepare(b.Context(), mapping, etl.Options{Resolver: jsonld.NewResolver()})
	require.NoError(b, err)
	defer flow.Close()
	start := time.Now()
	tally, counts, err := flow.Push(context.Background(), c, sink.BrokerOptions{Connections: 4}, nil)
	took := time.Since(start)
	require.NoError(b, err)
	require.EqualValues(b, tally.Read, counts.Created)
	return took
}

// onlyReads answers as a broker that has nothing and takes everything.
func onlyReads(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "application/json")
	switch filepath.Base(r.URL.Path) {
	case "upsert":
		w.WriteHeader(http.StatusNoContent)
	default:
		_, _ = io.WriteString(w, "[]")
	}
}
