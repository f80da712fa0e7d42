// Package hapcheck probes HomeKit accessories: it switches one, and switches it
// back.
//
// The accessory is found by its address or, by multicast DNS, by its identifier.
// With the setup code it is paired with once; the pairing is kept in a file of
// mode 0600, and each attempt opens its sessions by it. In two of them, since a
// controller is told nothing of its own writes, a characteristic is read, written,
// read again and heard of by its event, and then given back the value that it had,
// for which a part of the time is kept.
//
// The controller's identity is on disk before the accessory can know it: when
// pairing is cut off, also by a kill, the next attempt takes it back from the
// accessory before it pairs anew. A setup code that was refused is not tried again:
// accessories lock themselves after some tries.
//
// Steps: discover, connect, pair, verify, find, read, subscribe, write, confirm,
// event, restore.
package hapcheck
