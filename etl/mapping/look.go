package mapping

// NumberReader reads numbers as the converter number does, for whoever asks what
// a column may hold.
type NumberReader struct{ format numberFormat }

// Numbers reads numbers with a decimal mark ("." or ",") and the thousands
// marks that a dialect has.
func Numbers(decimal, thousands string) NumberReader {
	f := numberFormat{decimal: '.', thousands: thousandsSeparators(thousands)}
	if decimal == "," {
		f.decimal = ','
	}
	return NumberReader{f}
}

// Append appends the number in text as JSON writes it; ok is false, and dst as it
// was, where text is none.
func (r *NumberReader) Append(dst, text []byte) (out []byte, ok bool) {
	return r.format.append(dst, text)
}

// TimeReader reads dates and times in one format.
type TimeReader struct {
	// Format is as a mapping writes it; "" is ISO 8601.
	Format string
	format *dateFormat
}

// TimeReaders gives ISO 8601 and the formats that a hint may propose, the day
// before the month where both are possible.
func TimeReaders() []TimeReader {
	list := []TimeReader{{}}
	for _, f := range likelyFormats {
		list = append(list, TimeReader{Format: f.text, format: f})
	}
	return list
}

// Read gives the time in text in seconds since 1970, of a local time as if it
// were UTC. timed is false for a date without a time.
func (r TimeReader) Read(text []byte) (seconds int64, timed, ok bool) {
	var c civil
	if r.format == nil {
		c, ok = parseISO(text)
	} else {
		c, ok = r.format.parse(text)
	}
	if !ok {
		return 0, false, false
	}
	return c.seconds() - int64(c.offset), c.timed, true
}
