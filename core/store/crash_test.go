package store_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store"
)

// childVariable makes this test binary a process that writes until it is killed.
const childVariable = "POSTERN_STORE_TEST_WRITES_TO"

func TestMain(m *testing.M) {
	if path := os.Getenv(childVariable); path != "" {
		writeUntilKilled(path)
	}
	os.Exit(m.Run())
}

// writeUntilKilled issues codes and redeems them, and says on its output what was
// answered.
func writeUntilKilled(path string) {
	s, err := store.Open(context.Background(), store.Options{Path: path})
	if err != nil {
		panic(err)
	}
	users, err := s.Users(context.Background(), core.UserFilter{})
	if err != nil {
		panic(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for {
				grant := exampleGrant(users[0].ID)
				if err := s.Apply(context.Background(), core.IssueCode{Grant: grant}); err != nil {
					panic(err)
				}
				fmt.Println("issued", grant.ID)
				if err := s.Apply(context.Background(), redemption(grant.ID)...); err != nil {
					panic(err)
				}
				fmt.Println("redeemed", grant.ID)
			}
		})
	}
	wg.Wait()
}

// redemption is a list whose changes can all be found again by the grant.
func redemption(grant core.ID) []core.Change {
	return []core.Change{
		core.RedeemCode{GrantID: grant, At: start},
		core.AddAccess{Token: core.AccessToken{ID: "access-" + grant, GrantID: grant, CreatedAt: start, ExpiresAt: start}},
		core.AddRefresh{Token: core.RefreshToken{ID: "refresh-" + grant, GrantID: grant, CreatedAt: start, ExpiresAt: start}},
		core.Record{Event: core.Event{ID: "event-" + grant, At: start, Type: core.EventTokenIssued, GrantID: grant}},
	}
}

// TestKilled kills a writing process again and again: what it had answered is
// there, each list whole or not at all, and a code stays used (item 130 of the
// refusals).
func TestKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "postern.db")
	closedDatabase(t, path)
	for round := range 4 {
		answered := runAndKill(t, path, 150+100*round)
		if len(answered) < 10 {
			t.Fatalf("only %d answers before the kill", len(answered))
		}
		s, err := store.Open(t.Context(), store.Options{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		for grant, redeemed := range answered {
			checkGrant(t, s, grant, redeemed)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// runAndKill gives the grants whose code was answered as issued, and whether its
// redemption was answered.
func runAndKill(t *testing.T, path string, answers int) map[core.ID]bool {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childVariable+"="+path)
	child.Stderr = os.Stderr
	output, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	answered := map[core.ID]bool{}
	lines := bufio.NewScanner(output)
	for n := 0; lines.Scan(); n++ {
		what, grant, whole := strings.Cut(lines.Text(), " ")
		if whole && len(grant) == 36 { // the last line may be cut
			answered[core.ID(grant)] = what == "redeemed"
		}
		if n == answers {
			child.Process.Kill() // and read on what it had written
		}
	}
	child.Wait() // it was killed
	return answered
}

func checkGrant(t *testing.T, s *store.Store, grant core.ID, redeemed bool) {
	t.Helper()
	code, err := s.Code(t.Context(), grant)
	if err != nil {
		t.Errorf("an issued code is lost: %v", err)
		return
	}
	used := !code.Grant.CodeUsedAt.IsZero()
	if redeemed && !used {
		t.Error("a redemption is lost")
	}
	_, access := s.Access(t.Context(), "access-"+grant)
	_, refresh := s.Refresh(t.Context(), "refresh-"+grant)
	if (access == nil) != used || (refresh == nil) != used {
		t.Errorf("half a list: used %v, access token %v, refresh token %v", used, access, refresh)
	}
	if used {
		if err := s.Apply(t.Context(), core.RedeemCode{GrantID: grant, At: start}); !errors.Is(err, core.ErrConflict) {
			t.Errorf("a used code was redeemed again: %v", err)
		}
	}
}

// copyDatabase copies the files as a crash would leave them, the log cut to size.
func copyDatabase(t *testing.T, path string, size int) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy.db")
	for _, suffix := range []string{"", "-wal"} {
		content, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if suffix == "-wal" && size >= 0 {
			content = content[:min(size, len(content))]
		}
		write(t, to+suffix, content)
	}
	return to
}

// TestCopyKeepsRevocation is item 130: a copy taken after a revocation was
// answered, with its log, has it.
func TestCopyKeepsRevocation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "postern.db")
	s := openAt(t, path)
	tokens := populate(t, s, 1)
	access, err := s.Access(t.Context(), tokens[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Apply(t.Context(), core.RevokeGrant{ID: access.Grant.ID, At: start, Reason: "stolen"}); err != nil {
		t.Fatal(err)
	}
	copied := openAt(t, copyDatabase(t, path, -1))
	if access, err := copied.Access(t.Context(), tokens[0]); err != nil || access.Grant.RevokedReason != "stolen" {
		t.Errorf("got %+v, %v", access, err)
	}
}

// A log that was cut anywhere, as by a loss of power, gives what was true at some
// moment: each list whole, and none without those before it.
func TestLogCutAnywhere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "postern.db")
	closedDatabase(t, path) // closing folds the log into the file
	s := openAt(t, path)
	users, err := s.Users(t.Context(), core.UserFilter{})
	if err != nil {
		t.Fatal(err)
	}
	var grants []core.ID
	for i := range 8 {
		grant := exampleGrant(users[0].ID)
		grant.ID = core.NewID(start.Add(time.Duration(i)*time.Millisecond), rand.Reader)
		grants = append(grants, grant.ID)
		if err := s.Apply(t.Context(), core.IssueCode{Grant: grant}); err != nil {
			t.Fatal(err)
		}
		if err := s.Apply(t.Context(), redemption(grant.ID)...); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	reached := map[int]bool{}
	for size := 0; size <= int(info.Size()); size += 9001 {
		cut, err := store.Open(t.Context(), store.Options{Path: copyDatabase(t, path, size)})
		if err != nil {
			t.Fatalf("cut to %d bytes: %v", size, err)
		}
		reached[historyLength(t, cut, grants)] = true
		if err := cut.Close(); err != nil {
			t.Error(err)
		}
	}
	if len(reached) < 8 {
		t.Errorf("only %d different moments", len(reached))
	}
}

// historyLength says how many of the lists are there, and fails if they are not
// the first ones, or not whole.
func historyLength(t *testing.T, s *store.Store, grants []core.ID) (lists int) {
	t.Helper()
	ended := false
	for _, id := range grants {
		code, err := s.Code(t.Context(), id)
		if err != nil {
			ended = true
			continue
		}
		if ended {
			t.Error("a list is there without one before it")
		}
		lists++
		checkGrant(t, s, id, false)
		if code.Grant.CodeUsedAt.IsZero() {
			ended = true
		} else {
			lists++
		}
	}
	return lists
}
