import { createHash } from 'node:crypto';
import type { SendCommand } from './redis-client.ts';
import { isErrorReply, withAdvice } from './redis-errors.ts';

/**
 * Loads the state of the log, and begins a new epoch if entries may be missing. The state is a hash:
 *
 * - `epoch`, `base`, `last`: entries `base + 1` to `last` are of this epoch. The id of an entry in the stream is `<number>-0`.
 * - `run`: the run of the server that began the epoch. After a restart or a failover it is another one, and the last entries may be
 *   lost.
 *
 * If the stream no longer exists, the idempotency keys are removed, too. Numbers are exact up to 2^53. If another program has added an
 * entry with a number of more than half of that, the stream is deleted, because its next entry would need a greater one.
 *
 * New entries are announced on a channel, which the epoch names: "<number of the entry before> <number of the last entry>", and then
 * topic, event type and data of each entry, if they are short enough, all separated by a zero byte. The message of an epoch that is over
 * is empty. Nothing is announced in a cluster, which would send each message to all of its servers, or if the user may not publish to
 * this channel.
 *
 * KEYS: stream, state, ids by idempotency key, the keys in their order. ARGV: the next epoch, "1" if a restart loses nothing.
 */
const LOAD_STATE = `
local log = KEYS[1]
local state = KEYS[2]
local ids = KEYS[3]
local order = KEYS[4]
local function text(number) return string.format('%.0f', number) end
local server = redis.call('INFO', 'server')
local run = string.match(server, 'run_id:(%w+)') or ''
local held = redis.call('HMGET', state, 'epoch', 'run', 'base', 'last')
local epoch, base, last = held[1], tonumber(held[3] or 0), tonumber(held[4] or 0)
local exists = redis.call('EXISTS', log) == 1
local function streamInfo()
  local info = {}
  if exists then
    local reply = redis.call('XINFO', 'STREAM', log)
    for i = 1, #reply, 2 do info[reply[i]] = reply[i + 1] end
  end
  return info
end
local function forgetKeys() redis.call('DEL', ids, order) end
local function announce(to, message)
  if string.find(server, 'redis_mode:cluster', 1, true) then return 0 end
  local reply = redis.pcall('PUBLISH', 'pushwire:' .. to, message)
  return type(reply) == 'number' and 1 or 0
end
local function begin()
  local earlier = epoch
  epoch = ARGV[1]
  base = last
  local time, sequence = string.match(streamInfo()['last-generated-id'] or '0-0', '(%d+)-(%d+)')
  if tonumber(time) < 2^52 then
    base = math.max(base, tonumber(time) + (sequence == '0' and 0 or 1))
  else
    redis.call('DEL', log)
    exists = false
    forgetKeys()
  end
  last = base
  redis.call('HSET', state, 'epoch', epoch, 'run', run, 'base', text(base), 'last', text(last))
  if earlier then announce(earlier, '') end
end
if not exists then forgetKeys() end
if not epoch or (last > base and not exists) or (run ~= held[2] and ARGV[2] == '0') then begin() end
`;

/** Also checks the stream, which another program may have changed. */
const CHECK_STREAM = `${LOAD_STATE}
local info = streamInfo()
if exists and info['last-generated-id'] ~= text(last) .. '-0' and info['last-generated-id'] ~= '0-0' then
  begin()
  info = streamInfo()
end
local oldest = info['first-entry']
oldest = oldest and string.match(oldest[1], '%d+') or ''
`;

/** Replies with the epoch, the base, the number of the last entry, and that of the oldest entry or an empty string. */
const STATE = `${CHECK_STREAM}
return {epoch, text(base), text(last), oldest}
`;

/** Replies as above, and whether the state was announced: 1 or 0. */
const ANNOUNCE = `${CHECK_STREAM}
return {epoch, text(base), text(last), oldest, announce(epoch, text(last) .. ' ' .. text(last))}
`;

/** The maximum number of bytes of entries in a message. A slow process reads longer entries when it can. */
const MAX_MESSAGE_BYTES = 16 * 1024;

/**
 * Reads entries. They are read in small parts, because entries may be large.
 *
 * KEYS: as above. ARGV: as above, then an epoch, the number after which to read, the number of entries, and about how many bytes of text
 * they may have. Replies with the state as above, and the entries; with none if the epoch is another one.
 */
const READ = `${CHECK_STREAM}
local entries = {}
local bytes = 0
local number = tonumber(ARGV[4])
local size = 32
while epoch == ARGV[3] and #entries < tonumber(ARGV[5]) and bytes < tonumber(ARGV[6]) do
  local count = math.min(size, tonumber(ARGV[5]) - #entries)
  size = math.min(2 * size, 128)
  local part = redis.call('XRANGE', log, text(number + 1) .. '-0', '+', 'COUNT', count)
  for i = 1, #part do
    if bytes >= tonumber(ARGV[6]) then break end
    entries[#entries + 1] = part[i]
    for j = 1, #part[i][2] do bytes = bytes + #part[i][2][j] end
    number = tonumber(string.match(part[i][1], '%d+'))
  end
  if #part < count then break end
end
return {epoch, text(base), text(last), oldest, entries}
`;

/**
 * Appends entries. A client may repeat a call if the server may or may not have received it. A repeated call gets the reply of the
 * first one. A call that arrives after a later one appends nothing.
 *
 * KEYS: as above, then the last call of this caller. ARGV: as above, then the number
 * of the call, the length of the stream, the number of keys, and for each entry: topic, event type, data, idempotency key. The second
 * and the last of these begin with "=", or are empty if there is none.
 *
 * The reply is a line: the epoch, and for each entry its number, or "=" and the id of an entry that has the same key.
 */
const APPEND = `${LOAD_STATE}
local caller = KEYS[5]
local call = tonumber(ARGV[3])
local length = ARGV[4]
local limit = tonumber(ARGV[5])
local count = redis.call('LLEN', order)
-- Fails if another program has put something else here: before anything is appended, because Redis undoes nothing.
redis.call('HLEN', ids)
local earlier = redis.call('GET', caller)
if earlier then
  local number, reply = string.match(earlier, '^(%d+) (.*)$')
  if tonumber(number) == call then return reply end
  if tonumber(number) > call then return redis.error_reply('OVERTAKEN a later call has appended its entries') end
end
local function add(topic, event, data)
  last = last + 1
  if event == '' then
    return redis.pcall('XADD', log, 'MAXLEN', '~', length, text(last) .. '-0', 'e', epoch, 't', topic, 'd', data)
  end
  return redis.pcall('XADD', log, 'MAXLEN', '~', length, text(last) .. '-0', 'e', epoch, 't', topic, 'd', data,
    'n', string.sub(event, 2))
end
local reply = {''}
local before = last
local message = {''}
local bytes = 0
for i = 6, #ARGV, 4 do
  local key = ARGV[i + 3]
  local known = key ~= '' and redis.call('HGET', ids, key)
  if known then
    reply[#reply + 1] = '=' .. known
  else
    local added = add(ARGV[i], ARGV[i + 1], ARGV[i + 2])
    if type(added) == 'table' and added.err then
      -- The stream has an entry with a greater id, which something else has added.
      last = last - 1
      begin()
      before = last
      message = {''}
      count = redis.call('LLEN', order)
      added = add(ARGV[i], ARGV[i + 1], ARGV[i + 2])
      if type(added) == 'table' and added.err then return added end
    end
    reply[#reply + 1] = text(last)
    for j = i, i + 2 do
      message[#message + 1] = ARGV[j]
      bytes = bytes + #ARGV[j]
    end
    if key ~= '' then
      redis.call('HSET', ids, key, epoch .. '-' .. text(last))
      redis.call('RPUSH', order, key)
      count = count + 1
    end
  end
end
while count > limit do
  redis.call('HDEL', ids, redis.call('LPOP', order))
  count = count - 1
end
redis.call('HSET', state, 'last', text(last))
reply[1] = epoch
local line = table.concat(reply, ' ')
redis.call('SET', caller, ARGV[3] .. ' ' .. line, 'EX', 86400)
if last > before then
  if bytes > ${MAX_MESSAGE_BYTES} then message = {} end
  message[1] = text(before) .. ' ' .. text(last)
  announce(epoch, table.concat(message, '\\0'))
end
return line
`;

/** KEYS: records. ARGV: process, record, milliseconds. */
const WRITE_RECORD = `
local time = redis.call('TIME')
local expiry = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[3]
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', expiry) .. ':' .. ARGV[2])
`;

/** Removes what has expired. KEYS: records. Replies with processes and records, alternating. */
const READ_RECORDS = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local all, reply = redis.call('HGETALL', KEYS[1]), {}
for i = 1, #all, 2 do
  local expiry, record = string.match(all[i + 1], '^(%d+):(.*)$')
  if expiry and tonumber(expiry) > now then
    reply[#reply + 1] = all[i]
    reply[#reply + 1] = record
  else
    redis.call('HDEL', KEYS[1], all[i])
  end
end
return reply
`;

/** A script in Lua, which a server runs atomically. */
export interface Script {
  readonly source: string;
  /** The digest of the script: a server that has run the script accepts it instead of the source. */
  readonly digest: string;
}

const script = (source: string): Script => ({ source, digest: createHash('sha1').update(source).digest('hex') });

export const stateScript: Script = /* @__PURE__ */ script(STATE);
export const announceScript: Script = /* @__PURE__ */ script(ANNOUNCE);
export const readScript: Script = /* @__PURE__ */ script(READ);
export const appendScript: Script = /* @__PURE__ */ script(APPEND);
export const writeRecordScript: Script = /* @__PURE__ */ script(WRITE_RECORD);
export const readRecordsScript: Script = /* @__PURE__ */ script(READ_RECORDS);

/** Runs a script. A server that does not know it, because it was restarted, receives the source. */
export async function runScript(
  send: SendCommand,
  { source, digest }: Script,
  keys: readonly string[],
  args: readonly string[],
): Promise<unknown> {
  const rest = [String(keys.length), ...keys, ...args];
  const run = (command: string, text: string): Promise<unknown> =>
    send(keys[0]!, [command, text, ...rest]).catch((error) => Promise.reject(withAdvice(error)));
  try {
    return await run('EVALSHA', digest);
  } catch (error) {
    if (!isErrorReply(error, 'NOSCRIPT')) throw error;
    return await run('EVAL', source);
  }
}
