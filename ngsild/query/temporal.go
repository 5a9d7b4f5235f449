package query

import (
	"time"

	"github.com/ldtkit/ldt/ngsild"
)

// TemporalParams are the parameters of a temporal query as they stand in a
// request.
type TemporalParams struct {
	// Timerel is before, after or between.
	Timerel string
	// TimeAt and EndTimeAt are DateTimes; the second belongs to between only.
	TimeAt, EndTimeAt string
	// Timeproperty is observedAt, createdAt, modifiedAt or deletedAt; empty is
	// observedAt.
	Timeproperty string
}

// Temporal is a parsed temporal query (clause 4.11).
type Temporal struct {
	timerel  string
	at, end  time.Time
	property string
}

// ParseTemporal reads a temporal query. The error is an *Error.
func ParseTemporal(p TemporalParams) (*Temporal, error) {
	t := &Temporal{timerel: p.Timerel, property: p.Timeproperty}
	switch t.property {
	case "":
		t.property = ngsild.MemberObservedAt
	case ngsild.MemberObservedAt, ngsild.MemberCreatedAt, ngsild.MemberModifiedAt, ngsild.MemberDeletedAt:
	default:
		return nil, fault("timeproperty", p.Timeproperty, -1, "%q is no time of an attribute", p.Timeproperty).
			hinted("use observedAt, createdAt, modifiedAt or deletedAt")
	}
	switch p.Timerel {
	case "before", "after", "between":
	case "":
		return nil, fault("timerel", "", -1, "the relation is missing").hinted("use before, after or between")
	default:
		return nil, fault("timerel", p.Timerel, -1, "%q is no relation of time", p.Timerel).hinted("use before, after or between")
	}
	var err *Error
	if t.at, err = readTime("timeAt", p.TimeAt); err != nil {
		return nil, err
	}
	switch {
	case p.Timerel != "between" && p.EndTimeAt != "":
		return nil, fault("endTimeAt", p.EndTimeAt, -1, "only between has an end").hinted("remove it, or use timerel=between")
	case p.Timerel != "between":
		return t, nil
	}
	if t.end, err = readTime("endTimeAt", p.EndTimeAt); err != nil {
		return nil, err
	}
	if t.end.Before(t.at) {
		return nil, fault("endTimeAt", p.EndTimeAt, -1, "the end lies before the beginning %s", p.TimeAt).hinted("exchange timeAt and endTimeAt")
	}
	return t, nil
}

func readTime(param, text string) (time.Time, *Error) {
	const hint = "write a DateTime in UTC, such as 2018-12-07T12:00:00Z"
	if text == "" {
		return time.Time{}, fault(param, "", -1, "the time is missing").hinted(hint)
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, fault(param, text, -1, "%q is no DateTime", text).hinted(hint)
	}
	return t, nil
}

// Match says whether an attribute instance lies in the period; between
// includes its beginning and leaves out its end. One without the time that the
// query is about does not match.
func (t *Temporal) Match(a *ngsild.Attribute) bool {
	when, err := time.Parse(time.RFC3339Nano, attributeMember(a, t.property))
	if err != nil {
		return false
	}
	switch t.timerel {
	case "before":
		return when.Before(t.at)
	case "after":
		return when.After(t.at)
	}
	return !when.Before(t.at) && when.Before(t.end)
}
