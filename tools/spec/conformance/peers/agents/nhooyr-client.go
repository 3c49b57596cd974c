package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"

	"nhooyr.io/websocket"
)

var ctx = context.Background()

func dial(url string) (*websocket.Conn, error) {
	connection, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{CompressionMode: websocket.CompressionContextTakeover})
	return connection, err
}

func echo(url string) {
	connection, err := dial(url)
	if err != nil {
		return
	}
	defer connection.Close(websocket.StatusInternalError, "")
	connection.SetReadLimit(64 * 1024 * 1024)
	for {
		kind, message, err := connection.Read(ctx)
		if err != nil || connection.Write(ctx, kind, message) != nil {
			return
		}
	}
}

func main() {
	base := os.Args[1]
	connection, err := dial(base + "/getCaseCount")
	if err != nil {
		panic(err)
	}
	_, text, _ := connection.Read(ctx)
	count, _ := strconv.Atoi(string(text))
	numbers := make(chan int)
	var work sync.WaitGroup
	for worker := 0; worker < 4; worker++ {
		work.Add(1)
		go func() {
			defer work.Done()
			for number := range numbers {
				echo(fmt.Sprintf("%s/runCase?case=%d&agent=nhooyr", base, number))
			}
		}()
	}
	for number := 1; number <= count; number++ {
		numbers <- number
	}
	close(numbers)
	work.Wait()
}
