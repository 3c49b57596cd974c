export { JetStreamLog } from './jetstream-log.ts';
export type { JetStreamLogOptions } from './jetstream-log-options.ts';
export type { NatsConnection, NatsHeaders, NatsMessage, NatsSubscription } from './nats-connection.ts';
