// Command libraries signs somebody in with the libraries that Gitea and Grafana do it with.
// It prints the authorization request, takes the address that the person was sent back to
// on standard input, and prints who that is as JSON.
//
//	libraries gitea KEY SECRET DISCOVERY CALLBACK SCOPE...
//	libraries grafana GRAFANA.INI ROOT_URL
package main

import (
	"bufio"
	"fmt"
	"net/url"
	"os"
	"strings"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) > 5 && args[0] == "gitea":
		return gitea(args[1:])
	case len(args) == 3 && args[0] == "grafana":
		return grafana(args[1], args[2])
	}
	return fmt.Errorf("it is no such way: %q", args)
}

// comeBack shows the authorization request and gives the parameters of the answer.
func comeBack(request string) (url.Values, error) {
	fmt.Println(request)
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil {
		return nil, err
	}
	answer, err := url.Parse(strings.TrimSpace(line))
	if err != nil {
		return nil, err
	}
	if answer.Query().Get("code") == "" {
		return nil, fmt.Errorf("there is no code in %s", answer)
	}
	return answer.Query(), nil
}
