package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/postern-id/postern/core/cmd/figures/job"
	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/sdk/hook"
)

// cost is what a module costs before it is called, and what its instances take.
type cost struct {
	language string
	size     int           // bytes of the module
	compile  time.Duration // nothing is in the cache
	cached   time.Duration // the machine code is in the cache on disk
	start    time.Duration // the guest's own start, with the self-test
	instance time.Duration // to make one more
	memory   int           // bytes that each call begins with
	resident int           // bytes of the system's memory that one instance more takes
	pages    int           // of memory that a call of 8 KB writes
	fuel     int64         // that it uses
}

// measureCost loads a module as a server does, a few times, of which the best counts.
func measureCost(ctx context.Context, g guest, rounds int) (cost, error) {
	c := cost{language: g.language, size: len(g.module), compile: time.Hour, cached: time.Hour, start: time.Hour}
	dir, err := os.MkdirTemp("", "postern-cost-")
	if err != nil {
		return c, err
	}
	defer os.RemoveAll(dir)
	for round := range max(rounds, 1) {
		cache := filepath.Join(dir, fmt.Sprint(round))
		first, err := loadOnce(ctx, g.module, cache)
		if err != nil {
			return c, err
		}
		later, err := loadOnce(ctx, g.module, cache)
		if err != nil {
			return c, err
		}
		c.compile, c.cached, c.start = min(c.compile, first.CompileTime), min(c.cached, later.CompileTime), min(c.start, first.StartTime, later.StartTime)
		c.memory = later.Memory
	}
	return c, c.instances(ctx, g.module, filepath.Join(dir, "0"))
}

func loadOnce(ctx context.Context, module []byte, cache string) (plugin.Facts, error) {
	trial, err := plugin.Try(ctx, module, plugin.TrialOptions{CacheDir: cache})
	if err != nil {
		return plugin.Facts{}, err
	}
	return trial.Facts(), trial.Close(ctx)
}

// instances measures what instances cost, each of which has answered a message of 8 KB.
func (c *cost) instances(ctx context.Context, module []byte, cache string) error {
	trial, err := plugin.Try(ctx, module, plugin.TrialOptions{CacheDir: cache})
	if err != nil {
		return err
	}
	defer trial.Close(ctx)
	run := plugin.Run{Hook: hook.ClaimsMap, Input: job.Message(8 << 10).AppendJSON(nil)}
	ran, err := trial.Run(ctx, run) // also what the first call alone needs
	if err != nil {
		return err
	}
	measured, err := trial.Measure(ctx, run, plugin.Effort{Time: time.Millisecond})
	c.pages, c.fuel, c.instance, c.resident = ran.Pages, ran.Fuel, measured.Instance, int(measured.Resident)
	return err
}
