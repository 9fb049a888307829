// Go's net/http as a peer: a goroutine for each request, at most C at a time.
//
//	go-peer default      http.Client on the default transport: 2 idle connections kept a host, 100 in all
//	go-peer tuned        the same, keeping C a host and any number in all
//	go-peer --version    names its parts
//
// No proxy, no redirect, no compression; each body is read whole.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
)

func main() {
	versions := "net/http of Go " + strings.TrimPrefix(runtime.Version(), "go")
	switch strings.Join(os.Args[1:], " ") {
	case "--version":
		fmt.Println(versions)
	case "default":
		run(versions, func(int) fetcher { return client(transport()) })
	case "tuned":
		run(versions, func(concurrency int) fetcher {
			tuned := transport()
			tuned.MaxIdleConnsPerHost = concurrency
			tuned.MaxIdleConns = 0 // no limit
			return client(tuned)
		})
	default:
		stop("usage: go-peer default | tuned | --version")
	}
}

// transport is the default one, without what the workload leaves out.
func transport() *http.Transport {
	plain := http.DefaultTransport.(*http.Transport).Clone()
	plain.Proxy = nil
	plain.DisableCompression = true
	return plain
}

// client fetches a batch with the one http.Client that it makes here.
func client(transport *http.Transport) fetcher {
	client := &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return func(batch *batch) {
		var group sync.WaitGroup
		slots := make(chan struct{}, batch.concurrency)
		for index := range batch.urls {
			slots <- struct{}{}
			group.Add(1)
			go func(index int) {
				defer group.Done()
				fetchOne(client, batch, index)
				<-slots
			}(index)
		}
		group.Wait()
	}
}

func fetchOne(client *http.Client, batch *batch, index int) {
	answer, err := client.Get(batch.send(index))
	if err != nil {
		batch.fail(index, err)
		return
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		batch.fail(index, err)
		return
	}
	batch.finish(index, answer.StatusCode, answer.Header.Get("Server-Timing"), body)
}
