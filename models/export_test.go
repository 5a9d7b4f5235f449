package models

// ReadBuiltin reads the built-in catalogue anew.
var ReadBuiltin = readBuiltin

// LineSubjects are the subjects each of whose models has a line of our own, and
// LineCount is how many lines there are.
var (
	LineSubjects = lineSubjects
	LineCount    = len(lines)
)
