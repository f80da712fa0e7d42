package store_test

const crashEnv = "OUTCRY_TEST_CRASH_DSN"

func crashChild(string) int { return 0 }
