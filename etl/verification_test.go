package etl

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/ldtkit/ldt/etl/report"
	"github.com/ldtkit/ldt/ngsild/client"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// verified runs a use case of one mapping, and gives what is compared, one
// comparison a line.
func verified(t testing.TB, mapping, data string) string {
	t.Helper()
	u := useCase(t, map[string]string{"m.yaml": mapping, "data.csv": data}, "m.yaml")
	rep, dir, err := runUseCase(t, u, embedded(t, nil))
	require.NoError(t, err)
	text := comparisonsText(rep.Verification)
	again, _, err := u.Verify(t.Context(), Options{Resolver: jsonld.NewResolver()}, clientOf(t, rep.Broker), dir)
	require.NoError(t, err)
	require.Equal(t, text, comparisonsText(again), "the record on disk says the same")
	return text
}

func clientOf(t testing.TB, url string) *client.Client {
	t.Helper()
	c, err := client.New(url, client.Options{})
	require.NoError(t, err)
	return c
}

func comparisonsText(v *report.Verification) string {
	var b strings.Builder
	for _, c := range v.Comparisons {
		state := "ok"
		if !c.OK {
			state = "WRONG"
		}
		fmt.Fprintf(&b, "%s %s: %s, broker %s (%s)\n", state, c.What, c.Source, c.Broker, c.Explained)
	}
	return b.String()
}

const policyData = "id,n,year\na,1.5,2001\na,10,2002\nb,100,2001\nc,x,2001\na,1000,2003\nd,-1,2001\n"

func TestVerificationAgreesUnderEachPolicy(t *testing.T) {
	for merge, want := range map[string]string{
		"error":   "ok sum of n of Thing: 1110.5, broker 101.5 (-1 filtered, 1010 rejected)\n",
		"first":   "ok sum of n of Thing: 1110.5, broker 101.5 (-1 filtered, 1010 merged)\n",
		"last":    "ok sum of n of Thing: 1110.5, broker 1100 (-1 filtered, 11.5 merged)\n",
		"history": "ok sum of n of Thing: 1110.5, broker 1111.5 (-1 filtered)\n",
	} {
		m := strings.Replace(thing(merge, timedN), "entities:", "where: {keep: 'text(\"n\") != \"-1\"', reason: negative}\nentities:", 1)
		got := verified(t, m, policyData)
		require.Contains(t, got, "ok rows of data.csv: 6, broker 6 ()\n")
		require.Contains(t, got, "ok entities of type Thing: 6, broker 2 (1 filtered, ", merge)
		require.Contains(t, got, want, merge)
		require.NotContains(t, got, "WRONG")
	}
}

func TestVerificationExplainsAConflictOfAHistory(t *testing.T) {
	m := thing("history", timedN) + "- {type: Other, id: \"urn:o:{n}\", attributes: {m: {value: {column: n, as: number}}}}\n"
	got := verified(t, m, "id,n,year\na,1,2001\na,2,2001\na,4,2002\n")
	require.Contains(t, got, "ok sum of n of Thing: 7, broker 5 (2 rejected)\n")
	require.Contains(t, got, "ok sum of m of Other: 7, broker 7 ()\n", "the row's other entity was handed on before")
}

func TestVerificationCountsAnEntityWhoseFirstRowIsRejected(t *testing.T) {
	got := verified(t, thing("history", timedN), "id,n,year\na,1,\na,2,2001\na,4,2002\nb,1,2001\n")
	require.Contains(t, got, "ok entities of type Thing: 4, broker 2 (1 rejected, 1 merged)\n")
	require.NotContains(t, got, "WRONG")
}

func TestVerificationDoesNotCompareAHistoryWithoutTimes(t *testing.T) {
	got := verified(t, thing("history", timedN+", m: {value: {column: m, as: number}}"), "id,n,year,m\na,1,2001,5\na,2,2002,6\n")
	require.Contains(t, got, "ok sum of n of Thing: 3, broker 3 ()\n")
	require.Contains(t, got, "not compared: without observedAt, only the last row's value stays")
	require.NotContains(t, got, "WRONG")
}

func TestVerificationExplainsRefusals(t *testing.T) {
	m := thing("history", timedN) + "- {type: Other, id: \"urn:o:{n}\", attributes: {m: {value: {column: n, as: number}}}}\n"
	u := useCase(t, map[string]string{"m.yaml": m, "data.csv": "id,n,year\na,1,2001\na,2,2002\nb,4,2002\n"}, "m.yaml")
	rep, _, err := runUseCase(t, u, embedded(t, refusing("urn:t:a")))
	require.NoError(t, err)
	require.Equal(t, report.Rows{Read: 3, Written: 1, Rejected: 2}, rep.Flows[0].Rows)
	require.Equal(t, "ok rows of data.csv: 3, broker 3 ()\nok entities of type Thing: 3, broker 1 (2 rejected)\nok sum of n of Thing: 7, broker 4 (3 rejected)\n"+
		"ok entities of type Other: 3, broker 3 ()\nok sum of m of Other: 7, broker 7 ()\n", comparisonsText(rep.Verification))
}

func TestVerificationReadsNumbersItsOwnWay(t *testing.T) {
	german := strings.Replace(thing("error", "n: {value: {column: n, as: number}}"), `delimiter: ",", decimal: "."`, `delimiter: ";", decimal: ",", thousands: " ", nulls: [NA]`, 1)
	for name, one := range map[string]struct{ mapping, data, want string }{
		"decimal comma and no-break thousands": {german, "id;n\na;1 234,5\nb;1\u00a0000,25\nc;1\u202f000\nd;NA\ne;\n", "3234.75, broker 3234.75 ()"},
		"comma as thousands":                   {thing("error", `n: {value: {column: n, as: number, thousands: ","}}`), "id,n\na,\"1,234.5\"\nb,-1e3\n", "234.5, broker 234.5 ()"},
		"nulls of the value":                   {thing("error", "n: {value: {column: n, as: number, nulls: [-9]}}"), "id,n\na,-9\nb,3\n", "3, broker 3 ()"},
		"a default":                            {thing("error", "n: {value: {column: n, as: number, default: 7}}"), "id,n\na,\nb,3\n", "10, broker 10 ()"},
		"a default is in the target's unit":    {thing("error", "n: {value: {column: n, as: number, unit: {from: MWH, to: KWH}, default: 500}}"), "id,n\na,\nb,3.25\n", "3.75, broker 3.75 ()"},
		"a factor that ends":                   {thing("error", "n: {value: {column: n, as: number, unit: {from: KWH, to: JOU}}}"), "id,n\na,0.1\nb,3000000000\n", "3000000000.1, broker 3000000000.1 ()"},
		"a factor without end":                 {thing("error", "n: {value: {column: n, as: number, unit: {from: KWH, to: BTU}}}"), "id,n\na,0.1\nb,3\nc,12345.678\n", "12348.778, broker 12348.77"},
		"degrees":                              {thing("error", "n: {value: {column: n, as: number, unit: {from: FAH, to: CEL}}}"), "id,n\na,-40\nb,33\nc,98.6\n", "91.6, broker 91."},
		"a term of the default vocabulary":     {thing("error", "level: {value: {column: n, as: number}}"), "id,n\na,5\n", "5, broker 5 ()"},
		"a sub-attribute":                      {thing("error", "name: {value: x, attributes: {n: {value: {column: n, as: number}}}}"), "id,n\na,5\n", "5, broker 5 ()"},
		"instances by datasetId":               {thing("error", "n: [{value: {column: n, as: number}}, {value: {column: m, as: number}, datasetId: \"urn:d:m\"}]"), "id,n,m\na,5,60\n", "ok sum of n of Thing: 5, broker 5 ()\nok sum of n (urn:d:m) of Thing: 60, broker 60 ()"},
		"a look-up":                            {thing("error", "n: {value: {column: n, as: number, lookup: {one: 1}}}"), "id,n\na,one\n", "not compared: the cells go through a look-up table"},
		"a condition":                          {thing("error", "n: {value: {column: n, as: number}, when: 'number(\"n\") > 1'}"), "id,n\na,1\nb,2\n", "not compared: a condition"},
		"several units":                        {thing("error", "n: [{value: {column: n, as: number, unit: {from: MWH, to: KWH}}}, {value: {column: m, as: number, unit: KWH}, datasetId: \"urn:d:m\"}]"), "id,n,m\na,5,60\n", "sum of n (MWH) of Thing: 5, broker 5 ()\nok sum of n (urn:d:m) (KWH) of Thing: 60, broker 60 ()"},
		"a default for what is missing":        {thing("error", "n: {value: {column: n, as: number, default: 7}}"), "id,n\na,NA\nb,3\nc,-\n", "17, broker 17 ()"},
		"a sub-attribute of what is missing":   {thing("error", "m: {value: {column: m, as: number}, attributes: {n: {value: {column: n, as: number}}}}"), "id,n,m\na,5,1\nb,7,n/a\n", "ok sum of m.n of Thing: 5, broker 5 ()"},
		"ids that stand in cells":              {strings.Replace(thing("error", "n: {value: {column: n, as: number}}"), `id: "urn:t:{id}"`, "id: {column: id, as: uri}", 1), "id,n\n urn:t:a ,5\nurn:t:b,7\n", "ok sum of n of Thing: 12, broker 12 ()"},
		"a constant beside it":                 {thing("error", "n: [{value: 1000}, {value: {column: n, as: number}, datasetId: \"urn:d:n\"}]"), "id,n\na,5\nb,6\n", "ok sum of n (urn:d:n) of Thing: 11, broker 11 ()"},
		"a text beside it":                     {thing("error", "n: [{value: {column: n, as: number}}, {value: high, datasetId: \"urn:d:n\"}]"), "id,n\na,5\nb,6\n", "ok sum of n of Thing: 11, broker 11 ()"},
		"a datasetId of its own for each row":  {thing("error", "n: [{value: 3}, {value: {column: n, as: number}, datasetId: \"urn:d:{id}\"}]"), "id,n\na,5\nb,6\n", "ok sum of n of Thing: 11, broker 11 ()"},
		"a sub-attribute of what is empty":     {thing("error", "name: {value: {column: m}, attributes: {n: {value: {column: n, as: number}}}}"), "id,n,m\na,5,x\nb,7,\n", "5, broker 5 ()"},
	} {
		t.Run(name, func(t *testing.T) {
			got := verified(t, one.mapping, one.data)
			require.Contains(t, got, one.want)
			require.NotContains(t, got, "WRONG")
		})
	}
}

func TestVerificationReadsNumbersOfAWorkbook(t *testing.T) {
	book := excelize.NewFile()
	for i, row := range [][]any{{"id", "n"}, {"a", 1234.5}, {"b", "12,5"}, {"c", nil}, {"d", 1e9}} {
		require.NoError(t, book.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row))
	}
	m := strings.Replace(thing("error", "n: {value: {column: n, as: number}}"), `{file: data.csv, delimiter: ",", decimal: ".", encoding: utf-8}`, `{file: data.xlsx, decimal: ","}`, 1)
	u := useCase(t, map[string]string{"m.yaml": m}, "m.yaml")
	require.NoError(t, book.SaveAs(filepath.Join(u.Dir, "data.xlsx")))
	rep, _, err := runUseCase(t, u, embedded(t, nil))
	require.NoError(t, err)
	require.Contains(t, comparisonsText(rep.Verification), "ok sum of n of Thing: 1000001247, broker 1000001247 ()")
}

func TestVerificationAddsUpFlowsAndTypes(t *testing.T) {
	one := thing("error", "n: {value: {column: n, as: number}}")
	two := strings.NewReplacer("data.csv", "more.csv", "type: Thing", "type: [Kind, Thing]").Replace(one)
	u := useCase(t, map[string]string{"one.yaml": one, "two.yaml": two, "data.csv": "id,n\na,1\nb,2\n", "more.csv": "id,n\nc,4\nd,x\n"}, "one.yaml", "two.yaml")
	rep, _, err := runUseCase(t, u, embedded(t, nil))
	require.NoError(t, err)
	require.Equal(t, "ok rows of data.csv: 2, broker 2 ()\nok rows of more.csv: 2, broker 2 ()\n"+
		"ok entities of type Thing: 4, broker 3 (1 rejected)\nok sum of n of Thing: 7, broker 7 ()\n"+
		"ok entities of type Kind: 2, broker 1 (1 rejected)\nok sum of n of Kind: 4, broker 4 ()\n", comparisonsText(rep.Verification))
}

func TestVerificationFindsWhatWasChangedSinceTheRun(t *testing.T) {
	const data = "id,n\na,1\nb,2.25\n"
	entity := func(id, n string) []client.Payload {
		body := fmt.Sprintf(`{"id":%q,"type":"https://example.org/Thing","https://example.org/n":{"type":"Property","value":%s}}`, id, n)
		return []client.Payload{{ID: id, Type: "https://example.org/Thing", Body: []byte(body)}}
	}
	for name, one := range map[string]struct {
		change func(*UseCase, *client.Client) error
		code   finding.Code
		says   []string
	}{
		"a value altered": {func(_ *UseCase, c *client.Client) error {
			_, err := c.BatchUpsert(t.Context(), entity("urn:t:b", "2.26"), client.Update)
			return err
		}, finding.VerifySum, []string{"3.25", "3.26", "n of the broker's Thing"}},
		"a value made text": {func(_ *UseCase, c *client.Client) error {
			_, err := c.BatchUpsert(t.Context(), entity("urn:t:b", `"two"`), client.Update)
			return err
		}, finding.VerifySum, []string{"broker's n is no number"}},
		"an entity deleted": {func(_ *UseCase, c *client.Client) error {
			_, err := c.BatchDelete(t.Context(), []string{"urn:t:a"})
			return err
		}, finding.VerifyCount, []string{"gives 2 entities of type Thing", "has 1"}},
		"an entity added": {func(_ *UseCase, c *client.Client) error {
			_, err := c.BatchCreate(t.Context(), entity("urn:t:z", "0"))
			return err
		}, finding.VerifyCount, []string{"gives 2 entities of type Thing", "has 3"}},
		"a row added": {func(u *UseCase, _ *client.Client) error {
			write(t, u.Dir, "data.csv", data+"c,5\n")
			return nil
		}, finding.VerifySource, []string{"3 rows now", "read 2"}},
		"a cell of the source changed": {func(u *UseCase, _ *client.Client) error {
			write(t, u.Dir, "data.csv", strings.Replace(data, "2.25", "2.5", 1))
			return nil
		}, finding.VerifySum, []string{"3.5", "3.25"}},
	} {
		t.Run(name, func(t *testing.T) {
			u := useCase(t, map[string]string{"m.yaml": thing("error", "n: {value: {column: n, as: number}}"), "data.csv": data}, "m.yaml")
			c := embedded(t, nil)
			_, dir, err := runUseCase(t, u, c)
			require.NoError(t, err)
			require.NoError(t, one.change(u, c))
			v, found, err := u.Verify(t.Context(), Options{Resolver: jsonld.NewResolver()}, c, dir)
			require.NoError(t, err)
			require.Positive(t, v.Failed())
			require.NotEmpty(t, found)
			require.Equal(t, one.code, found[0].Code)
			for _, text := range one.says {
				require.Contains(t, found[0].Message, text)
			}
			require.NotEmpty(t, found[0].Hint+found[0].Location.Entity)
		})
	}
}

func TestADamagedRecordOfARunIsAnError(t *testing.T) {
	for _, text := range []string{"", "flow,row,entity,outcome,reason\n9,2,-1,filtered,x\n", "flow,row,entity,outcome,reason\n0,2,-1,lost,x\n",
		"flow,row,entity,outcome,reason\n0,-2,-1,filtered,x\n", "flow,row,entity,outcome,reason\nx,2,-1,filtered,x\n", "flow,row\n"} {
		dir := t.TempDir()
		write(t, dir, lossesFile, text)
		_, err := readLosses(filepath.Join(dir, lossesFile), 1)
		require.ErrorContains(t, err, "read the record of the run", text)
	}
}

// twoFlows runs two mappings that make entities of one type, and gives the
// comparisons.
func twoFlows(t *testing.T, one, two, data, more string) string {
	t.Helper()
	u := useCase(t, map[string]string{"one.yaml": one, "two.yaml": strings.Replace(two, "data.csv", "more.csv", 1), "data.csv": data, "more.csv": more}, "one.yaml", "two.yaml")
	rep, _, err := runUseCase(t, u, embedded(t, nil))
	require.NoError(t, err)
	return comparisonsText(rep.Verification)
}

func TestVerificationCountsWhatTwoFlowsMakeOnce(t *testing.T) {
	number := thing("error", "n: {value: {column: n, as: number}}")
	for name, one := range map[string]struct{ one, two, data, more, want string }{
		"each its attribute": {number, thing("error", "m: {value: {column: m, as: number}}"), "id,n\na,1\nb,2\n", "id,m\nb,10\nc,20\n",
			"ok entities of type Thing: 4, broker 3 (1 merged)\nok sum of n of Thing: 3, broker 3 ()\nok sum of m of Thing: 30, broker 30 ()\n"},
		"the same attribute": {number, number, "id,n\na,1\nb,2\n", "id,n\nb,10\nc,20\n",
			"ok entities of type Thing: 4, broker 3 (1 merged)\nok sum of n of Thing: 33, broker 31 (2 merged)\n"},
		"the later one is empty": {number, number, "id,n\na,1\nb,2\n", "id,n\nb,\nc,20\n",
			"ok entities of type Thing: 4, broker 3 (1 merged)\nok sum of n of Thing: 23, broker 23 ()\n"},
		"a row of the later one is rejected": {number, number, "id,n\na,1\nb,2\n", "id,n\nb,x\nc,20\n",
			"ok entities of type Thing: 4, broker 3 (1 rejected)\nok sum of n of Thing: 23, broker 23 ()\n"},
		"a constant in one of them": {number, thing("error", "n: {value: 100}"), "id,n\na,1\nb,2\n", "id\nc\n",
			"ok entities of type Thing: 3, broker 3 ()\nok sum of n of Thing: 103, broker 103 ()\n"},
		"ids that a look-up makes": {number, strings.Replace(number, `id: "urn:t:{id}"`, `id: {column: id, lookup: {z: "urn:t:b"}, as: uri}`, 1), "id,n\na,1\nb,2\n", "id,n\nz,20\n",
			"not compared: several flows make this type, and their ids are not made of cells alone"},
	} {
		t.Run(name, func(t *testing.T) {
			got := twoFlows(t, one.one, one.two, one.data, one.more)
			require.Contains(t, got, one.want)
			require.NotContains(t, got, "WRONG")
		})
	}
}

func TestVerificationFindsEntitiesThatWereExchanged(t *testing.T) {
	u := useCase(t, map[string]string{"m.yaml": thing("error", "n: {value: {column: n, as: number}}"), "data.csv": "id,n\na b,1\n\u00e9,2\n"}, "m.yaml")
	c := embedded(t, nil)
	rep, dir, err := runUseCase(t, u, c)
	require.NoError(t, err)
	require.NotContains(t, comparisonsText(rep.Verification), "WRONG")
	_, err = c.BatchDelete(t.Context(), []string{"urn:t:a%20b"})
	require.NoError(t, err)
	body := `{"id":"urn:t:z","type":"https://example.org/Thing","https://example.org/n":{"type":"Property","value":1}}`
	_, err = c.BatchCreate(t.Context(), []client.Payload{{ID: "urn:t:z", Type: "https://example.org/Thing", Body: []byte(body)}})
	require.NoError(t, err)
	_, found, err := u.Verify(t.Context(), Options{Resolver: jsonld.NewResolver()}, c, dir)
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Equal(t, finding.VerifyCount, found[0].Code)
	require.Contains(t, found[0].Message, "not with the same ids")
}

func TestVerificationFindsAnInstanceThatWasAdded(t *testing.T) {
	u := useCase(t, map[string]string{"m.yaml": thing("error", "n: {value: {column: n, as: number}}"), "data.csv": "id,n\na,1\n"}, "m.yaml")
	c := embedded(t, nil)
	_, dir, err := runUseCase(t, u, c)
	require.NoError(t, err)
	body := `{"id":"urn:t:a","type":"https://example.org/Thing","https://example.org/n":[{"type":"Property","value":1},{"type":"Property","value":5,"datasetId":"urn:d:x"}]}`
	_, err = c.BatchUpsert(t.Context(), []client.Payload{{ID: "urn:t:a", Type: "https://example.org/Thing", Body: []byte(body)}}, client.Update)
	require.NoError(t, err)
	_, found, err := u.Verify(t.Context(), Options{Resolver: jsonld.NewResolver()}, c, dir)
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Contains(t, found[0].Message, "adds up to 1, and n of the broker's Thing to 6")
}
