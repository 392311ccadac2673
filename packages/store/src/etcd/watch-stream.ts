import type { IEvent, IWatchResponse } from 'etcd3'
import type { KeyRange } from '../key-range.ts'
import type { StoreEvent } from '../store.ts'
import type { Connection, WatchDuplex } from './connection.ts'
import { entryOf } from './range-read.ts'

export interface WatchStreamOptions {
  readonly connection: Connection
  readonly token: string | undefined
  readonly range: KeyRange
  readonly startRevision: number
  /** A stream that brings nothing for this long, although it was asked for a sign of life, is given up. */
  readonly silenceMs: number
  readonly onCreated: () => void
  /** Events of whole revisions. */
  readonly onEvents: (events: readonly StoreEvent[]) => void
  readonly signal: AbortSignal
}

export type WatchStreamEnd =
  | { readonly kind: 'compacted' }
  | { readonly kind: 'lost', readonly reason: string }

/** Follows one stream until it ends, for whatever reason; it never rejects. */
export function followWatchStream (options: WatchStreamOptions): Promise<WatchStreamEnd> {
  const { range, startRevision, silenceMs, signal } = options
  const stream = options.connection.openWatch(options.token)
  const takeAnswer = createAssembler(options)
  return new Promise(resolve => {
    const stopListening = watchForSilence(stream, silenceMs, () => end({ kind: 'lost', reason: 'the stream fell silent' }))
    const onAbort = (): void => end({ kind: 'lost', reason: 'closed' })
    let isOver = false
    const end = (how: WatchStreamEnd): void => {
      if (isOver) return
      isOver = true
      stopListening()
      signal.removeEventListener('abort', onAbort)
      stream.cancel()
      resolve(how)
    }
    stream.on('data', answer => {
      if (isOver) return
      const how = takeAnswer(answer)
      if (how !== undefined) end(how)
    })
    stream.on('error', error => end({ kind: 'lost', reason: error.message }))
    stream.on('end', () => end({ kind: 'lost', reason: 'the stream ended' }))
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) return onAbort()
    stream.write({ create_request: { key: range.start, range_end: range.end, start_revision: startRevision, fragment: true } })
  })
}

/** Puts fragments of one answer together again, so that a revision is never told in part. */
function createAssembler ({ onCreated, onEvents }: WatchStreamOptions): (answer: IWatchResponse) => WatchStreamEnd | undefined {
  let gathered: StoreEvent[] = []
  return answer => {
    if (answer.canceled) return Number(answer.compact_revision) > 0 ? { kind: 'compacted' } : { kind: 'lost', reason: answer.cancel_reason }
    if (answer.created) {
      onCreated()
      return undefined
    }
    // A sign of life has no events, and may come between two fragments. Its revision says nothing that one could rely
    // on: before 3.4.25 and 3.5.8, etcd answers with revisions whose events it has yet to send.
    if (answer.events.length === 0) return undefined
    for (const event of answer.events) gathered.push(eventOf(event))
    if (answer.fragment) return undefined
    const events = gathered
    gathered = []
    onEvents(events)
    return undefined
  }
}

function eventOf ({ type, kv }: IEvent): StoreEvent {
  if (type === 'Put') return { kind: 'put', entry: entryOf(kv) }
  return { kind: 'delete', key: kv.key.toString(), modRevision: Number(kv.mod_revision) }
}

/** @returns what ends the vigil */
function watchForSilence (stream: WatchDuplex, silenceMs: number, onSilence: () => void): () => void {
  let heardMs = performance.now()
  stream.on('data', () => { heardMs = performance.now() })
  const timer = setInterval(() => {
    const silentMs = performance.now() - heardMs
    if (silentMs >= silenceMs) onSilence()
    else if (silentMs >= silenceMs / 2) stream.write({ progress_request: {} })
  }, silenceMs / 4)
  return () => clearInterval(timer)
}
