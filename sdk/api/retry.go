package api

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxWait is the longest that a request waits to be sent again.
const maxWait = time.Minute

// again waits until a request that was refused may be sent once more, and reports whether it
// shall be: the server said when (Retry-After of 429 and 503), and twice would be as once.
func (c *Caller) again(ctx context.Context, attempt int, sent *http.Request, answer *http.Response) (bool, error) {
	busy := answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode == http.StatusServiceUnavailable
	wait, said := retryAfter(answer.Header.Get("Retry-After"), time.Now())
	if attempt >= c.Retries || !busy || !said || wait > maxWait || !repeatable(sent) {
		return false, nil
	}
	if c.Wait != nil {
		return true, c.Wait(ctx, wait)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// repeatable reports whether it does no harm to send a request twice (RFC 9110 section
// 9.2.2), or the server sees to that.
func repeatable(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodPut, http.MethodDelete:
		return true
	}
	return r.Method == http.MethodPost && r.Header.Get("Idempotency-Key") != ""
}

// retryAfter reads the header: seconds, or a time (RFC 9110 section 10.2.3).
func retryAfter(text string, now time.Time) (wait time.Duration, said bool) {
	text = strings.TrimSpace(text)
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	return max(at.Sub(now), 0), true
}

// rewind has a body read from its beginning again. Those of this package can be.
func rewind(body io.Reader) error {
	seeker, ok := body.(io.Seeker)
	if !ok {
		return nil // there is none
	}
	_, err := seeker.Seek(0, io.SeekStart)
	return err
}
