package format_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/ngsild/finding"
)

func TestParsePositionReadsRowsAndCells(t *testing.T) {
	for text, want := range map[string]format.Position{
		"9": {First: 9, Last: 9}, "0": {}, " 9 ": {First: 9, Last: 9}, "8-9": {First: 8, Last: 9}, "8:9": {First: 8, Last: 9},
		"B5": {First: 5, Last: 5, Column: 2}, "b5": {First: 5, Last: 5, Column: 2}, "$AA$10": {First: 10, Last: 10, Column: 27},
		"B8:B9": {First: 8, Last: 9, Column: 2}, "B8-9": {First: 8, Last: 9, Column: 2}, "B8:F9": {First: 8, Last: 9, Column: 2},
	} {
		p, err := format.ParsePosition(text)
		require.NoError(t, err, text)
		require.Equal(t, want, p, text)
		again, err := format.ParsePosition(p.String())
		require.NoError(t, err)
		require.Equal(t, p, again, "as it is written")
	}
	for _, text := range []string{"", "-1", "B", "B0", "0-1", "9-8", "9-B10", "1-6", "x", "5B", "1.5", "XFE1x", "ZZZZZ1", "99999999999999999999", "1-", "-"} {
		_, err := format.ParsePosition(text)
		require.Error(t, err, text)
	}
}

func TestHeaderAtSaysWhatAHeaderMayBe(t *testing.T) {
	p, err := format.HeaderAt("", record.Origin{})
	require.NoError(t, err)
	require.Nil(t, p, "it is to be detected")
	_, err = format.HeaderAt("-1", record.Origin{File: "t.csv"})
	var e *format.Error
	require.True(t, errors.As(err, &e))
	require.Equal(t, format.Config, e.Kind)
	require.Equal(t, finding.SourceSpec, e.Finding.Code)
	require.Contains(t, e.Finding.Message, `"-1"`)
}
