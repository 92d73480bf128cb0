// Package observe has the metrics that an operator scrapes, in the text format of
// Prometheus.
//
// It owns their names, their series and the page with them. Labels are what the
// operator chose (instances, plugins, modules) and the server's own words (hooks,
// capabilities, results); whoever calls it never passes text of a request. Even
// so, the number of series has a bound.
//
// It never decides who may read the page, and it never listens: app does. Nothing
// in it is global, so two servers in one process count apart. It imports
// VictoriaMetrics/metrics; app imports it, and hands it as small interfaces to
// whoever counts.
package observe
