// Event streams and WebSockets in a NestJS application: PORT=8080 node --import tsx server.ts
import 'reflect-metadata';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type BeforeApplicationShutdown,
  Body,
  Controller,
  Get,
  HttpCode,
  Inject,
  Injectable,
  Module,
  Post,
  Req,
  Res,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { MessageBody, SubscribeMessage, WebSocketGateway, WebSocketServer, WsException } from '@nestjs/websockets';
import { EventChannel, EventStream, type WebSocketServer as Server } from 'pushwire';
import { interval, map, type Observable, take } from 'rxjs';
import { PushwireAdapter } from './adapter.ts';

@Injectable()
class News extends EventChannel implements BeforeApplicationShutdown {
  /** Before NestJS closes the HTTP server, which waits for all responses. */
  beforeApplicationShutdown(): Promise<void> {
    return this.shutdown();
  }
}

@WebSocketGateway({
  path: '/echo',
  verifyClient: ({ req }: { req: IncomingMessage }) => req.headers.authorization === 'Bearer secret',
})
class EchoGateway {
  @WebSocketServer() readonly server!: Server;

  @SubscribeMessage('echo')
  echo(@MessageBody() data: unknown) {
    return { event: 'echo', data };
  }

  @SubscribeMessage('count')
  count(@MessageBody() to: number): Observable<unknown> {
    return interval(1).pipe(
      take(to),
      map((data) => ({ event: 'count', data })),
    );
  }

  @SubscribeMessage('fails')
  fails(): never {
    throw new WsException('as asked');
  }
}

@Controller()
class AppController {
  readonly #news: News;
  readonly #gateway: EchoGateway;

  constructor(@Inject(News) news: News, @Inject(EchoGateway) gateway: EchoGateway) {
    this.#news = news;
    this.#gateway = gateway;
  }

  // With @Res(), NestJS sends no response of its own.
  @Get('events')
  events(@Req() request: IncomingMessage, @Res() response: ServerResponse): void {
    this.#news.add(EventStream.open(request, response, { retry: 1000 }));
  }

  @Post('events')
  @HttpCode(201)
  publish(@Body() data: string) {
    return { id: this.#news.broadcast(data) };
  }

  // What @Sse() does with an Observable.
  @Get('count')
  count(@Req() request: IncomingMessage, @Res() response: ServerResponse): void {
    sendAll(EventStream.open(request, response), interval(1).pipe(take(3), map(String)));
  }

  @Get('status')
  status() {
    return { streams: this.#news.size, sockets: this.#gateway.server.clients!.size };
  }

  @Get('fails')
  fails(): never {
    throw new Error('as asked');
  }
}

/** Sends the events of an Observable, until it completes or the client disconnects. */
function sendAll(stream: EventStream, events: Observable<string>): void {
  const subscription = events.subscribe({
    next: (event) => stream.send(event),
    error: () => stream.terminate(),
    complete: () => stream.close(),
  });
  stream.on('close', () => subscription.unsubscribe());
}

@Module({ controllers: [AppController], providers: [News, EchoGateway] })
class AppModule {}

// A client that reconnects during the shutdown does not delay it.
const app = await NestFactory.create<NestExpressApplication>(AppModule, {
  forceCloseConnections: true,
  logger: ['error'],
});
app.enableCors({ origin: 'https://app.example' });
app.useBodyParser('text');
app.useWebSocketAdapter(new PushwireAdapter(app));
process.once('SIGTERM', () => app.close());
await app.listen(Number(process.env.PORT ?? 8080), '127.0.0.1');
console.log(await app.getUrl());
