package remote

import (
	"net/http"
	"strconv"
	"time"
)

const (
	// maxPatience is the longest time that is waited because a server says so.
	maxPatience = 10 * time.Second
	maxTries    = 5
)

// patient waits and sends a request again where the server has too many of them.
type patient struct{ http.RoundTripper }

func (p patient) RoundTrip(request *http.Request) (*http.Response, error) {
	for try := 1; ; try++ {
		answer, err := p.RoundTripper.RoundTrip(request)
		if err != nil || answer.StatusCode != http.StatusTooManyRequests || try == maxTries {
			return answer, err
		}
		wait, err := strconv.Atoi(answer.Header.Get("Retry-After"))
		if again, ok := rewound(request); err == nil && ok && wait >= 0 && time.Duration(wait)*time.Second <= maxPatience {
			answer.Body.Close()
			if request = again; !pause(request, time.Duration(wait)*time.Second) {
				return nil, request.Context().Err()
			}
			continue
		}
		return answer, nil
	}
}

// pause waits, and reports whether somebody still wants the answer.
func pause(request *http.Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-request.Context().Done():
		return false
	}
}

// rewound gives the same request with its body from the start, if that can be had.
func rewound(request *http.Request) (*http.Request, bool) {
	if request.Body == nil || request.Body == http.NoBody {
		return request, true
	}
	if request.GetBody == nil {
		return nil, false
	}
	body, err := request.GetBody()
	if err != nil {
		return nil, false
	}
	again := request.Clone(request.Context())
	again.Body = body
	return again, true
}
