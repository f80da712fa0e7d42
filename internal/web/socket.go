package web

import (
	"syscall"
	"unsafe"
)

// socket is the descriptor of a connection of net, which never blocks. It is
// read and written without the scheduler being told: where a system call is
// announced, and its thread does not get a processor for a while, the scheduler
// starts another thread in its place, and on a machine with less processors than
// work that only adds to it.
type socket int

func (s socket) read(b []byte) (int, error)  { return s.call(syscall.SYS_READ, b) }
func (s socket) write(b []byte) (int, error) { return s.call(syscall.SYS_WRITE, b) }

func (s socket) call(trap uintptr, b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	n, _, err := syscall.RawSyscall(trap, uintptr(s), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b))) //nolint:gosec // as package syscall does it
	if err != 0 {
		return -1, err
	}
	return int(n), nil //nolint:gosec // at most len(b)
}
