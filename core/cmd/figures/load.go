package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// connection is a client that costs little beside the server: it writes requests
// that were made before and reads no more of an answer than it must.
type connection struct {
	conn   net.Conn
	reader *bufio.Reader
	body   []byte
	header []byte
}

func dial(address string) (*connection, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return &connection{conn: conn, reader: bufio.NewReaderSize(conn, 16<<10)}, nil
}

// exchange sends a request and gives the status. The header and the body of the
// answer stay in the connection until the next exchange.
func (c *connection) exchange(request []byte) (status int, err error) {
	if _, err := c.conn.Write(request); err != nil {
		return 0, err
	}
	c.header = c.header[:0]
	length := -1
	for first := true; ; first = false {
		line, err := c.reader.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 && !first {
			break
		}
		if first {
			if status, err = statusOf(line); err != nil {
				return 0, err
			}
			continue
		}
		if name, value, ok := bytes.Cut(line, []byte(": ")); ok && bytes.EqualFold(name, []byte("Content-Length")) {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return 0, err
			}
		}
		c.header = append(append(c.header, line...), '\n')
	}
	if length < 0 {
		if length = 0; status == 200 {
			return 0, errors.New("an answer has no Content-Length")
		}
	}
	if cap(c.body) < length {
		c.body = make([]byte, length)
	}
	c.body = c.body[:length]
	_, err = io.ReadFull(c.reader, c.body)
	return status, err
}

func statusOf(line []byte) (int, error) {
	if len(line) < 12 {
		return 0, fmt.Errorf("bad status line %q", line)
	}
	return strconv.Atoi(string(line[9:12]))
}

// field gives the value of a header of the last answer.
func (c *connection) field(name string) string {
	for line := range bytes.Lines(c.header) {
		if n, value, ok := bytes.Cut(line, []byte(": ")); ok && bytes.EqualFold(n, []byte(name)) {
			return string(bytes.TrimSpace(value))
		}
	}
	return ""
}

// member gives a string of the JSON body of the last answer. Tokens need no
// unquoting.
func (c *connection) member(name string) string {
	_, rest, _ := bytes.Cut(c.body, []byte(`"`+name+`":"`))
	value, _, _ := bytes.Cut(rest, []byte(`"`))
	return string(value)
}

// worker does one thing after the other over its connection.
type worker func(c *connection) error

// rate runs a worker on each connection for the span and gives how many times a
// second they did their thing. The first tenth is not counted.
func rate(ctx context.Context, o options, address string, newWorker func(i int) worker) (float64, error) {
	ctx, cancel := context.WithTimeout(ctx, o.span+o.span/10)
	defer cancel()
	var (
		count atomic.Int64
		wait  sync.WaitGroup
		errs  = make([]error, o.connections)
	)
	for i := range o.connections {
		wait.Go(func() { errs[i] = drive(ctx, address, newWorker(i), &count) })
	}
	time.Sleep(o.span / 10)
	before, start := count.Load(), time.Now()
	wait.Wait()
	return float64(count.Load()-before) / time.Since(start).Seconds(), errors.Join(errs...)
}

func drive(ctx context.Context, address string, work worker, count *atomic.Int64) error {
	c, err := dial(address)
	if err != nil {
		return err
	}
	defer c.conn.Close()
	for ctx.Err() == nil {
		if err := work(c); err != nil {
			if errors.Is(err, errSpent) {
				return nil
			}
			return err
		}
		count.Add(1)
	}
	return nil
}

// errSpent says that a worker has nothing left to do.
var errSpent = errors.New("nothing left")

// expect exchanges and wants the status.
func (c *connection) expect(request []byte, want int) error {
	status, err := c.exchange(request)
	if err != nil {
		return err
	}
	if status != want {
		return fmt.Errorf("status %d, want %d: %.300s", status, want, c.body)
	}
	return nil
}

func get(address, path, header string) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", path, address, header)
}

func post(address, path, header, body string) []byte {
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n%s\r\n%s",
		path, address, len(body), header, body)
}
