// The decoder of donovanhide/eventsource, with what an EventSource adds to it.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"

	"github.com/donovanhide/eventsource"
)

type streamCase struct {
	Number      int
	NeedsClient bool
}

type event struct {
	Type        string `json:"type"`
	Data        string `json:"data"`
	LastEventID string `json:"lastEventId"`
}

func run(url string) []event {
	events := []event{}
	response, err := http.Get(url)
	if err != nil {
		return events
	}
	defer response.Body.Close()
	decoder := eventsource.NewDecoder(response.Body)
	id := ""
	for {
		decoded, err := decoder.Decode()
		if err != nil {
			return events
		}
		// It returns blocks without data, too, which an EventSource does not dispatch.
		if decoded.Data() == "" {
			continue
		}
		if decoded.Id() != "" {
			id = decoded.Id()
		}
		name := decoded.Event()
		if name == "" {
			name = "message"
		}
		events = append(events, event{name, decoded.Data(), id})
	}
}

func main() {
	base := os.Args[1]
	response, err := http.Get(base + "/eventStreamCases")
	if err != nil {
		panic(err)
	}
	var cases []streamCase
	if err := json.NewDecoder(response.Body).Decode(&cases); err != nil {
		panic(err)
	}
	for _, test := range cases {
		if test.NeedsClient {
			continue
		}
		query := fmt.Sprintf("case=%d&agent=donovanhide", test.Number)
		body, _ := json.Marshal(run(base + "/runEventStream?" + query))
		answer, err := http.Post(base+"/reportEventStream?"+query, "application/json", bytes.NewReader(body))
		if err == nil {
			answer.Body.Close()
		}
	}
}
