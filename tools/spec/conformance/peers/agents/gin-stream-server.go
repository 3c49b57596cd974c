package main

import (
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/gin-contrib/sse"
)

func events(response http.ResponseWriter, request *http.Request) {
	response.Header().Set("Content-Type", sse.ContentType)
	response.Header().Set("Cache-Control", "no-store")
	for count := 1; request.Context().Err() == nil; count++ {
		sse.Encode(response, sse.Event{Event: "tick", Data: fmt.Sprintf("%d ü", count)})
		response.(http.Flusher).Flush()
		time.Sleep(100 * time.Millisecond)
	}
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	panic(http.Serve(listener, http.HandlerFunc(events)))
}
