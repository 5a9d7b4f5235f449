package main

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestServeSaysWhereItIsReachedAndByWhom(t *testing.T) {
	for addr, want := range map[string]struct {
		url  string
		open bool
	}{
		"127.0.0.1:1026": {"http://127.0.0.1:1026", false},
		"[::1]:1026":     {"http://[::1]:1026", false},
		"0.0.0.0:1026":   {"http://127.0.0.1:1026", true},
		"[::]:1026":      {"http://127.0.0.1:1026", true},
		"192.0.2.7:1026": {"http://192.0.2.7:1026", true},
	} {
		tcp, err := net.ResolveTCPAddr("tcp", addr)
		require.NoError(t, err)
		url, open := reach(tcp)
		require.Equal(t, want.url, url)
		require.Equal(t, want.open, open, addr)
	}
}
