// Package outbound is the one client for everything that the server fetches:
// what plugins ask for, keys and documents of other providers, registries.
//
// It owns the guard around it. An address is checked when it is dialled, after
// its name was looked up, and only what may be reached from anywhere is dialled;
// loopback, private and other special addresses must be listed by the operator.
// A redirect stays at its host. Size and time are limited, bodies after their
// decompression. Proxies that the environment names are not asked, cookies are
// not kept, and no Referer is sent.
//
// It never decides who may ask for what: whoever calls it names the hosts that
// are granted. It never logs. It imports the standard library only; config
// imports it to check what the operator lists, app makes the server's client
// and hands it to whoever fetches, workbench that of a plugin's author.
package outbound
