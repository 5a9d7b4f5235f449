package inventory_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/inventory"
	"github.com/ldtkit/ldt/etl/profile"
	"github.com/ldtkit/ldt/etl/source"
)

func profiled(t *testing.T, name, text string) *inventory.Inventory {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	tables, _, err := profile.Tables(context.Background(), dir, source.Spec{File: name})
	require.NoError(t, err)
	return inventory.OfTables(tables)
}

func TestAProfileGivesTheRowsOfAnInventory(t *testing.T) {
	inv := profiled(t, "Conso Été.csv", "Code INSEE;Conso (MWh);mail\n01001;1,5;a@example.org\n01002;;b@example.org\n01001;30;\n")
	require.Len(t, inv.Sources, 1)
	s := inv.Sources[0]
	require.Equal(t, []string{"conso-ete", "Conso Été", "CSV", "utf-8", ";", ",", "3", "direct"},
		[]string{s.ID, s.Name, s.Format, s.Encoding, s.Delimiter, s.Decimal, s.Rows, s.Personal})
	require.Len(t, inv.Fields, 3)
	f := inv.Fields[1]
	require.Equal(t, []string{"conso-ete", "Conso (MWh)", "number", "MWH", "measure", "no", "yes", "1.5", "30", "33.3"},
		[]string{f.Source, f.Header, f.Type, f.Unit, f.Role, f.Personal, f.Keep, f.Min, f.Max, f.Empty})
	require.Equal(t, "code", inv.Fields[0].Type)
	require.Equal(t, "yes", inv.Fields[2].Personal)

	// Written and read again it is the same.
	var text bytes.Buffer
	require.NoError(t, inv.WriteYAML(&text))
	read, _, err := inventory.Read("inventory.yaml", text.Bytes())
	require.NoError(t, err)
	require.Equal(t, "30", read.Fields[1].Max)
	require.Equal(t, s.Rows, read.Sources[0].Rows)
}

func TestTheRowsOfAProfileGoBehindThoseOfAWorkbook(t *testing.T) {
	for _, lang := range []string{"en", "fr"} {
		var book bytes.Buffer
		require.NoError(t, inventory.WriteTemplate(&book, lang, true))
		before, _, err := inventory.Read("inventory.xlsx", book.Bytes())
		require.NoError(t, err)
		more := profiled(t, "curves.csv", "id;kWh\nA;1\nB;2\n")
		text, err := inventory.AddToWorkbook("inventory.xlsx", book.Bytes(), more)
		require.NoError(t, err)
		after, _, err := inventory.Read("inventory.xlsx", text)
		require.NoError(t, err)
		require.Len(t, after.Sources, len(before.Sources)+1)
		require.Len(t, after.Fields, len(before.Fields)+2)
		for i := range before.Sources {
			require.Equal(t, before.Sources[i].Name, after.Sources[i].Name)
			require.Equal(t, before.Sources[i].Licence, after.Sources[i].Licence)
		}
		last := after.Fields[len(after.Fields)-1]
		require.Equal(t, []string{"curves", "kWh", "KWH", "integer"}, []string{last.Source, last.Header, last.Unit, last.Type})
		_, err = inventory.AddToWorkbook("inventory.xlsx", text, more)
		require.ErrorContains(t, err, `has a dataset "curves" already`)
	}
}
