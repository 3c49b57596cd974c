export type {
  IoRedisClient,
  NodeRedisClient,
  NodeRedisCluster,
  NodeRedisSentinel,
  RedisClient,
} from './redis-client.ts';
export { RedisLog, type RedisLogOptions } from './redis-log.ts';
