package main

import (
	"context"
	"fmt"
	"net"
	"net/http"

	"nhooyr.io/websocket"
)

func echo(response http.ResponseWriter, request *http.Request) {
	options := websocket.AcceptOptions{InsecureSkipVerify: true, CompressionMode: websocket.CompressionContextTakeover}
	connection, err := websocket.Accept(response, request, &options)
	if err != nil {
		return
	}
	defer connection.Close(websocket.StatusInternalError, "")
	// Its limit is 32 KiB by default.
	connection.SetReadLimit(64 * 1024 * 1024)
	ctx := context.Background()
	for {
		kind, message, err := connection.Read(ctx)
		if err != nil || connection.Write(ctx, kind, message) != nil {
			return
		}
	}
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	panic(http.Serve(listener, http.HandlerFunc(echo)))
}
