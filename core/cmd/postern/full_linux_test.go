package main_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/postern-id/postern/core"
)

// TestFullDisk takes the room away under a running server: it says so, keeps what
// it had answered, and goes on by itself when there is room again. A limit on the
// size of files stands for the disk.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	data := usedData(t)
	client := createClient(t, data, "loaded")
	s := start(t, "--data", data)
	s.waitReady()
	code, _, err := newBrowser(s).code(client, "alice")
	if err != nil {
		t.Fatal(err)
	}
	last, err := s.redeem(client, code)
	if err != nil {
		t.Fatal(err)
	}
	refreshed := 0
	for range 2 {
		limitFiles(t, s, data)
		last, refreshed = s.refreshUntilFull(t, client, last, refreshed)
		if status, err := s.userInfo(last.Access); err != nil || status != http.StatusOK {
			t.Errorf("the access token that was issued last: status %d, %v", status, err)
		}
		liftLimit(t, s)
		if last, err = s.refresh(client, last.Refresh); err != nil || last.status != http.StatusOK {
			t.Fatalf("with room again: %v, %v", last, err)
		}
		refreshed++
	}
	limitFiles(t, s, data)
	last, refreshed = s.refreshUntilFull(t, client, last, refreshed)
	s.checkLog()
	s.kill()
	s = start(t, "--data", data)
	if n := countEvents(t, data, core.EventTokenRefreshed); n != refreshed {
		t.Errorf("%d refreshes were answered, and %d done", refreshed, n)
	}
	if status, err := s.userInfo(last.Access); err != nil || status != http.StatusOK {
		t.Errorf("the access token that was issued last: status %d, %v", status, err)
	}
	if a, err := s.refresh(client, last.Refresh); err != nil || a.status != http.StatusOK {
		t.Errorf("after a new start: %v, %v", a, err)
	}
	checkDatabase(t, filepath.Join(data, "postern.db"))
}

// TestNoRoomForCache: plugins work without their cache.
func TestNoRoomForCache(t *testing.T) {
	t.Parallel()
	data := usedData(t)
	client := createClient(t, data, "loaded")
	if err := os.RemoveAll(filepath.Join(data, "cache")); err != nil {
		t.Fatal(err)
	}
	// Files may have 4 MB, in units of 512 bytes; compiled plugins need more.
	s := startCommand(t, exec.Command("sh", "-c", `ulimit -f 8000 && exec "$@"`, "sh", binary, "serve", "--listen", "127.0.0.1:0", "--data", data))
	s.waitReady()
	code, _, err := newBrowser(s).code(client, "alice")
	if err != nil {
		t.Fatal(err)
	}
	if a, err := s.redeem(client, code); err != nil || a.status != http.StatusOK {
		t.Errorf("got %v, %v", a, err)
	}
	if !strings.Contains(s.talk(), "plugin cache not used") {
		t.Errorf("nobody was told: %s", s.talk())
	}
	s.checkLog()
}

// refreshUntilFull refreshes until the server refuses for want of room, and gives
// the last tokens.
func (s *server) refreshUntilFull(t *testing.T, client registered, last *answer, refreshed int) (*answer, int) {
	t.Helper()
	for range 10_000 {
		a, err := s.refresh(client, last.Refresh)
		if err != nil {
			t.Fatal(err)
		}
		switch a.status {
		case http.StatusOK:
			last, refreshed = a, refreshed+1
		case http.StatusInternalServerError, http.StatusServiceUnavailable:
			if a.Code != "server_error" && a.Code != "temporarily_unavailable" {
				t.Errorf("without room: %s", a.body)
			}
			return last, refreshed
		default:
			t.Fatalf("without room: status %d: %s", a.status, a.body)
		}
	}
	t.Fatal("the room does not end")
	return nil, 0
}

// limitFiles leaves the database's log a little room to grow.
func limitFiles(t *testing.T, s *server, data string) {
	t.Helper()
	info, err := os.Stat(filepath.Join(data, "postern.db-wal"))
	if err != nil {
		t.Fatal(err)
	}
	setLimit(t, s, uint64(info.Size())+100_000)
}

func liftLimit(t *testing.T, s *server) {
	t.Helper()
	setLimit(t, s, unix.RLIM_INFINITY)
}

func setLimit(t *testing.T, s *server, size uint64) {
	t.Helper()
	var limit unix.Rlimit
	if err := unix.Prlimit(s.cmd.Process.Pid, unix.RLIMIT_FSIZE, nil, &limit); err != nil {
		t.Fatal(err)
	}
	limit.Cur = min(size, limit.Max)
	if err := unix.Prlimit(s.cmd.Process.Pid, unix.RLIMIT_FSIZE, &limit, nil); err != nil {
		t.Fatal(err)
	}
}
