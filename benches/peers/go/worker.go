package main

// The worker protocol in Go: hears the job, keeps clock and samples, measures the span, reports.

import (
	"runtime/debug"
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	protocol     = 1
	samplesALine = 1_000
	textsKept    = 5
	// The tail of each answer's body: "token":" 16 hexadecimal digits "}
	tailPrefix, tailDigits, tailSuffix = `"token":"`, 16, `"}`
)

// A fetcher fetches a batch. Around each request it calls send and then finish or fail.
type fetcher func(*batch)

// What became of a request, in the order in which it goes through them.
const (
	notSent = iota
	sent
	failed
	answered
	withToken
)

type slot struct {
	start, end, hold, bytes int64
	token                   uint64
	status                  int
	state                   int
}

// A batch is its URLs and one slot a request, allocated and written before the clock starts.
type batch struct {
	urls        []string
	concurrency int
	zero        time.Time
	slots       []slot
	lock        sync.Mutex // of texts
	texts       []string
}

func newBatch(urls []string, concurrency int) *batch {
	slots := make([]slot, len(urls))
	for index := range slots {
		slots[index].end = 0 // writes the page, so that it is resident
	}
	return &batch{urls: urls, concurrency: concurrency, zero: time.Now(), slots: slots}
}

func (b *batch) now() int64 { return int64(time.Since(b.zero)) }

// send is called just before the request is handed to the client. It gives the URL.
func (b *batch) send(index int) string {
	b.slots[index].state = sent
	b.slots[index].start = b.now()
	return b.urls[index]
}

// finish is called just after the whole body is there.
func (b *batch) finish(index, status int, serverTiming string, body []byte) {
	slot := &b.slots[index]
	slot.end = b.now()
	slot.status = status
	slot.hold = holdNs(serverTiming)
	slot.bytes = int64(len(body))
	slot.state = answered
	if token, found := tokenOf(body); found {
		slot.token, slot.state = token, withToken
	}
}

// fail is called when the client gave up; the first few texts are kept.
func (b *batch) fail(index int, err error) {
	b.slots[index].end = b.now()
	b.slots[index].state = failed
	b.lock.Lock()
	defer b.lock.Unlock()
	if len(b.texts) < textsKept {
		b.texts = append(b.texts, fmt.Sprintf("request %d: %v", index, err))
	}
}

func (s *slot) error() *string {
	var text string
	switch {
	case s.state == notSent:
		text = "not_sent"
	case s.state == sent:
		text = "unfinished"
	case s.state == failed:
		text = "client"
	case s.status != 200:
		text = "status"
	case s.state == answered:
		text = "body"
	default:
		return nil
	}
	return &text
}

// holdNs gives the nanoseconds of a header such as `hold;dur=50.123456` (milliseconds); 0 where there is none.
func holdNs(serverTiming string) int64 {
	_, rest, _ := strings.Cut(serverTiming, "hold;dur=")
	rest, _, _ = strings.Cut(rest, ";")
	rest, _, _ = strings.Cut(rest, ",")
	ms, _ := strconv.ParseFloat(rest, 64)
	return int64(ms*1e6 + 0.5)
}

// tokenOf gives the token at the end of a body.
func tokenOf(body []byte) (uint64, bool) {
	start := len(body) - len(tailPrefix) - tailDigits - len(tailSuffix)
	if start < 0 {
		return 0, false
	}
	digits, found := strings.CutPrefix(string(body[start:]), tailPrefix)
	if !found || !strings.HasSuffix(digits, tailSuffix) {
		return 0, false
	}
	token, err := strconv.ParseUint(digits[:tailDigits], 16, 64)
	return token, err == nil
}

type toWorker struct {
	Type     string
	Protocol int
	Workload struct {
		Concurrency int
		Connections string
	}
	Part string
	Urls []string
}

type columns struct {
	Type   string    `json:"type"`
	Start  []int64   `json:"start_ns"`
	End    []int64   `json:"end_ns"`
	Hold   []int64   `json:"hold_ns"`
	Status []int     `json:"status"`
	Bytes  []int64   `json:"bytes"`
	Token  []*string `json:"token"`
	Error  []*string `json:"error"`
}

// run runs the one batch that the driver asks for. build makes the client for so many in flight.
func run(versions string, build func(concurrency int) fetcher) {
	driver := pipe{bufio.NewReaderSize(os.Stdin, 1<<16), bufio.NewWriter(os.Stdout)}
	driver.say(map[string]any{"type": "hello", "protocol": protocol, "versions": versions})
	job := driver.expect("job")
	if job.Protocol != protocol {
		stop("this worker speaks protocol %d, the driver %d", protocol, job.Protocol)
	}
	urls := map[string][]string{}
	line := driver.hear()
	for ; line.Type == "urls"; line = driver.hear() {
		urls[line.Part] = append(urls[line.Part], line.Urls...)
	}
	if line.Type != "prepare" {
		stop("expected urls or prepare, got %s", line.Type)
	}

	concurrency := job.Workload.Concurrency
	batch := newBatch(urls["timed"], concurrency)
	// What reading the job has freed is not to be used unseen by the client.
	debug.FreeOSMemory()
	baseline := resetPeakMemory()
	var fetch fetcher
	if job.Workload.Connections == "warm" {
		fetch = build(concurrency)
		fetch(newBatch(urls["warm_up"], concurrency))
	}
	driver.say(map[string]any{"type": "ready"})
	driver.expect("start")

	before := usage()
	batch.zero = time.Now()
	if fetch == nil {
		fetch = build(concurrency)
	}
	fetch(batch)
	makespan := batch.now()
	span := usage()

	for name := range span {
		span[name] -= before[name]
	}
	if peak := peakMemory(); baseline > 0 {
		span["baseline_bytes"], span["peak_bytes"] = baseline, peak
	} else {
		span["baseline_bytes"], span["peak_bytes"] = 0, 0
	}
	driver.say(map[string]any{"type": "done", "makespan_ns": makespan, "usage": span})
	driver.expect("report")
	for first := 0; first < len(batch.slots); first += samplesALine {
		driver.say(columnsOf(batch.slots[first:min(first+samplesALine, len(batch.slots))]))
	}
	driver.say(map[string]any{"type": "end", "texts": append([]string{}, batch.texts...)})
}

func columnsOf(slots []slot) columns {
	line := columns{Type: "samples"}
	for index := range slots {
		slot := &slots[index]
		var token *string
		if slot.state == withToken {
			text := fmt.Sprintf("%016x", slot.token)
			token = &text
		}
		line.Start = append(line.Start, slot.start)
		line.End = append(line.End, slot.end)
		line.Hold = append(line.Hold, slot.hold)
		line.Status = append(line.Status, slot.status)
		line.Bytes = append(line.Bytes, slot.bytes)
		line.Token = append(line.Token, token)
		line.Error = append(line.Error, slot.error())
	}
	return line
}

type pipe struct {
	in  *bufio.Reader
	out *bufio.Writer
}

func (p pipe) hear() toWorker {
	text, err := p.in.ReadBytes('\n')
	if err != nil {
		stop("the driver went away")
	}
	var line toWorker
	if err := json.Unmarshal(text, &line); err != nil {
		stop("%v in %.80s", err, text)
	}
	return line
}

func (p pipe) expect(owed string) toWorker {
	line := p.hear()
	if line.Type != owed {
		stop("expected %s, got %s", owed, line.Type)
	}
	return line
}

func (p pipe) say(line any) {
	text, err := json.Marshal(line)
	if err == nil {
		_, err = p.out.Write(append(text, '\n'))
	}
	if err == nil {
		err = p.out.Flush()
	}
	if err != nil {
		stop("the driver went away: %v", err)
	}
}

func stop(format string, values ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", values...)
	os.Exit(1)
}

// usage is the CPU time and the context switches so far, of all threads of this process.
func usage() map[string]int64 {
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		stop("getrusage: %v", err)
	}
	return map[string]int64{
		"user_ns":     own.Utime.Nano(),
		"system_ns":   own.Stime.Nano(),
		"voluntary":   own.Nvcsw,
		"involuntary": own.Nivcsw,
	}
}

// resetPeakMemory sets the kernel's mark of highest resident memory to now and gives it in bytes; 0 where that is not
// allowed.
func resetPeakMemory() int64 {
	if os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) != nil {
		return 0
	}
	return peakMemory()
}

// peakMemory is the highest resident memory since resetPeakMemory, in bytes.
func peakMemory() int64 {
	status, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	if fields := strings.Fields(rest); len(fields) > 0 {
		kib, _ := strconv.ParseInt(fields[0], 10, 64)
		return kib * 1024
	}
	return 0
}
