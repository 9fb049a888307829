module inflight/peers

go 1.21
