package unit

// dimension is a quantity and its units. The first unit of each is not always
// its base: a factor of 1 marks that.
type dimension struct {
	name  string
	units []row
}

// row is a unit: base = (x + offset) × factor. Factors are exact by
// definition of the unit, but for those of degrees, which take π to 30 digits.
type row struct{ code, symbol, name, factor, offset string }

// dimensions holds the units of measure that ldt converts, with the common
// codes of UN/CEFACT Recommendation 20.
var dimensions = []dimension{
	{"energy", []row{
		{code: "JOU", symbol: "J", name: "joule", factor: "1"},
		{code: "KJO", symbol: "kJ", name: "kilojoule", factor: "1e3"},
		{code: "3B", symbol: "MJ", name: "megajoule", factor: "1e6"},
		{code: "GV", symbol: "GJ", name: "gigajoule", factor: "1e9"},
		{code: "D30", symbol: "TJ", name: "terajoule", factor: "1e12"},
		{code: "C68", symbol: "PJ", name: "petajoule", factor: "1e15"},
		{code: "WHR", symbol: "Wh", name: "watt hour", factor: "3600"},
		{code: "KWH", symbol: "kWh", name: "kilowatt hour", factor: "3.6e6"},
		{code: "MWH", symbol: "MWh", name: "megawatt hour", factor: "3.6e9"},
		{code: "GWH", symbol: "GWh", name: "gigawatt hour", factor: "3.6e12"},
		{code: "D32", symbol: "TWh", name: "terawatt hour", factor: "3.6e15"},
		{code: "D70", symbol: "cal", name: "calorie (international table)", factor: "4.1868"},
		{code: "E14", symbol: "kcal", name: "kilocalorie (international table)", factor: "4186.8"},
		{code: "D35", symbol: "cal_th", name: "calorie (thermochemical)", factor: "4.184"},
		{code: "K53", symbol: "kcal_th", name: "kilocalorie (thermochemical)", factor: "4184"},
		{code: "BTU", symbol: "Btu", name: "British thermal unit (international table)", factor: "1055.05585262"},
		{code: "N71", symbol: "thm", name: "therm (EC)", factor: "105505585.262"},
		{code: "N72", symbol: "thm (US)", name: "therm (US)", factor: "105480400"},
		{code: "A53", symbol: "eV", name: "electronvolt", factor: "1.602176634e-19"},
	}},
	{"reactive energy", []row{
		{code: "K3", symbol: "kvarh", name: "kilovolt ampere reactive hour", factor: "1"},
		{code: "MAH", symbol: "Mvarh", name: "megavolt ampere reactive hour", factor: "1e3"},
	}},
	{"apparent energy", []row{
		{code: "C79", symbol: "kVAh", name: "kilovolt ampere hour", factor: "1"},
	}},
	{"power", []row{
		{code: "WTT", symbol: "W", name: "watt", factor: "1"},
		{code: "C31", symbol: "mW", name: "milliwatt", factor: "1e-3"},
		{code: "D80", symbol: "µW", name: "microwatt", factor: "1e-6"},
		{code: "KWT", symbol: "kW", name: "kilowatt", factor: "1e3"},
		{code: "MAW", symbol: "MW", name: "megawatt", factor: "1e6"},
		{code: "A90", symbol: "GW", name: "gigawatt", factor: "1e9"},
		{code: "D31", symbol: "TW", name: "terawatt", factor: "1e12"},
		{code: "P14", symbol: "J/s", name: "joule per second", factor: "1"},
		{code: "P20", symbol: "kJ/h", name: "kilojoule per hour", factor: "5/18"},
		{code: "D03", symbol: "kWh/h", name: "kilowatt hour per hour", factor: "1e3"},
		{code: "E07", symbol: "MWh/h", name: "megawatt hour per hour", factor: "1e6"},
		{code: "2I", symbol: "Btu/h", name: "British thermal unit (international table) per hour", factor: "1055.05585262/3600"},
		{code: "HJ", symbol: "PS", name: "metric horsepower", factor: "735.49875"},
		{code: "BHP", symbol: "BHP", name: "brake horsepower", factor: "745.69987158227022"},
	}},
	{"apparent power", []row{
		{code: "D46", symbol: "VA", name: "volt-ampere", factor: "1"},
		{code: "KVA", symbol: "kVA", name: "kilovolt-ampere", factor: "1e3"},
		{code: "MVA", symbol: "MVA", name: "megavolt-ampere", factor: "1e6"},
	}},
	{"reactive power", []row{
		{code: "D44", symbol: "var", name: "var", factor: "1"},
		{code: "KVR", symbol: "kvar", name: "kilovar", factor: "1e3"},
		{code: "MAR", symbol: "Mvar", name: "megavar", factor: "1e6"},
	}},
	{"irradiance", []row{
		{code: "D54", symbol: "W/m²", name: "watt per square metre", factor: "1"},
		{code: "C32", symbol: "mW/m²", name: "milliwatt per square metre", factor: "1e-3"},
		{code: "N48", symbol: "W/cm²", name: "watt per square centimetre", factor: "1e4"},
	}},
	{"energy per area", []row{
		{code: "B13", symbol: "J/m²", name: "joule per square metre", factor: "1"},
		{code: "E43", symbol: "J/cm²", name: "joule per square centimetre", factor: "1e4"},
	}},
	{"energy per volume", []row{
		{code: "B8", symbol: "J/m³", name: "joule per cubic metre", factor: "1"},
		{code: "JM", symbol: "MJ/m³", name: "megajoule per cubic metre", factor: "1e6"},
		{code: "E46", symbol: "kWh/m³", name: "kilowatt hour per cubic metre", factor: "3.6e6"},
	}},
	{"energy per mass", []row{
		{code: "J2", symbol: "J/kg", name: "joule per kilogram", factor: "1"},
		{code: "B42", symbol: "kJ/kg", name: "kilojoule per kilogram", factor: "1e3"},
		{code: "JK", symbol: "MJ/kg", name: "megajoule per kilogram", factor: "1e6"},
	}},
	{"heat transmittance", []row{
		{code: "D55", symbol: "W/(m²·K)", name: "watt per square metre kelvin", factor: "1"},
	}},
	{"thermal conductivity", []row{
		{code: "D53", symbol: "W/(m·K)", name: "watt per metre kelvin", factor: "1"},
	}},
	{"degree days", []row{
		{code: "E10", symbol: "°C·d", name: "degree day", factor: "1"},
	}},
	{"length", []row{
		{code: "MTR", symbol: "m", name: "metre", factor: "1"},
		{code: "DMT", symbol: "dm", name: "decimetre", factor: "1e-1"},
		{code: "CMT", symbol: "cm", name: "centimetre", factor: "1e-2"},
		{code: "MMT", symbol: "mm", name: "millimetre", factor: "1e-3"},
		{code: "4H", symbol: "µm", name: "micrometre", factor: "1e-6"},
		{code: "C45", symbol: "nm", name: "nanometre", factor: "1e-9"},
		{code: "KMT", symbol: "km", name: "kilometre", factor: "1e3"},
		{code: "INH", symbol: "in", name: "inch", factor: "0.0254"},
		{code: "FOT", symbol: "ft", name: "foot", factor: "0.3048"},
		{code: "YRD", symbol: "yd", name: "yard", factor: "0.9144"},
		{code: "SMI", symbol: "mi", name: "mile", factor: "1609.344"},
		{code: "NMI", symbol: "n mile", name: "nautical mile", factor: "1852"},
	}},
	{"area", []row{
		{code: "MTK", symbol: "m²", name: "square metre", factor: "1"},
		{code: "DMK", symbol: "dm²", name: "square decimetre", factor: "1e-2"},
		{code: "CMK", symbol: "cm²", name: "square centimetre", factor: "1e-4"},
		{code: "MMK", symbol: "mm²", name: "square millimetre", factor: "1e-6"},
		{code: "KMK", symbol: "km²", name: "square kilometre", factor: "1e6"},
		{code: "ARE", symbol: "a", name: "are", factor: "100"},
		{code: "H18", symbol: "hm²", name: "square hectometre", factor: "1e4"},
		{code: "HAR", symbol: "ha", name: "hectare", factor: "1e4"},
		{code: "INK", symbol: "in²", name: "square inch", factor: "0.00064516"},
		{code: "FTK", symbol: "ft²", name: "square foot", factor: "0.09290304"},
		{code: "YDK", symbol: "yd²", name: "square yard", factor: "0.83612736"},
		{code: "ACR", symbol: "acre", name: "acre", factor: "4046.8564224"},
		{code: "MIK", symbol: "mi²", name: "square mile", factor: "2589988.110336"},
	}},
	{"volume", []row{
		{code: "MTQ", symbol: "m³", name: "cubic metre", factor: "1"},
		{code: "DMQ", symbol: "dm³", name: "cubic decimetre", factor: "1e-3"},
		{code: "CMQ", symbol: "cm³", name: "cubic centimetre", factor: "1e-6"},
		{code: "MMQ", symbol: "mm³", name: "cubic millimetre", factor: "1e-9"},
		{code: "LTR", symbol: "l", name: "litre", factor: "1e-3"},
		{code: "HLT", symbol: "hl", name: "hectolitre", factor: "0.1"},
		{code: "DLT", symbol: "dl", name: "decilitre", factor: "1e-4"},
		{code: "CLT", symbol: "cl", name: "centilitre", factor: "1e-5"},
		{code: "MLT", symbol: "ml", name: "millilitre", factor: "1e-6"},
		{code: "K6", symbol: "kl", name: "kilolitre", factor: "1"},
		{code: "MAL", symbol: "Ml", name: "megalitre", factor: "1e3"},
		{code: "R9", symbol: "10³m³", name: "thousand cubic metre", factor: "1e3"},
		{code: "HMQ", symbol: "Mm³", name: "million cubic metre", factor: "1e6"},
		{code: "H20", symbol: "km³", name: "cubic kilometre", factor: "1e9"},
		{code: "FTQ", symbol: "ft³", name: "cubic foot", factor: "0.028316846592"},
		{code: "INQ", symbol: "in³", name: "cubic inch", factor: "0.000016387064"},
		{code: "YDQ", symbol: "yd³", name: "cubic yard", factor: "0.764554857984"},
		{code: "GLL", symbol: "gal (US)", name: "gallon (US)", factor: "0.003785411784"},
		{code: "GLI", symbol: "gal (UK)", name: "gallon (UK)", factor: "0.00454609"},
		{code: "BLL", symbol: "bbl", name: "barrel (US)", factor: "0.158987294928"},
	}},
	{"normalized gas volume", []row{
		{code: "NM3", symbol: "Nm³", name: "normalised cubic metre", factor: "1"},
	}},
	{"standard gas volume", []row{
		{code: "SM3", symbol: "Sm³", name: "standard cubic metre", factor: "1"},
	}},
	{"mass", []row{
		{code: "KGM", symbol: "kg", name: "kilogram", factor: "1"},
		{code: "GRM", symbol: "g", name: "gram", factor: "1e-3"},
		{code: "MGM", symbol: "mg", name: "milligram", factor: "1e-6"},
		{code: "MC", symbol: "µg", name: "microgram", factor: "1e-9"},
		{code: "DTN", symbol: "dt", name: "decitonne", factor: "100"},
		{code: "TNE", symbol: "t", name: "tonne", factor: "1e3"},
		{code: "KTN", symbol: "kt", name: "kilotonne", factor: "1e6"},
		{code: "2U", symbol: "Mg", name: "megagram", factor: "1e3"},
		{code: "LBR", symbol: "lb", name: "pound", factor: "0.45359237"},
		{code: "ONZ", symbol: "oz", name: "ounce", factor: "0.028349523125"},
		{code: "STN", symbol: "ton (US)", name: "short ton", factor: "907.18474"},
		{code: "LTN", symbol: "ton (UK)", name: "long ton", factor: "1016.0469088"},
	}},
	{"temperature", []row{
		{code: "KEL", symbol: "K", name: "kelvin", factor: "1"},
		{code: "CEL", symbol: "°C", name: "degree Celsius", factor: "1", offset: "273.15"},
		{code: "FAH", symbol: "°F", name: "degree Fahrenheit", factor: "5/9", offset: "459.67"},
		{code: "A48", symbol: "°R", name: "degree Rankine", factor: "5/9"},
	}},
	{"pressure", []row{
		{code: "PAL", symbol: "Pa", name: "pascal", factor: "1"},
		{code: "A97", symbol: "hPa", name: "hectopascal", factor: "100"},
		{code: "KPA", symbol: "kPa", name: "kilopascal", factor: "1e3"},
		{code: "MPA", symbol: "MPa", name: "megapascal", factor: "1e6"},
		{code: "C55", symbol: "N/m²", name: "newton per square metre", factor: "1"},
		{code: "BAR", symbol: "bar", name: "bar", factor: "1e5"},
		{code: "MBR", symbol: "mbar", name: "millibar", factor: "100"},
		{code: "ATM", symbol: "atm", name: "standard atmosphere", factor: "101325"},
		{code: "ATT", symbol: "at", name: "technical atmosphere", factor: "98066.5"},
		{code: "UA", symbol: "Torr", name: "torr", factor: "101325/760"},
		{code: "HN", symbol: "mmHg", name: "conventional millimetre of mercury", factor: "133.322387415"},
		{code: "N23", symbol: "mH₂O", name: "conventional metre of water", factor: "9806.65"},
		{code: "PS", symbol: "psi", name: "pound-force per square inch", factor: "6894.757293168"},
	}},
	{"time", []row{
		{code: "SEC", symbol: "s", name: "second", factor: "1"},
		{code: "C26", symbol: "ms", name: "millisecond", factor: "1e-3"},
		{code: "B98", symbol: "µs", name: "microsecond", factor: "1e-6"},
		{code: "C47", symbol: "ns", name: "nanosecond", factor: "1e-9"},
		{code: "MIN", symbol: "min", name: "minute", factor: "60"},
		{code: "HUR", symbol: "h", name: "hour", factor: "3600"},
		{code: "DAY", symbol: "d", name: "day", factor: "86400"},
		{code: "WEE", symbol: "wk", name: "week", factor: "604800"},
		{code: "L95", symbol: "y (365 days)", name: "common year", factor: "31536000"},
	}},
	{"calendar time", []row{
		{code: "MON", symbol: "mo", name: "month", factor: "1"},
		{code: "QAN", symbol: "quarter", name: "quarter of a year", factor: "3"},
		{code: "SAN", symbol: "half year", name: "half year", factor: "6"},
		{code: "ANN", symbol: "y", name: "year", factor: "12"},
	}},
	{"speed", []row{
		{code: "MTS", symbol: "m/s", name: "metre per second", factor: "1"},
		{code: "2M", symbol: "cm/s", name: "centimetre per second", factor: "1e-2"},
		{code: "C16", symbol: "mm/s", name: "millimetre per second", factor: "1e-3"},
		{code: "2X", symbol: "m/min", name: "metre per minute", factor: "1/60"},
		{code: "KMH", symbol: "km/h", name: "kilometre per hour", factor: "5/18"},
		{code: "HM", symbol: "mph", name: "mile per hour", factor: "0.44704"},
		{code: "KNT", symbol: "kn", name: "knot", factor: "1852/3600"},
		{code: "FS", symbol: "ft/s", name: "foot per second", factor: "0.3048"},
		{code: "H67", symbol: "mm/h", name: "millimetre per hour", factor: "1/3600000"},
	}},
	{"acceleration", []row{
		{code: "MSK", symbol: "m/s²", name: "metre per second squared", factor: "1"},
		{code: "A76", symbol: "Gal", name: "gal", factor: "1e-2"},
		{code: "K40", symbol: "gn", name: "standard acceleration of free fall", factor: "9.80665"},
	}},
	{"volume flow", []row{
		{code: "MQS", symbol: "m³/s", name: "cubic metre per second", factor: "1"},
		{code: "MQH", symbol: "m³/h", name: "cubic metre per hour", factor: "1/3600"},
		{code: "G52", symbol: "m³/d", name: "cubic metre per day", factor: "1/86400"},
		{code: "G51", symbol: "l/s", name: "litre per second", factor: "1e-3"},
		{code: "L2", symbol: "l/min", name: "litre per minute", factor: "1/60000"},
		{code: "E32", symbol: "l/h", name: "litre per hour", factor: "1/3600000"},
		{code: "LD", symbol: "l/d", name: "litre per day", factor: "1/86400000"},
		{code: "TQD", symbol: "10³m³/d", name: "thousand cubic metre per day", factor: "10/864"},
	}},
	{"mass flow", []row{
		{code: "KGS", symbol: "kg/s", name: "kilogram per second", factor: "1"},
		{code: "E93", symbol: "kg/h", name: "kilogram per hour", factor: "1/3600"},
		{code: "F30", symbol: "kg/d", name: "kilogram per day", factor: "1/86400"},
		{code: "F29", symbol: "g/s", name: "gram per second", factor: "1e-3"},
		{code: "F27", symbol: "g/h", name: "gram per hour", factor: "1/3600000"},
		{code: "E18", symbol: "t/h", name: "tonne per hour", factor: "10/36"},
		{code: "L71", symbol: "t/d", name: "tonne per day", factor: "10/864"},
	}},
	{"mass concentration", []row{
		{code: "KMQ", symbol: "kg/m³", name: "kilogram per cubic metre", factor: "1"},
		{code: "A93", symbol: "g/m³", name: "gram per cubic metre", factor: "1e-3"},
		{code: "GP", symbol: "mg/m³", name: "milligram per cubic metre", factor: "1e-6"},
		{code: "GQ", symbol: "µg/m³", name: "microgram per cubic metre", factor: "1e-9"},
		{code: "GL", symbol: "g/l", name: "gram per litre", factor: "1"},
		{code: "M1", symbol: "mg/l", name: "milligram per litre", factor: "1e-3"},
		{code: "H29", symbol: "µg/l", name: "microgram per litre", factor: "1e-6"},
		{code: "B35", symbol: "kg/l", name: "kilogram per litre", factor: "1e3"},
		{code: "23", symbol: "g/cm³", name: "gram per cubic centimetre", factor: "1e3"},
		{code: "D41", symbol: "t/m³", name: "tonne per cubic metre", factor: "1e3"},
	}},
	{"surface density", []row{
		{code: "28", symbol: "kg/m²", name: "kilogram per square metre", factor: "1"},
		{code: "GM", symbol: "g/m²", name: "gram per square metre", factor: "1e-3"},
		{code: "GO", symbol: "mg/m²", name: "milligram per square metre", factor: "1e-6"},
	}},
	{"ratio", []row{
		{code: "C62", symbol: "1", name: "one", factor: "1"},
		{code: "P1", symbol: "%", name: "percent", factor: "1e-2"},
		{code: "NX", symbol: "‰", name: "part per thousand", factor: "1e-3"},
		{code: "59", symbol: "ppm", name: "part per million", factor: "1e-6"},
		{code: "61", symbol: "ppb", name: "part per billion", factor: "1e-9"},
		{code: "PR", symbol: "pair", name: "pair", factor: "2"},
		{code: "DZN", symbol: "doz", name: "dozen", factor: "12"},
		{code: "CEN", symbol: "hundred", name: "hundred", factor: "100"},
		{code: "MIL", symbol: "thousand", name: "thousand", factor: "1e3"},
		{code: "MIO", symbol: "million", name: "million", factor: "1e6"},
	}},
	{"pieces", []row{
		{code: "H87", symbol: "pc", name: "piece", factor: "1"},
		{code: "EA", symbol: "each", name: "each", factor: "1"},
		{code: "T3", symbol: "thousand pieces", name: "thousand piece", factor: "1e3"},
	}},
	{"persons", []row{
		{code: "IE", symbol: "person", name: "person", factor: "1"},
	}},
	{"trips", []row{
		{code: "E54", symbol: "trip", name: "trip", factor: "1"},
	}},
	{"transport work", []row{
		{code: "TKM", symbol: "t·km", name: "tonne kilometre", factor: "1"},
	}},
	{"level", []row{
		{code: "2N", symbol: "dB", name: "decibel", factor: "1"},
	}},
	{"acidity", []row{
		{code: "Q30", symbol: "pH", name: "pH", factor: "1"},
	}},
	{"turbidity", []row{
		{code: "NTU", symbol: "NTU", name: "nephelometric turbidity unit", factor: "1"},
	}},
	{"formazin turbidity", []row{
		{code: "FNU", symbol: "FNU", name: "formazin nephelometric unit", factor: "1"},
	}},
	{"electric potential", []row{
		{code: "VLT", symbol: "V", name: "volt", factor: "1"},
		{code: "2Z", symbol: "mV", name: "millivolt", factor: "1e-3"},
		{code: "KVT", symbol: "kV", name: "kilovolt", factor: "1e3"},
	}},
	{"electric current", []row{
		{code: "AMP", symbol: "A", name: "ampere", factor: "1"},
		{code: "4K", symbol: "mA", name: "milliampere", factor: "1e-3"},
		{code: "B22", symbol: "kA", name: "kiloampere", factor: "1e3"},
	}},
	{"electric charge", []row{
		{code: "COU", symbol: "C", name: "coulomb", factor: "1"},
		{code: "AMH", symbol: "Ah", name: "ampere hour", factor: "3600"},
		{code: "E09", symbol: "mAh", name: "milliampere hour", factor: "3.6"},
	}},
	{"electric resistance", []row{
		{code: "OHM", symbol: "Ω", name: "ohm", factor: "1"},
		{code: "B49", symbol: "kΩ", name: "kiloohm", factor: "1e3"},
		{code: "B75", symbol: "MΩ", name: "megaohm", factor: "1e6"},
	}},
	{"capacitance", []row{
		{code: "FAR", symbol: "F", name: "farad", factor: "1"},
		{code: "4O", symbol: "µF", name: "microfarad", factor: "1e-6"},
	}},
	{"electric conductance", []row{
		{code: "SIE", symbol: "S", name: "siemens", factor: "1"},
	}},
	{"electric conductivity", []row{
		{code: "D10", symbol: "S/m", name: "siemens per metre", factor: "1"},
		{code: "H61", symbol: "mS/cm", name: "millisiemens per centimetre", factor: "0.1"},
		{code: "G42", symbol: "µS/cm", name: "microsiemens per centimetre", factor: "1e-4"},
	}},
	{"electric field", []row{
		{code: "D50", symbol: "V/m", name: "volt per metre", factor: "1"},
	}},
	{"magnetic flux density", []row{
		{code: "D33", symbol: "T", name: "tesla", factor: "1"},
		{code: "D81", symbol: "µT", name: "microtesla", factor: "1e-6"},
	}},
	{"frequency", []row{
		{code: "HTZ", symbol: "Hz", name: "hertz", factor: "1"},
		{code: "KHZ", symbol: "kHz", name: "kilohertz", factor: "1e3"},
		{code: "MHZ", symbol: "MHz", name: "megahertz", factor: "1e6"},
		{code: "A86", symbol: "GHz", name: "gigahertz", factor: "1e9"},
	}},
	{"rotation", []row{
		{code: "RPS", symbol: "r/s", name: "revolutions per second", factor: "1"},
		{code: "RPM", symbol: "r/min", name: "revolutions per minute", factor: "1/60"},
	}},
	{"illuminance", []row{
		{code: "LUX", symbol: "lx", name: "lux", factor: "1"},
		{code: "KLX", symbol: "klx", name: "kilolux", factor: "1e3"},
	}},
	{"luminous flux", []row{
		{code: "LUM", symbol: "lm", name: "lumen", factor: "1"},
	}},
	{"luminous intensity", []row{
		{code: "CDL", symbol: "cd", name: "candela", factor: "1"},
	}},
	{"luminance", []row{
		{code: "A24", symbol: "cd/m²", name: "candela per square metre", factor: "1"},
	}},
	{"luminous efficacy", []row{
		{code: "B61", symbol: "lm/W", name: "lumen per watt", factor: "1"},
	}},
	{"angle", []row{
		{code: "DD", symbol: "°", name: "degree", factor: "1"},
		{code: "D61", symbol: "′", name: "minute of angle", factor: "1/60"},
		{code: "D62", symbol: "″", name: "second of angle", factor: "1/3600"},
		{code: "A91", symbol: "gon", name: "gon", factor: "0.9"},
		{code: "C81", symbol: "rad", name: "radian", factor: "180/3.14159265358979323846264338328"},
		{code: "M44", symbol: "rev", name: "revolution", factor: "360"},
	}},
	{"force", []row{
		{code: "NEW", symbol: "N", name: "newton", factor: "1"},
		{code: "B47", symbol: "kN", name: "kilonewton", factor: "1e3"},
	}},
	{"torque", []row{
		{code: "NU", symbol: "N·m", name: "newton metre", factor: "1"},
		{code: "B48", symbol: "kN·m", name: "kilonewton metre", factor: "1e3"},
	}},
	{"amount of substance", []row{
		{code: "C34", symbol: "mol", name: "mole", factor: "1"},
		{code: "C18", symbol: "mmol", name: "millimole", factor: "1e-3"},
		{code: "FH", symbol: "µmol", name: "micromole", factor: "1e-6"},
		{code: "B45", symbol: "kmol", name: "kilomole", factor: "1e3"},
	}},
	{"amount concentration", []row{
		{code: "C36", symbol: "mol/m³", name: "mole per cubic metre", factor: "1"},
		{code: "C38", symbol: "mol/l", name: "mole per litre", factor: "1e3"},
		{code: "M33", symbol: "mmol/l", name: "millimole per litre", factor: "1"},
	}},
	{"radioactivity", []row{
		{code: "BQL", symbol: "Bq", name: "becquerel", factor: "1"},
		{code: "2Q", symbol: "kBq", name: "kilobecquerel", factor: "1e3"},
	}},
	{"radioactive concentration", []row{
		{code: "A19", symbol: "Bq/m³", name: "becquerel per cubic metre", factor: "1"},
	}},
	{"dose equivalent", []row{
		{code: "D13", symbol: "Sv", name: "sievert", factor: "1"},
		{code: "C28", symbol: "mSv", name: "millisievert", factor: "1e-3"},
	}},
	{"dose rate", []row{
		{code: "P70", symbol: "Sv/h", name: "sievert per hour", factor: "1"},
		{code: "P71", symbol: "mSv/h", name: "millisievert per hour", factor: "1e-3"},
		{code: "P72", symbol: "µSv/h", name: "microsievert per hour", factor: "1e-6"},
		{code: "P73", symbol: "nSv/h", name: "nanosievert per hour", factor: "1e-9"},
	}},
	{"data", []row{
		{code: "A99", symbol: "bit", name: "bit", factor: "1"},
		{code: "AD", symbol: "byte", name: "byte", factor: "8"},
		{code: "2P", symbol: "kbyte", name: "kilobyte", factor: "8e3"},
		{code: "4L", symbol: "Mbyte", name: "megabyte", factor: "8e6"},
		{code: "E34", symbol: "Gbyte", name: "gigabyte", factor: "8e9"},
		{code: "E35", symbol: "Tbyte", name: "terabyte", factor: "8e12"},
	}},
	{"data rate", []row{
		{code: "B10", symbol: "bit/s", name: "bit per second", factor: "1"},
		{code: "C74", symbol: "kbit/s", name: "kilobit per second", factor: "1e3"},
		{code: "E20", symbol: "Mbit/s", name: "megabit per second", factor: "1e6"},
		{code: "B80", symbol: "Gbit/s", name: "gigabit per second", factor: "1e9"},
	}},
}

// aliases holds other spellings of symbols.
var aliases = map[string]string{
	"W·h": "WHR", "kW·h": "KWH", "MW·h": "MWH", "GW·h": "GWH", "TW·h": "D32", "KWh": "KWH", "kwh": "KWH", "Mwh": "MWH",
	"kW.h": "KWH", "L": "LTR", "litres": "LTR", "liter": "LTR", "mL": "MLT", "hL": "HLT", "L/s": "G51", "L/min": "L2", "L/h": "E32",
	"mg/L": "M1", "µg/L": "H29", "g/L": "GL", "mmol/L": "M33", "metres": "MTR", "meter": "MTR", "meters": "MTR",
	"kilometer": "KMT", "sqm": "MTK", "cbm": "MTQ", "ug/m³": "GQ", "ug/m3": "GQ", "mcg/m3": "GQ", "degC": "CEL", "celsius": "CEL",
	"degF": "FAH", "deg": "DD", "°": "DD", "degré": "DD", "degrés": "DD", "pct": "P1", "percent": "P1", "Pct.": "P1", "hours": "HUR", "heures": "HUR",
	"heure": "HUR", "hr": "HUR", "jour": "DAY", "jours": "DAY", "days": "DAY", "mois": "MON", "an": "ANN", "ans": "ANN", "sec": "SEC",
	"mn": "MIN", "minutes": "MIN", "kmh": "KMH", "km/hr": "KMH", "kph": "KMH", "mi/h": "HM", "Nm3": "NM3", "Sm3": "SM3",
	"µS/cm": "G42", "uS/cm": "G42", "dB(A)": "2N", "dBA": "2N", "lux": "LUX", "ohm": "OHM", "ppmv": "59", "tonnes": "TNE",
	"rpm": "RPM", "tr/min": "RPM", "km3": "H20", "hm3": "HMQ", "hm³": "HMQ", "inch": "INH", "feet": "FOT",
	"m³/j": "G52", "m3/j": "G52", "m³/day": "G52", "hab": "IE", "personnes": "IE", "persons": "IE", "unité": "C62", "nbr": "C62",
	"°Cd": "E10", "DJU": "E10",
}

// misread holds what people write instead of a code.
var misread = map[string]string{
	"KW": "KWT", "MW": "MAW", "GW": "A90", "W": "WTT", "WATT": "WTT", "WH": "WHR", "M2": "MTK", "M3": "MTQ", "KM2": "KMK",
	"HA": "HAR", "KG": "KGM", "C": "CEL", "PERCENT": "P1", "PCT": "P1", "KM": "KMT", "CM": "CMT", "MM": "MMT", "HPA": "A97",
	"DEG": "DD", "LUXES": "LUX", "HZ": "HTZ", "DB": "2N", "PPM": "59", "PPB": "61", "MTR2": "MTK", "MTR3": "MTQ", "EURO": "EUR", "EUROS": "EUR",
}
