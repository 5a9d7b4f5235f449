// Package ldt owns what the repository and the binary share: the compose file
// of Orion-LD. The command is in cmd/ldt, the library in etl, models and ngsild.
package ldt

import _ "embed"

// Compose is docker-compose.yml: Orion-LD and its database.
//
//go:embed docker-compose.yml
var Compose []byte
