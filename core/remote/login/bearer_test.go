package login_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-id/postern/core/remote/login"
)

// signedIn is the folder of somebody whose access token works for so long.
func signedIn(t *testing.T, s *server, access string, until time.Time) login.Folder {
	t.Helper()
	folder := newFolder(t)
	err := folder.Save(&login.Kept{Server: s.URL, Name: "ada", Tokens: login.Tokens{Access: access, Refresh: refreshToken + "-0", ExpiresAt: until}})
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

func post(ctx context.Context, b *login.Bearer, url string, body io.Reader) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, body)
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := (&http.Client{Transport: b}).Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	if had := request.Header.Get("Authorization"); had != "" {
		return 0, &login.Error{What: "the request of the caller got " + had}
	}
	return answer.StatusCode, nil
}

func TestBearerRenews(t *testing.T) {
	for name, test := range map[string]struct {
		access  string
		until   func(now time.Time) time.Time
		renewed bool
	}{
		"good":             {accessToken + "-1", func(now time.Time) time.Time { return now.Add(2 * time.Minute) }, false},
		"nobody knows":     {accessToken + "-1", func(time.Time) time.Time { return time.Time{} }, false},
		"about to end":     {accessToken + "-0", func(now time.Time) time.Time { return now.Add(time.Minute) }, true},
		"ended":            {accessToken + "-0", func(now time.Time) time.Time { return now.Add(-time.Hour) }, true},
		"revoked meantime": {accessToken + "-0", func(now time.Time) time.Time { return now.Add(time.Hour) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, granted(1))
			c := newClock()
			folder := signedIn(t, s, test.access, test.until(c.now))
			b, err := c.client().SignedIn(s.URL, folder)
			if err != nil {
				t.Fatal(err)
			}
			if status, err := post(t.Context(), b, s.URL+"/api/x", strings.NewReader("a=b")); err != nil || status != http.StatusOK {
				t.Fatalf("status %d, %v", status, err)
			}
			forms := s.sent()
			if forms[len(forms)-1] != "a=b" {
				t.Errorf("the body came as %v", forms)
			}
			kept, err := folder.Load(s.URL)
			if err != nil || kept.Access != accessToken+"-1" || kept.Name != "ada" {
				t.Errorf("kept %+v, %v", kept, err)
			}
			if renewed := len(forms) == 2; renewed != test.renewed {
				t.Errorf("sent %v", forms)
			}
		})
	}
}

// Two commands at once do not renew twice, and neither of them fails.
func TestBearerTogether(t *testing.T) {
	s := newServer(t, granted(1))
	c := newClock()
	b, err := c.client().SignedIn(s.URL, signedIn(t, s, accessToken+"-0", c.now))
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if status, err := post(t.Context(), b, s.URL+"/api/x", nil); err != nil || status != http.StatusOK {
				t.Errorf("status %d, %v", status, err)
			}
		})
	}
	group.Wait()
	renewals := 0
	for _, form := range s.sent() {
		if strings.Contains(form, "grant_type=refresh_token") {
			renewals++
		}
	}
	if renewals != 1 {
		t.Errorf("renewed %d times", renewals)
	}
}

// What another command renewed is used.
func TestBearerReadsAgain(t *testing.T) {
	s := newServer(t, refusedWith("invalid_grant"))
	c := newClock()
	folder := signedIn(t, s, accessToken+"-0", c.now)
	b, err := c.client().SignedIn(s.URL, folder)
	if err != nil {
		t.Fatal(err)
	}
	if err := folder.Save(&login.Kept{Server: s.URL, Tokens: login.Tokens{Access: accessToken + "-1", ExpiresAt: c.now.Add(time.Hour)}}); err != nil {
		t.Fatal(err)
	}
	if status, err := post(t.Context(), b, s.URL+"/api/x", nil); err != nil || status != http.StatusOK {
		t.Errorf("status %d, %v", status, err)
	}
}

func TestBearerOver(t *testing.T) {
	s := newServer(t, refusedWith("invalid_grant"))
	c := newClock()
	b, err := c.client().SignedIn(s.URL, signedIn(t, s, accessToken+"-0", c.now))
	if err != nil {
		t.Fatal(err)
	}
	_, err = post(t.Context(), b, s.URL+"/api/x", nil)
	wantError(t, login.Reach(s.URL, err), "not signed in at "+s.URL, "run 'postern login "+s.URL+"'")
	if _, err := c.client().SignedIn(s.URL, newFolder(t)); err == nil {
		t.Error("signed in without a file")
	}
}

func TestBearerToken(t *testing.T) {
	s := newServer(t, granted(1))
	b := new(login.Client).WithToken(s.URL, "api_no")
	if status, err := post(t.Context(), b, s.URL+"/api/x", nil); err != nil || status != http.StatusUnauthorized {
		t.Errorf("status %d, %v", status, err)
	}
	if forms := s.sent(); len(forms) != 0 {
		t.Errorf("an API token was renewed: %v", forms)
	}
	b = new(login.Client).WithToken(s.URL, accessToken+"-1")
	if status, err := post(t.Context(), b, s.URL+"/api/x", nil); err != nil || status != http.StatusOK {
		t.Errorf("status %d, %v", status, err)
	}
}

// A token goes nowhere but to its server.
func TestBearerElsewhere(t *testing.T) {
	s, other := newServer(t, granted(1)), newServer(t, granted(1))
	b := new(login.Client).WithToken(s.URL, accessToken+"-1")
	if _, err := post(t.Context(), b, other.URL+"/api/x", strings.NewReader("a")); err == nil {
		t.Error("the token went to another server")
	}
	if forms := other.sent(); len(forms) != 0 {
		t.Errorf("it got %v", forms)
	}
}
