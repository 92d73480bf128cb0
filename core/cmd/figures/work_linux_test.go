package main

import (
	"os"
	"testing"
	"time"
)

func TestProcessorTime(t *testing.T) {
	before, begin := processorTime(os.Getpid()), time.Now()
	for time.Since(begin) < 20*time.Millisecond {
	}
	if worked := processorTime(os.Getpid()) - before; before <= 0 || worked <= 0 {
		t.Errorf("%v before, %v more after some work", before, worked)
	}
	hooked, err := newWebhook()
	if err != nil {
		t.Fatal(err)
	}
	pid := hooked.process.Process.Pid
	if processorTime(pid) <= 0 {
		t.Error("another process never worked")
	}
	if err := hooked.close(); err != nil {
		t.Error(err)
	}
	if processorTime(pid) != 0 {
		t.Error("a process that has ended works")
	}
}
