package models

// ReadBuiltin reads the built-in catalogue anew.
var ReadBuiltin = readBuiltin
