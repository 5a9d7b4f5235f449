// Package sink owns where entities go: files that come to be as a whole or not
// at all, a broker that is sent only what differs from what it holds, and the
// file of rejected rows that can be run again.
package sink
