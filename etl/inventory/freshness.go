package inventory

import (
	"time"

	"github.com/ldtkit/ldt/ngsild/finding"
)

// intervals are the hours between two updates, by the code of the EU authority
// table of frequencies; 0 where the code states none.
var intervals = map[string]float64{
	"1MIN": 1. / 60, "5MIN": 5. / 60, "10MIN": 10. / 60, "15MIN": 15. / 60, "30MIN": 30. / 60,
	"CONT": 24, "UPDATE_CONT": 24, "HOURLY": 1, "BIHOURLY": 2, "TRIHOURLY": 3, "12HRS": 12,
	"DAILY_2": 12, "DAILY": day, "WEEKLY_3": 3 * day, "WEEKLY_2": 4 * day, "WEEKLY": 7 * day, "BIWEEKLY": 14 * day,
	"MONTHLY_3": 11 * day, "MONTHLY_2": 16 * day, "MONTHLY": 31 * day, "BIMONTHLY": 62 * day, "QUARTERLY": 92 * day,
	"ANNUAL_3": 123 * day, "ANNUAL_2": 184 * day, "ANNUAL": year, "BIENNIAL": 2 * year, "TRIENNIAL": 3 * year,
	"QUADRENNIAL": 4 * year, "QUINQUENNIAL": 5 * year, "DECENNIAL": 10 * year, "BIDECENNIAL": 20 * year, "TRIDECENNIAL": 30 * year,
	"AS_NEEDED": 0, "IRREG": 0, "NOT_PLANNED": 0, "NEVER": 0, "OTHER": 0, "UNKNOWN": 0, "OP_DATPRO": 0,
}

const day, year = 24., 366 * 24.

// checkDates finds days that are yet to come, and datasets that have not changed
// for longer than their frequency says. A dataset may be half an interval late,
// and at least a day, since only the day is known.
func (inv *Inventory) checkDates(now time.Time) []finding.Finding {
	var list []finding.Finding
	future := func(at finding.Location, text string) (time.Time, bool) {
		t, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return t, false // said by the schema
		}
		if t.After(now.Add(day * time.Hour)) {
			list = append(list, finding.New(finding.InventoryDate, at, "%s is yet to come", text).WithHint("correct the day"))
			return t, false
		}
		return t, true
	}
	future(inv.Project.At("updated"), inv.Project.Updated)
	for i := range inv.Lifecycle {
		future(inv.Lifecycle[i].At("date"), inv.Lifecycle[i].Date)
	}
	for i := range inv.Sources {
		s := &inv.Sources[i]
		changed, ok := future(s.At("modified"), s.Modified)
		interval := intervals[s.Frequency]
		if !ok || interval == 0 {
			continue
		}
		due := changed.Add(time.Duration((interval + max(interval/2, 2*day)) * float64Hour))
		if now.After(due) {
			frequency := vocabularies["frequency"].Label(s.Frequency, "en")
			list = append(list, finding.New(finding.InventoryStale, s.At("modified"), "%s last changed on %s, %d days ago, but its frequency is %s",
				s.ID, s.Modified, int(now.Sub(changed).Hours()/day), frequency).
				WithHint("get the new data, or correct the day or the frequency"))
		}
	}
	return list
}

const float64Hour = float64(time.Hour)
