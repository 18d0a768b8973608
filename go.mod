module torchbearer

go 1.26.0

require (
	github.com/andygrunwald/go-gerrit v1.1.1
	github.com/google/go-cmp v0.7.0
	github.com/lrstanley/girc v1.1.1
	github.com/pelletier/go-toml/v2 v2.4.3
	github.com/rivo/uniseg v0.4.7
	go.etcd.io/bbolt v1.5.0
	golang.org/x/crypto v0.58.0
	golang.org/x/time v0.16.0
	pgregory.net/rapid v1.3.0
)

require (
	github.com/google/go-querystring v1.1.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)
