import { strictEqual as equal, match, ok, deepStrictEqual as same, throws } from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { adminCall, adminSocketPath, MOST_ADMIN_BYTES, mostAdminBytesSaid } from '../client/admin.ts'
import { AdminRefusal, type AdminRoutes, listenAdmin } from './admin.ts'
import { lockFolder } from './folder-lock.ts'
import type { Listener } from './node.ts'
import type { EdgeEvent } from './node-exchange.ts'

// Files of a Windows pipe have no modes and leave nothing behind: these are the rules of Unix sockets.
const skip = process.platform === 'win32' && 'Unix sockets only'
const base = mkdtempSync(join(tmpdir(), 'hallpass-admin-'))
const open: Listener[] = []
after(async () => {
  for (const listener of open) await listener.close(0)
  rmSync(base, { recursive: true })
})

let made = 0
const newFolder = () => join(base, String(++made))

const events: unknown[] = []
const routes: AdminRoutes = {
  'POST /echo': (input) => ({ input }),
  'GET /query': (input) => input,
  'POST /nothing': () => undefined,
  'POST /refuse': () => {
    throw new AdminRefusal('no such key', 404)
  },
  'POST /fail': () => Promise.reject(new Error('secret')),
}

async function serve(folder: string): Promise<Listener> {
  const listener = await tryServing(folder)
  if ('refused' in listener) throw new Error(listener.refused)
  open.push(listener)
  return listener
}

/** As a server does: the lock first, and released when all is over. */
async function tryServing(folder: string): Promise<Listener | { readonly refused: string }> {
  const lock = await lockFolder(folder)
  if ('refused' in lock) return lock
  const report = (event: EdgeEvent) => void events.push(event)
  const listener = await listenAdmin({ lock, routes, clock: () => new Date(), random: randomBytes, report })
  return { port: listener.port, connections: 0, close: (graceMs) => listener.close(graceMs).finally(lock.release) }
}

const folder = newFolder()
const server = await serve(folder)

const calls: readonly { rule: string; call: readonly [string, string, unknown?]; is: object }[] = [
  { rule: 'JSON goes in and out', call: ['POST', '/echo', { a: [1, 'é'] }], is: { value: { input: { a: [1, 'é'] } } } },
  { rule: 'no body is an empty object', call: ['POST', '/echo'], is: { value: { input: {} } } },
  { rule: 'a query is an object of strings', call: ['GET', '/query?a=1&b=%26'], is: { value: { a: '1', b: '&' } } },
  { rule: 'nothing is an empty object', call: ['POST', '/nothing'], is: { value: {} } },
  { rule: 'the server says who it is', call: ['GET', '/'], is: { value: { pid: process.pid } } },
  {
    rule: 'a refusal is read',
    call: ['POST', '/refuse'],
    is: { failed: 'refused', error: 'no such key', status: 404 },
  },
  {
    rule: 'a route that is not there',
    call: ['GET', '/echo'],
    is: { failed: 'refused', error: 'There is no GET /echo', status: 404 },
  },
  {
    rule: 'a name every object has is no route',
    call: ['POST', '/../constructor'],
    is: { failed: 'refused', error: 'There is no POST /constructor', status: 404 },
  },
]
for (const { rule, call, is } of calls) {
  test(`admin: ${rule}`, { skip }, async () => same(await adminCall(folder, ...call), is))
}

test('admin: a seed file that is larger than a body of the APIs may be goes in', { skip }, async () => {
  const text = 'x'.repeat(3 << 20)
  same(await adminCall(folder, 'POST', '/echo', { text }), { value: { input: { text } } })
})

test('admin: beyond its bound a body is refused in words, by the client before it sends and by the server', {
  skip,
}, async () => {
  const answer = await adminCall(folder, 'POST', '/echo', { text: 'x'.repeat(MOST_ADMIN_BYTES) })
  same(answer, { failed: 'refused', error: mostAdminBytesSaid, status: 413 })
  match(mostAdminBytesSaid, /at most 4 MiB/)
  const socket = connect(adminSocketPath(folder))
  socket.write(`POST /echo HTTP/1.1\r\nHost: admin\r\nContent-Length: ${MOST_ADMIN_BYTES + 1}\r\n\r\n`)
  let heard = ''
  for await (const chunk of socket) {
    heard += String(chunk)
    if (heard.includes('}')) break
  }
  match(heard, /^HTTP\/1\.1 413 /)
  ok(heard.includes(mostAdminBytesSaid))
})

test('admin: what fails inside is reported and not told', { skip }, async () => {
  const answer = await adminCall(folder, 'POST', '/fail')
  equal('error' in answer && answer.error, 'internal error')
  ok(events.some((event) => String((event as { error: unknown }).error).includes('secret')))
})

test('admin: the socket is 0600 in a folder 0700, also when the folder was open before', { skip }, async () => {
  const wide = newFolder()
  mkdirSync(wide)
  chmodSync(wide, 0o777)
  await serve(wide)
  for (const [path, mode] of [
    [folder, 0o700],
    [wide, 0o700],
    [join(folder, 'admin.sock'), 0o600],
    [join(wide, 'admin.sock'), 0o600],
  ] as const) {
    equal(statSync(path).mode & 0o777, mode, path)
  }
})

test('admin: a folder that is served is refused to a second server, which leaves the first alone', {
  skip,
}, async () => {
  const refused = await tryServing(folder)
  same(refused, { refused: `Another hallpass serves this data folder (pid ${process.pid}).` })
  ok('value' in (await adminCall(folder, 'GET', '/')))
})

test('admin: the lock ends with its process, however that ends', { skip }, async () => {
  const held = newFolder()
  const at = (name: string) => JSON.stringify(new URL(name, import.meta.url).href)
  const code = `import { listenAdmin } from ${at('./admin.ts')}
    import { lockFolder } from ${at('./folder-lock.ts')}
    const lock = await lockFolder(process.argv[1])
    await listenAdmin({ lock, routes: {}, clock: () => new Date(), random: Buffer.alloc })
    console.log('serves')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code, held], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  equal(String(await new Promise((resolve) => child.stdout.once('data', resolve))), 'serves\n')
  same(await tryServing(held), { refused: `Another hallpass serves this data folder (pid ${child.pid}).` })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
  await serve(held)
  same(await adminCall(held, 'GET', '/'), { value: { pid: process.pid } })
})

/** Leaves a socket behind, as a process does that is killed. */
function leaveDead(dead: string) {
  mkdirSync(dead)
  const code = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`
  spawnSync(process.execPath, ['-e', code, adminSocketPath(dead)])
  same(readdirSync(dead), ['admin.sock'])
}

test('admin: the socket of a dead process is replaced', { skip }, async () => {
  const dead = newFolder()
  leaveDead(dead)
  equal('failed' in (await adminCall(dead, 'GET', '/')), true)
  await serve(dead)
  same(await adminCall(dead, 'GET', '/'), { value: { pid: process.pid } })
  same(readdirSync(dead), ['admin.sock', 'serve.lock'])
})

test('admin: of servers that find a dead socket at once, one serves', { skip }, async () => {
  const dead = newFolder()
  leaveDead(dead)
  const results = await Promise.all([tryServing(dead), tryServing(dead), tryServing(dead)])
  const serving = results.filter((result): result is Listener => !('refused' in result))
  open.push(...serving)
  equal(serving.length, 1)
  same(await adminCall(dead, 'GET', '/'), { value: { pid: process.pid } })
})

test('admin: closing removes the socket and frees the folder', { skip }, async () => {
  const closed = newFolder()
  await (await serve(closed)).close(0)
  same(readdirSync(closed), ['serve.lock'])
  await serve(closed)
  same(await adminCall(closed, 'GET', '/'), { value: { pid: process.pid } })
})

test('client: a folder that nobody serves', { skip }, async () => {
  same(await adminCall(join(base, 'nobody'), 'GET', '/'), { failed: 'absent' })
})

test('client: a socket of another user', {
  skip: skip || (process.getuid?.() === 0 && 'root may open all'),
}, async () => {
  chmodSync(folder, 0o000)
  const answer = await adminCall(folder, 'GET', '/')
  chmodSync(folder, 0o700)
  equal('failed' in answer && answer.failed, 'denied')
})

test('client: a path that is too long for a socket is said', { skip }, () => {
  throws(() => adminSocketPath(join(base, 'x'.repeat(200))), /too long for a socket/)
})

test('the listener has no port', () => equal(server.port, 0))
