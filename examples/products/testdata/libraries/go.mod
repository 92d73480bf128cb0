module example.org/libraries

go 1.26.0

require (
	github.com/jmespath-community/go-jmespath v1.1.1
	github.com/markbates/goth v1.82.0
	golang.org/x/oauth2 v0.27.0
	gopkg.in/ini.v1 v1.67.3
)

require golang.org/x/exp v0.0.0-20230314191032-db074128a8ec // indirect
