package main

import (
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
)

var dialer = websocket.Dialer{EnableCompression: true}

func echo(url string) {
	connection, _, err := dialer.Dial(url, nil)
	if err != nil {
		return
	}
	defer connection.Close()
	for {
		kind, message, err := connection.ReadMessage()
		if err != nil {
			return
		}
		// Its documentation: "It is the application's responsibility to ensure text messages are valid UTF-8 encoded text."
		if kind == websocket.TextMessage && !utf8.Valid(message) {
			close := websocket.FormatCloseMessage(websocket.CloseInvalidFramePayloadData, "")
			connection.WriteControl(websocket.CloseMessage, close, time.Now().Add(time.Second))
			return
		}
		if connection.WriteMessage(kind, message) != nil {
			return
		}
	}
}

func main() {
	base := os.Args[1]
	connection, _, err := dialer.Dial(base+"/getCaseCount", nil)
	if err != nil {
		panic(err)
	}
	_, text, _ := connection.ReadMessage()
	count, _ := strconv.Atoi(string(text))
	numbers := make(chan int)
	var work sync.WaitGroup
	for worker := 0; worker < 4; worker++ {
		work.Add(1)
		go func() {
			defer work.Done()
			for number := range numbers {
				echo(fmt.Sprintf("%s/runCase?case=%d&agent=gorilla", base, number))
			}
		}()
	}
	for number := 1; number <= count; number++ {
		numbers <- number
	}
	close(numbers)
	work.Wait()
}
