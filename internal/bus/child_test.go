package bus

func childMain() bool { return false }
