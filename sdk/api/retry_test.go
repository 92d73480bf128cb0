package api_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/postern-id/postern/sdk/api"
)

// busy refuses so many requests with a status and a Retry-After.
func busy(t *testing.T, times, status int, after string) (c *api.Caller, seen *[]string, waited *[]time.Duration) {
	t.Helper()
	seen, waited = new([]string), new([]time.Duration)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*seen = append(*seen, r.Method+" "+string(body))
		if len(*seen) <= times {
			if after != "" {
				w.Header().Set("Retry-After", after)
			}
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, `{"type":"/problems/throttled","title":"There are too many requests"}`)
			return
		}
		_, _ = io.WriteString(w, `{"items":[]}`)
	}))
	t.Cleanup(server.Close)
	wait := func(_ context.Context, d time.Duration) error {
		*waited = append(*waited, d)
		return nil
	}
	return &api.Caller{Server: server.URL, Retries: 2, Wait: wait}, seen, waited
}

func TestRetries(t *testing.T) {
	get := func(c *api.Caller) error { _, err := c.ListUsers(t.Context(), api.ListUsersQuery{}); return err }
	post := func(options ...api.Option) func(*api.Caller) error {
		return func(c *api.Caller) error {
			_, err := c.CreateUser(t.Context(), api.NewUser{Name: "anna"}, options...)
			return err
		}
	}
	for name, test := range map[string]struct {
		times, status int
		after         string
		call          func(*api.Caller) error
		sent          int
		refused       bool
	}{
		"throttled":       {1, 429, "3", get, 2, false},
		"busy":            {2, 503, "3", get, 3, false},
		"too often":       {3, 503, "3", get, 3, true},
		"nothing is said": {1, 503, "", get, 1, true},
		"no time":         {1, 503, "soon", get, 1, true},
		"a long time":     {1, 503, "61", get, 1, true},
		"another status":  {1, 500, "3", get, 1, true},
		"not found":       {1, 404, "3", get, 1, true},
		"POST":            {1, 503, "3", post(), 1, true},
		"POST with a key": {1, 503, "3", post(api.Once("k")), 2, false},
		"PATCH": {1, 503, "3", func(c *api.Caller) error {
			_, err := c.UpdateUser(t.Context(), "1", api.Patch(`{}`), api.Once("k"))
			return err
		}, 1, true},
		"DELETE": {1, 503, "3", func(c *api.Caller) error { return c.DeleteUser(t.Context(), "1") }, 2, false},
	} {
		t.Run(name, func(t *testing.T) {
			c, seen, waited := busy(t, test.times, test.status, test.after)
			err := test.call(c)
			if (err != nil) != test.refused || len(*seen) != test.sent || len(*waited) != test.sent-1 {
				t.Errorf("%v, sent %q, waited %v", err, *seen, *waited)
			}
			if _, told := errors.AsType[*api.Problem](err); test.refused && !told {
				t.Errorf("%v", err)
			}
			for _, one := range *seen {
				if one != (*seen)[0] {
					t.Errorf("sent %q", *seen)
				}
			}
			for _, d := range *waited {
				if d != 3*time.Second {
					t.Errorf("waited %v", *waited)
				}
			}
		})
	}
}

func TestRetryAtTime(t *testing.T) {
	c, seen, waited := busy(t, 1, 503, time.Now().Add(20*time.Second).UTC().Format(http.TimeFormat))
	if _, err := c.ListGroups(t.Context(), api.ListGroupsQuery{}); err != nil || len(*seen) != 2 || len(*waited) != 1 || (*waited)[0] > 20*time.Second {
		t.Errorf("%v, sent %q, waited %v", err, *seen, *waited)
	}
}

// Nobody waits who has given up.
func TestRetryCancelled(t *testing.T) {
	c, seen, _ := busy(t, 9, 503, "50")
	c.Wait = nil
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := c.ListGroups(ctx, api.ListGroupsQuery{}); !errors.Is(err, context.Canceled) || len(*seen) != 1 {
		t.Errorf("%v, sent %q", err, *seen)
	}
}
