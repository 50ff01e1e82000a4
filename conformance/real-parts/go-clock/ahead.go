package time

import (
	"sync/atomic"
	"syscall"
)

// ahead is how many seconds a test has moved the clock. Now is called where nothing can be read, so another goroutine looks.
var ahead atomic.Int64

// The file that FAKETIME_TIMESTAMP_FILE names says it as libfaketime reads it: `+3600s`. Without the variable the clock is the machine's.
func init() {
	name, found := syscall.Getenv("FAKETIME_TIMESTAMP_FILE")
	if !found {
		return
	}
	look(name)
	go func() {
		for {
			Sleep(20 * Millisecond)
			look(name)
		}
	}()
}

func look(name string) {
	file, err := open(name)
	if err != nil {
		panic("no file with the time: " + name)
	}
	defer closefd(file)
	text := make([]byte, 32)
	length, err := read(file, text)
	// The test may be writing it.
	if err != nil || length == 0 || text[0] != '+' {
		return
	}
	seconds := int64(0)
	for _, digit := range text[1:length] {
		if digit < '0' || digit > '9' {
			break
		}
		seconds = seconds*10 + int64(digit-'0')
	}
	ahead.Store(seconds)
}
