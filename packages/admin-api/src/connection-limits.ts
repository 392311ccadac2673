import type { ConnectionLimits } from './options.ts'

/** An OCSP refresh takes its time: a connection may be idle for longer than a responder may take. */
export const connectionLimits: ConnectionLimits = { headMs: 10_000, requestMs: 60_000, idleMs: 120_000, connections: 1000 }
