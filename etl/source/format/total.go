package format

import (
	"bytes"
	"fmt"
)

// totalWords stand before a row that sums up those above it.
var totalWords = [][]byte{
	[]byte("total"), []byte("totals"), []byte("grand total"), []byte("sub-total"), []byte("subtotal"), []byte("totaux"), []byte("total général"), []byte("sous-total"), []byte("ensemble"),
	[]byte("summe"), []byte("gesamt"), []byte("gesamtsumme"), []byte("zwischensumme"), []byte("gesamtergebnis"), []byte("totale"), []byte("totaal"), []byte("eindtotaal"), []byte("total general"), []byte("total geral"), []byte("suma"), []byte("razem"),
}

// IsTotal reports whether the first text of a row says that the row sums up others.
func IsTotal(text []byte) bool {
	if len(text) < 4 || len(text) > 16 {
		return false
	}
	switch text[0] | 0x20 {
	case 't', 'g', 's', 'z', 'e', 'r':
	default:
		return false
	}
	text = bytes.TrimRight(bytes.TrimSpace(text), " :")
	for _, w := range totalWords {
		if bytes.EqualFold(w, text) {
			return true
		}
	}
	return false
}

// Totals says that n rows sum up others, at the first of them.
func Totals(n int) string {
	if n == 1 {
		return "this row looks like a total of other rows"
	}
	return fmt.Sprintf("%d rows look like totals of other rows; this is the first", n)
}
