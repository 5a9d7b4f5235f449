package format

import "bytes"

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
