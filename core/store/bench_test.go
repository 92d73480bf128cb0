package store_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store"
	"github.com/postern-id/postern/core/store/sqlite"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func openAt(t testing.TB, path string) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// populate makes users in three groups, a client, and a grant with an access
// token for each user, whose identifiers it returns.
func populate(t testing.TB, s *store.Store, users int) (tokens []core.ID) {
	t.Helper()
	changes := []core.Change{core.CreateClient{Client: core.Client{ID: "client", Org: core.DefaultOrganisation, Name: "Confluence", AuthMethods: []string{core.AuthBasic}}}}
	groups := []core.ID{newID(), newID(), newID()}
	for i, id := range groups {
		changes = append(changes, core.CreateGroup{Group: core.Group{ID: id, Org: core.DefaultOrganisation, Name: fmt.Sprintf("group-%d", i), CreatedAt: start}})
	}
	for i := range users {
		user := core.User{
			ID: newID(), Org: core.DefaultOrganisation, Name: fmt.Sprintf("user%d", i), Email: fmt.Sprintf("user%d@example.org", i), EmailVerified: true,
			PasswordHash: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g",
			Profile:      core.Profile{DisplayName: "User Example", GivenName: "User", FamilyName: "Example", Locale: "en"},
			Attributes:   map[string]string{"department": "Engineering"}, CreatedAt: start, UpdatedAt: start,
		}
		grant, token := exampleGrant(user.ID), core.AccessToken{ID: newID(), Scopes: []string{"openid", "profile"}, CreatedAt: start, ExpiresAt: start.Add(time.Hour)}
		token.GrantID = grant.ID
		tokens = append(tokens, token.ID)
		changes = append(changes, core.CreateUser{User: user}, core.IssueCode{Grant: grant}, core.AddAccess{Token: token})
		for _, group := range groups {
			changes = append(changes, core.AddMember{GroupID: group, UserID: user.ID})
		}
	}
	if err := s.Apply(context.Background(), changes...); err != nil {
		t.Fatal(err)
	}
	return tokens
}

func newID() core.ID { return core.NewID(time.Now(), rand.Reader) }

func exampleGrant(user core.ID) core.Grant {
	return core.Grant{
		ID: newID(), ClientID: "client", UserID: user, SessionID: newID(), Scopes: []string{"openid", "profile", "email"}, Nonce: "0123456789abcdef",
		AuthTime: start, AMR: []string{"pwd"}, ACR: "1", CodeExpiresAt: start.Add(time.Minute), RedirectURI: "https://wiki.example.org/plugins/servlet/oauth/callback",
		RedirectURIGiven: true, CreatedAt: start, ExpiresAt: start.Add(24 * time.Hour),
	}
}

const bareRead = `SELECT hash, grant_id, scopes, expires_at FROM access_tokens WHERE id = $1`

// BenchmarkAccess measures the read of a bearer token with grant, user, groups,
// client and organisation, beside a prepared read of one row by its key, with
// database/sql and with our own connection.
func BenchmarkAccess(b *testing.B) {
	path := filepath.Join(b.TempDir(), "postern.db")
	s := openAt(b, path)
	tokens := populate(b, s, 2000)

	parallel := func(name string, read func(id core.ID) error) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var next atomic.Int64
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := read(tokens[int(next.Add(1)*7919)%len(tokens)]); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}

	db, err := sql.Open("sqlite", path+"?_pragma=query_only(1)")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	db.SetMaxIdleConns(4)
	db.SetMaxOpenConns(4)
	statement, err := db.Prepare(bareRead)
	if err != nil {
		b.Fatal(err)
	}
	parallel("bare-database-sql", func(id core.ID) error {
		var hash []byte
		var grant, scopes string
		var expires int64
		return statement.QueryRow(string(id)).Scan(&hash, &grant, &scopes, &expires)
	})

	conns := make(chan *sqlite.Conn, 4)
	for range cap(conns) {
		c, err := sqlite.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close()
		conns <- c
	}
	parallel("bare-connection", func(id core.ID) error {
		c := <-conns
		defer func() { conns <- c }()
		_, err := c.QueryRow(bareRead, func(r *sqlite.Row) error {
			_, _, _, _ = r.Blob(), r.Text(), r.Text(), r.Int()
			return nil
		}, string(id))
		return err
	})

	ctx, cancel := context.WithCancel(context.Background()) // as a request's
	defer cancel()
	parallel("store", func(id core.ID) error {
		_, err := s.Access(ctx, id)
		return err
	})
}

// BenchmarkApply measures what the token endpoint writes (a code redeemed, an
// access token, an audit event) from 32 callers at once, beside a bare group
// commit: one inserted row for each caller, all rows that wait in one durable
// transaction.
func BenchmarkApply(b *testing.B) {
	const callers = 32
	run := func(b *testing.B, prepare func(i int) func() error) {
		work := make([]func() error, b.N)
		for i := range work {
			work[i] = prepare(i)
		}
		b.ResetTimer()
		var next atomic.Int64
		var wg sync.WaitGroup
		for range callers {
			wg.Go(func() {
				for {
					i := int(next.Add(1)) - 1
					if i >= b.N {
						return
					}
					if err := work[i](); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
	}

	b.Run("bare", func(b *testing.B) {
		group := startBareGroup(b)
		run(b, func(int) func() error {
			id := string(newID())
			return func() error { return group.insert(id) }
		})
	})
	for _, test := range []struct {
		name    string
		changes func(grant core.ID) []core.Change
	}{
		{"one-event", func(core.ID) []core.Change {
			return []core.Change{core.Record{Event: core.Event{ID: newID(), At: start, Type: core.EventTokenIssued}}}
		}},
		{"token", func(grant core.ID) []core.Change {
			return []core.Change{
				core.RedeemCode{GrantID: grant, At: start},
				core.AddAccess{Token: core.AccessToken{ID: newID(), GrantID: grant, Scopes: []string{"openid"}, CreatedAt: start, ExpiresAt: start.Add(time.Hour)}},
				core.Record{Event: core.Event{ID: newID(), At: start, Type: core.EventTokenIssued, ClientID: "client", GrantID: grant}},
			}
		}},
	} {
		b.Run(test.name, func(b *testing.B) {
			s := openAt(b, filepath.Join(b.TempDir(), "postern.db"))
			populate(b, s, 1)
			users, err := s.Users(context.Background(), core.UserFilter{})
			if err != nil {
				b.Fatal(err)
			}
			var grants []core.Change
			run(b, func(int) func() error {
				grant := exampleGrant(users[0].ID)
				grants = append(grants, core.IssueCode{Grant: grant})
				if len(grants) == 1000 || len(grants) == b.N {
					if err := s.Apply(context.Background(), grants...); err != nil {
						b.Fatal(err)
					}
					grants = nil
				}
				changes := test.changes(grant.ID)
				return func() error {
					err := s.Apply(context.Background(), changes...)
					return err
				}
			})
		})
	}
}

// bareGroup is the least that a group commit takes: one goroutine that inserts
// what waits in one transaction.
type bareGroup struct {
	waiting chan bareInsert
}

type bareInsert struct {
	id   string
	done chan error
}

func startBareGroup(b *testing.B) *bareGroup {
	b.Helper()
	path := filepath.Join(b.TempDir(), "bare.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		b.Fatal(err)
	}
	c, err := sqlite.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	err = c.Script(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;
		CREATE TABLE t (id TEXT NOT NULL PRIMARY KEY, hash BLOB NOT NULL, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID`)
	if err != nil {
		b.Fatal(err)
	}
	g := &bareGroup{waiting: make(chan bareInsert, 256)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for one := range g.waiting {
			g.commit(c, one)
		}
	}()
	b.Cleanup(func() {
		close(g.waiting)
		<-ended
		c.Close()
	})
	return g
}

func (g *bareGroup) insert(id string) error {
	done := make(chan error, 1)
	g.waiting <- bareInsert{id, done}
	return <-done
}

func (g *bareGroup) commit(c *sqlite.Conn, one bareInsert) {
	batch := []bareInsert{one}
	for range len(g.waiting) {
		batch = append(batch, <-g.waiting)
	}
	_, err := c.Exec("BEGIN IMMEDIATE")
	for _, one := range batch {
		if err == nil {
			_, err = c.Exec("INSERT INTO t VALUES ($1, $2, $3)", one.id, make([]byte, 32), 12345)
		}
	}
	if err == nil {
		_, err = c.Exec("COMMIT")
	}
	for _, one := range batch {
		one.done <- err
	}
}

func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "postern.db")
	openAt(b, path)
	for b.Loop() {
		s, err := store.Open(context.Background(), store.Options{Path: path})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
	runtime.KeepAlive(path)
}
