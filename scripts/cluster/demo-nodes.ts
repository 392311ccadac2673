import { join } from 'node:path'
import { inspectPki } from '../demo/inspect-pki.ts'
import { makePki } from '../demo/pki.ts'
import { answers } from './http-probe.ts'
import { NodeProcess, type Surroundings } from './node-process.ts'
import { ports, type Place } from './topology.ts'

const script = (name: string): string => join(import.meta.dirname, '..', 'demo', name)

/** Makes the demo's certificates, unless those that are there are good and name this responder. */
export async function keepDemoPki (folder: string, responder: Place): Promise<void> {
  const ocspUrl = `http://${responder.ip}:${ports.responder}/`
  const state = inspectPki(folder, Date.now())
  if (state.kind !== 'made' || state.ocspUrl !== ocspUrl) await makePki(folder, { ocspUrl })
}

/** @param pki - what `keepDemoPki` made */
export function responderNode (place: Place, pki: string, surroundings: Surroundings): NodeProcess {
  return new NodeProcess({
    name: place.name,
    command: process.execPath,
    args: [script('serve.ts'), '--folder', pki, '--host', place.ip, '--without-upstream'],
    isReady: async () => await answers(`http://${place.ip}:${ports.responder}/`), // an empty request is answered, too
    ...surroundings
  })
}

export function upstreamNode (place: Place, surroundings: Surroundings): NodeProcess {
  return new NodeProcess({
    name: place.name,
    command: process.execPath,
    args: [script('upstream.ts'), '--host', place.ip, '--port', String(ports.upstream), '--name', place.name],
    isReady: async () => await answers(`http://${place.ip}:${ports.upstream}/`),
    ...surroundings
  })
}
