package access

import (
	"errors"
	"slices"
	"strings"

	"github.com/postern-id/postern/sdk/hook"
)

// moment is a point in time, in seconds since 1970 in UTC.
type moment int64

const (
	minute = 60
	day    = 24 * 60 // minutes
)

// parseMoment reads a time of a message: RFC 3339 in UTC with whole seconds. Package
// time would add more to the module than all of this plugin.
func parseMoment(text string) (m moment, ok bool) {
	if len(text) != len("2006-01-02T15:04:05Z") {
		return 0, false
	}
	for _, mark := range [...]struct {
		at int
		is byte
	}{{4, '-'}, {7, '-'}, {10, 'T'}, {13, ':'}, {16, ':'}, {19, 'Z'}} {
		if text[mark.at] != mark.is {
			return 0, false
		}
	}
	var parts [6]int
	for i, from := range [...]int{0, 5, 8, 11, 14, 17} {
		to := from + 2
		if i == 0 {
			to = 4
		}
		if parts[i], ok = parseNumber(text[from:to], 10, 4); !ok {
			return 0, false
		}
	}
	year, month, date := parts[0], parts[1], parts[2]
	if month < 1 || month > 12 || date < 1 || date > daysIn(year, month) || parts[3] > 23 || parts[4] > 59 || parts[5] > 59 {
		return 0, false
	}
	minutes := int64(daysUntil(year, month)+date-1)*day + int64(parts[3]*60+parts[4])
	return moment(minutes*minute + int64(parts[5])), true
}

func leap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if leap(year) {
			return 29
		}
		return 28
	}
	return 31
}

// daysUntil gives the days from 1970-01-01 to the first of the month.
func daysUntil(year, month int) int {
	before := year - 1 // years that are over, of the Gregorian calendar
	days := before*365 + before/4 - before/100 + before/400 - 719162
	if year == 0 {
		days = -719528
	}
	for m := 1; m < month; m++ {
		days += daysIn(year, m)
	}
	return days
}

// age is how old the sign-in is.
type age struct {
	seconds int64
	known   truth
}

func ageOf(in *hook.ScopeInput) age {
	now, timed := parseMoment(in.Time)
	then, signedIn := parseMoment(in.Authentication.Time)
	if !timed || !signedIn {
		return age{known: unknown}
	}
	return age{max(int64(now-then), 0), yes}
}

func (a age) atLeast(seconds int64) truth {
	if a.known != yes {
		return a.known
	}
	return is(a.seconds >= seconds)
}

// timeIn says whether it is within a part of the week. A part that goes past midnight
// belongs to the day that it begins on; one that ends when it begins is a whole day.
func timeIn(v hook.Value, f *facts) (truth, error) {
	o := v.Object()
	offset, ok := readOffset(o, f.offset)
	if !ok {
		return no, errors.New(".utc_offset is none")
	}
	from, okFrom := readClock(o, "from")
	to, okTo := readClock(o, "to")
	if !okFrom || !okTo {
		return no, errors.New(" has a time of day that is none")
	}
	days, some := o.Get("days")
	if !f.timed {
		return unknown, nil
	}
	minutes := floor(int64(f.moment), minute) + int64(offset)
	today, at := floor(minutes, day), int(minutes-floor(minutes, day)*day)
	on := func(number int64) bool { return !some || slices.Contains(days.Strings(), weekday(number)) }
	if from < to {
		return is(at >= from && at < to && on(today)), nil
	}
	return is(at >= from && on(today) || at < to && on(today-1)), nil
}

// floor divides, rounding down also what is below zero.
func floor(n, by int64) int64 {
	if n < 0 {
		return (n - by + 1) / by
	}
	return n / by
}

// weekday names the day of a number; 1970-01-01 is 0.
func weekday(number int64) string {
	names := [...]string{"thu", "fri", "sat", "sun", "mon", "tue", "wed"}
	return names[number-floor(number, 7)*7]
}

// readClock reads a time of day as minutes since midnight, which it is if there is
// none.
func readClock(o hook.Object, name string) (minutes int, ok bool) {
	v, given := o.Get(name)
	if !given {
		return 0, true
	}
	return parseClock(v.Text())
}

func parseClock(text string) (minutes int, ok bool) {
	hour, rest, _ := strings.Cut(text, ":")
	h, okHour := parseNumber(hour, 10, 2)
	m, okMinute := parseNumber(rest, 10, 2)
	return h*60 + m, okHour && okMinute && len(text) == len("00:00") && h < 24 && m < 60
}

// readOffset reads how many minutes a clock is ahead of UTC.
func readOffset(o hook.Object, otherwise int) (minutes int, ok bool) {
	v, given := o.Get("utc_offset")
	if !given {
		return otherwise, true
	}
	text, behind := strings.CutPrefix(v.Text(), "-")
	if !behind {
		if text, ok = strings.CutPrefix(text, "+"); !ok {
			return 0, false
		}
	}
	if minutes, ok = parseClock(text); behind {
		minutes = -minutes
	}
	return minutes, ok && minutes <= 14*60+59 && minutes >= -14*60-59
}
