#!lua name=fanfold1
-- The server's side of a queue: every change of a run's state is one of these functions, so it happens whole or not at all.
--
-- A job is queued, pending on a live worker, pending on a condemned one, done (in one entry of r), forged or given up.
-- Only commit makes it done, only for a worker that holds it, and takes it off the pending list in the same step.
-- The room's root says what the keys hold. This is Lua 5.1.
--
-- The keys of each call: m j l z c r x s n b h, and for piece and commit the list with a large result.

local M, J, L, Z, C, R, X, S, N, B, H, LIST = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
local GROUP = 'w'

-- More than a worker ever holds.
local MOST_HELD = 100000

-- From this delivery on a job is a suspect: two workers died while they ran it.
local SUSPECT = 3

-- How many workers are condemned, and from how many jobs are inherited, in one call.
local CONDEMNED = 8

-- How long a large result lives, in seconds: longer than any run.
local LIST_LIFE = 90 * 86400

-- More fields than a hash has.
local ALL = 1000000000

-- How many of the jobs that were given up a status shows.
local SHOWN = 100

-- How many arguments a command gets: Lua's stack bounds unpack.
local ARGUMENTS = 1000

-- The runs that this process of the server has seen. It is empty again after a restart or on a replica that was promoted.
local known = {}

local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Returns the time in ms. While the server was away its workers could not renew their leases, so all leases are longer by that.
local function now(K)
  local time = clock()
  local seen = tonumber(redis.call('HGET', K[M], 'seen') or time)
  if not known[K[M]] then
    known[K[M]] = true
    local away = time - seen
    if away > 0 then
      for _, worker in ipairs(redis.call('ZRANGE', K[L], 0, -1)) do redis.call('ZINCRBY', K[L], away, worker) end
      if redis.call('HGET', K[M], 'until') then redis.call('HINCRBY', K[M], 'until', away) end
    end
  end
  if time - seen >= 1000 then redis.call('HSET', K[M], 'seen', time) end
  return time
end

-- Returns what to answer when the run can't go on here: there is none, it is over, or the worker is not alive.
local function refusal(K, worker)
  local state = redis.call('HMGET', K[M], 'epoch', 'over')
  if state[2] then return {'OVER'} end
  if not state[1] then return {'NONE'} end
  if worker and not redis.call('ZSCORE', K[L], worker) then return {'FENCED'} end
end

local function corrupt(what) return redis.error_reply('CORRUPT ' .. what) end

-- Adds an entry to the results. The chain tells a leader whether the server still has what it read.
local function record(K, worker, number, ...)
  local id = redis.call('XADD', K[R], '*', 'w', worker, 'c', number, ...)
  local chain = redis.call('HGET', K[M], 'chain') or ''
  redis.call('HSET', K[M], 'chain', redis.sha1hex(chain .. id .. ' ' .. worker .. ' ' .. number))
end

local function delete_jobs(K, A, first, last)
  for at = first, last, ARGUMENTS do
    local to = math.min(at + ARGUMENTS - 1, last)
    redis.call('XACK', K[J], GROUP, unpack(A, at, to))
    redis.call('XDEL', K[J], unpack(A, at, to))
  end
end

local function all_done(counts)
  if not counts[1] then return false end
  return tonumber(counts[1]) == tonumber(counts[2]) + tonumber(counts[3]) + tonumber(counts[4])
end

-- meaning, parts, leader, lease, epoch
local function begin(K, A)
  local meaning, parts, leader, lease, epoch = A[1], A[2], A[3], tonumber(A[4]), A[5]
  local run = redis.call('HMGET', K[M], 'meaning', 'parts', 'leader', 'until', 'over', 'epoch')
  if run[5] or not run[6] then
    redis.call('UNLINK', unpack(K, M, H)) -- The mark of a run that is over, or what is left of one that expired.
    local time = clock()
    known[K[M]] = true
    redis.call('HSET', K[M], 'v', 1, 'meaning', meaning, 'parts', parts, 'epoch', epoch, 'leader', leader,
      'until', time + lease, 'enq', 0, 'names', '', 'done', 0, 'failed', 0, 'dead', 0, 'forged', 0, 'stop', '',
      'began', time, 'seen', time, 'chain', '')
    redis.call('XGROUP', 'CREATE', K[J], GROUP, '0', 'MKSTREAM')
    return {'NEW', epoch}
  end
  if run[1] ~= meaning or run[2] ~= parts then return {'OTHER', run[1], run[2]} end
  local time = now(K)
  local ends = tonumber(redis.call('HGET', K[M], 'until'))
  if run[3] ~= leader and ends > time then return {'LED', run[3], ends, ends - time} end
  redis.call('HSET', K[M], 'leader', leader, 'until', time + lease, 'stop', '')
  local has = redis.call('HMGET', K[M], 'epoch', 'enq', 'total', 'names', 'listing')
  return {'AGAIN', has[1], tonumber(has[2]), tonumber(has[3] or '-1'), has[4], has[5] or ''}
end

-- Returns what to answer when this is not the leader.
local function not_leading(K, leader)
  local refused = refusal(K)
  if refused then return refused end
  local run = redis.call('HMGET', K[M], 'leader', 'until')
  if run[1] == leader then return end
  return {'LED', run[1], tonumber(run[2]), tonumber(run[2]) - clock()}
end

-- leader, number of the first job, hash of all names to the last one, payload...
local function put(K, A)
  local refused = not_leading(K, A[1])
  if refused then return refused end
  local first, had = tonumber(A[2]), tonumber(redis.call('HGET', K[M], 'enq'))
  if first > had + 1 then return {'GAP', had} end
  local enq = had
  for at = 4, #A do
    local k = first + at - 4
    if k > enq then
      redis.call('XADD', K[J], '0-' .. string.format('%.0f', k), 'p', A[at])
      enq = k
    end
  end
  if enq > had then redis.call('HSET', K[M], 'enq', string.format('%.0f', enq), 'names', A[3]) end
  return {'OK', redis.call('XLEN', K[J])}
end

-- leader, total, hash of the inputs in their order
local function close(K, A)
  local refused = not_leading(K, A[1])
  if refused then return refused end
  local enq = redis.call('HGET', K[M], 'enq')
  if tonumber(enq) ~= tonumber(A[2]) then return {'GAP', tonumber(enq)} end
  redis.call('HSET', K[M], 'total', A[2], 'listing', A[3])
  return {'OK'}
end

-- worker, meaning, parts, lease
local function enter(K, A)
  local refused = refusal(K)
  if refused then return refused end
  local run = redis.call('HMGET', K[M], 'meaning', 'parts', 'epoch')
  if run[1] ~= A[2] or run[2] ~= A[3] then return {'OTHER', run[1], run[2]} end
  redis.call('ZADD', K[L], now(K) + tonumber(A[4]), A[1])
  return {'OK', run[3]}
end

local function condemn(K, worker, why)
  redis.call('ZREM', K[L], worker)
  redis.call('HSET', K[Z], worker, why)
end

-- Returns the set of jobs that a worker said it had started.
local function started_jobs(K, worker)
  local set = {}
  for k in string.gmatch(redis.call('HGET', K[S], worker) or '', '%d+') do set['0-' .. k] = true end
  return set
end

-- A worker holds something; the second value tells whether it is a suspect.
local function holds(K, worker)
  local held = redis.call('XPENDING', K[J], GROUP, '-', '+', 1, worker)[1]
  return held ~= nil, held ~= nil and held[4] >= SUSPECT
end

-- Gives up a job that took too many workers with it.
local function give_up(K, id, worker)
  local entry = redis.call('XRANGE', K[J], id, id)[1]
  local k = string.sub(id, 3)
  redis.call('HSET', K[X], k, entry and entry[2][2] or '')
  record(K, worker, 0, 'd', k)
  delete_jobs(K, {id}, 1, 1)
  redis.call('HINCRBY', K[M], 'dead', 1)
end

-- Moves jobs of a condemned worker to this one. Returns them, the id of a pending job that is not in the stream, and whether the
-- only one is a suspect.
local function inherit_from(K, worker, why, me, want, losses)
  local lost, reported = why ~= 'left', why == 'reported'
  local pending = redis.call('XPENDING', K[J], GROUP, '-', '+', MOST_HELD, worker)
  if #pending == 0 then
    redis.call('XGROUP', 'DELCONSUMER', K[J], GROUP, worker)
    for _, key in ipairs({Z, S, C}) do redis.call('HDEL', K[key], worker) end
    return {}
  end
  -- Of a worker that died, the jobs that it had started are to blame. When it had said of none that it started, all are:
  -- so each death counts against some job, and no job can kill workers for ever.
  local started = started_jobs(K, worker)
  if lost and not reported then
    for _, p in ipairs(pending) do reported = reported or started[p[1]] or false end
    if reported then redis.call('HSET', K[Z], worker, 'reported') end
  end
  local jobs, idle = {}, not holds(K, me)
  for _, p in ipairs(pending) do
    if #jobs >= want then break end
    local id, count = p[1], p[4]
    local died = lost and (started[id] or not reported)
    local next_count = died and count + 1 or count
    if died and count >= losses then
      give_up(K, id, worker)
    elseif next_count < SUSPECT or (idle and #jobs == 0) then
      local claimed = redis.call('XCLAIM', K[J], GROUP, me, 0, id, 'RETRYCOUNT', next_count)[1]
      if not claimed or not claimed[2] then return nil, id end
      local refused = redis.call('HGET', K[N], string.sub(id, 3))
      jobs[#jobs + 1] = {id, claimed[2][2], next_count, refused or ''}
      -- A suspect runs alone, so that those beside it are not taken for it.
      if next_count >= SUSPECT then return jobs, nil, true end
    end
  end
  return jobs
end

-- Moves jobs of the first of a few condemned workers that has some for this one.
local function inherit(K, me, want, losses)
  local condemned = redis.call('HRANDFIELD', K[Z], CONDEMNED, 'WITHVALUES')
  for at = 1, #condemned, 2 do
    local jobs, missing, alone = inherit_from(K, condemned[at], condemned[at + 1], me, want, losses)
    if missing or #jobs > 0 then return jobs, missing, alone end
  end
  return {}
end

-- worker, want, lease, losses
local function take(K, A)
  local me, want, lease, losses = A[1], tonumber(A[2]), tonumber(A[3]), tonumber(A[4])
  local refused = refusal(K, me)
  if refused then return refused end
  local stop = redis.call('HGET', K[M], 'stop')
  if stop == 'halt' then return {'STOP'} end
  local time = now(K)
  redis.call('ZADD', K[L], time + lease, me)
  for _, worker in ipairs(redis.call('ZRANGEBYSCORE', K[L], '-inf', '(' .. time, 'LIMIT', 0, CONDEMNED)) do
    condemn(K, worker, 'lost')
  end
  local _, suspect = holds(K, me)
  if stop == 'pause' or suspect then return {'WAIT'} end
  local jobs, missing, alone = {}, nil, false
  if want > 0 then
    jobs, missing, alone = inherit(K, me, want, losses)
    if missing then return corrupt(missing .. ' is pending and not in the stream') end
  end
  if #jobs < want and not alone then
    local read = redis.call('XREADGROUP', 'GROUP', GROUP, me, 'COUNT', want - #jobs, 'STREAMS', K[J], '>')
    if read and read[1] then
      for _, entry in ipairs(read[1][2]) do jobs[#jobs + 1] = {entry[1], entry[2][2], 1, ''} end
    end
  end
  if #jobs > 0 then return {'JOBS', jobs, redis.call('XLEN', K[J]), redis.call('ZCARD', K[L])} end
  local counts = redis.call('HMGET', K[M], 'total', 'done', 'dead', 'forged')
  if all_done(counts) then return {'OVER'} end
  if counts[1] and redis.call('XLEN', K[J]) == 0 then
    return corrupt('nothing is left, and ' .. counts[2] .. ' of ' .. counts[1] .. ' jobs are done')
  end
  return {'WAIT'}
end

-- worker, number of the commit, lease, place of the piece from 0, bytes
local function piece(K, A)
  local refused = refusal(K, A[1])
  if refused then return refused end
  if redis.call('HGET', K[C], A[1]) == A[2] then return {'OK'} end
  local has, at = redis.call('LLEN', K[LIST]), tonumber(A[4])
  if at > has then return {'GAP', has} end
  if at == has then redis.call('RPUSH', K[LIST], A[5]) end
  redis.call('EXPIRE', K[LIST], math.ceil(tonumber(A[3]) / 100))
  return {'OK'}
end

-- worker, number, lease, kind (done or forged), failed, pieces, frames, id of a job...
local function commit(K, A)
  local me, number, forged, pieces, first = A[1], A[2], A[4] == 'forged', tonumber(A[6]), 8
  if redis.call('HGET', K[C], me) == number then return {'ALREADY'} end
  local refused = refusal(K, me)
  if refused then return refused end
  local held = {}
  for _, p in ipairs(redis.call('XPENDING', K[J], GROUP, A[first], A[#A], MOST_HELD, me)) do held[p[1]] = true end
  for at = first, #A do
    if not held[A[at]] then return {'LOST'} end
    held[A[at]] = nil
  end
  if pieces > 0 then
    if redis.call('LLEN', K[LIST]) ~= pieces then return {'LOST'} end
    redis.call('EXPIRE', K[LIST], LIST_LIFE)
    redis.call('HSET', K[B], K[LIST], pieces)
  end
  local jobs = #A - first + 1
  if forged then
    record(K, me, number, 'f', jobs, 'v', A[7])
    redis.call('HINCRBY', K[M], 'forged', jobs)
  else
    record(K, me, number, 'n', jobs, 'v', A[7])
    redis.call('HINCRBY', K[M], 'done', jobs)
    if A[5] ~= '0' then redis.call('HINCRBY', K[M], 'failed', A[5]) end
    redis.call('HINCRBY', K[H], string.match(me, '^(.*):[^:]*:[^:]*$') or me, jobs)
  end
  delete_jobs(K, A, first, #A)
  redis.call('HSET', K[C], me, number)
  redis.call('ZADD', K[L], now(K) + tonumber(A[3]), me)
  return {'OK'}
end

-- worker, lease, how many jobs it holds, number of a started job...
local function beat(K, A)
  local me, held = A[1], tonumber(A[3])
  local refused = refusal(K, me)
  if refused then return refused end
  redis.call('ZADD', K[L], now(K) + tonumber(A[2]), me)
  if #A > 3 then
    redis.call('HSET', K[S], me, table.concat(A, ' ', 4))
  else
    redis.call('HDEL', K[S], me)
  end
  local pending = #redis.call('XPENDING', K[J], GROUP, '-', '+', held + 1, me)
  return {pending == held and 'OK' or 'DIFFERS', redis.call('HGET', K[M], 'stop')}
end

-- worker
local function mine(K, A)
  local refused = refusal(K, A[1])
  if refused then return refused end
  local jobs = {}
  for at, p in ipairs(redis.call('XPENDING', K[J], GROUP, '-', '+', MOST_HELD, A[1])) do
    local entry = redis.call('XRANGE', K[J], p[1], p[1])[1]
    if not entry then return corrupt(p[1] .. ' is pending and not in the stream') end
    jobs[at] = {p[1], entry[2][2], p[4], redis.call('HGET', K[N], string.sub(p[1], 3)) or ''}
  end
  return {'JOBS', jobs, redis.call('XLEN', K[J]), redis.call('ZCARD', K[L])}
end

-- worker, its host, number of a job that can't be run there...
local function leave(K, A)
  local refused = refusal(K, A[1])
  if refused then return refused end
  for at = 3, #A do redis.call('HSET', K[N], A[at], A[2]) end
  condemn(K, A[1], 'left')
  return {'OK'}
end

local COUNTS = {'enq', 'total', 'done', 'failed', 'dead', 'forged', 'chain', 'stop'}

-- leader, lease, seconds that the keys live on
local function lead(K, A)
  local refused = not_leading(K, A[1])
  if refused then return refused end
  redis.call('HSET', K[M], 'until', now(K) + tonumber(A[2]))
  for key = M, H do redis.call('EXPIRE', K[key], A[3]) end
  local counts = redis.call('HMGET', K[M], unpack(COUNTS))
  return {'OK', counts, redis.call('XLEN', K[J]), redis.call('ZCARD', K[L])}
end

-- leader, pause or halt
local function stop(K, A)
  local refused = not_leading(K, A[1])
  if refused then return refused end
  redis.call('HSET', K[M], 'stop', A[2])
  return {'OK'}
end

-- The leader, or nothing for whoever asks. A leader's run leaves a mark for as many seconds, so that its workers hear that it is over.
local function drop(K, A)
  local leader, seconds = A[1], A[2]
  local run = redis.call('HMGET', K[M], 'epoch', 'over', 'meaning', 'leader')
  if not run[1] and not run[2] then return {'NONE'} end
  if leader ~= '' then
    if run[2] then return {'OK'} end
    if run[4] ~= leader then return not_leading(K, leader) end
  end
  for _, list in ipairs(redis.call('HRANDFIELD', K[B], ALL)) do redis.call('UNLINK', list) end
  redis.call('UNLINK', unpack(K, M, H))
  if leader ~= '' then
    redis.call('HSET', K[M], 'over', 1, 'meaning', run[3])
    redis.call('EXPIRE', K[M], seconds)
  end
  return {'OK'}
end

local function status(K)
  local run = redis.call('HMGET', K[M], 'leader', 'until', 'began', 'over', 'epoch', unpack(COUNTS))
  if run[4] then return {'OVER'} end
  if not run[5] then return {'NONE'} end
  local pending = redis.call('XPENDING', K[J], GROUP)
  return {'OK', clock(), run, redis.call('XLEN', K[J]), redis.call('ZRANGE', K[L], 0, -1, 'WITHSCORES'),
    pending[4] or {}, redis.call('HRANDFIELD', K[H], ALL, 'WITHVALUES'), redis.call('HRANDFIELD', K[X], SHOWN, 'WITHVALUES')}
end

redis.register_function('ff1_begin', begin)
redis.register_function('ff1_put', put)
redis.register_function('ff1_close', close)
redis.register_function('ff1_enter', enter)
redis.register_function('ff1_take', take)
redis.register_function('ff1_piece', piece)
redis.register_function('ff1_commit', commit)
redis.register_function('ff1_beat', beat)
redis.register_function('ff1_mine', mine)
redis.register_function('ff1_leave', leave)
redis.register_function('ff1_lead', lead)
redis.register_function('ff1_stop', stop)
redis.register_function('ff1_drop', drop)
redis.register_function{function_name = 'ff1_status', callback = status, flags = {'no-writes'}}
