import { decideStaple, type Held, type StapleCircumstances } from '@clinch/data-plane'
import t from 'tap'

const hourMs = 3_600_000
const skewMs = 300_000
const window = { thisUpdateMs: 0, usableEndMs: 24 * hourMs }
const good: Held = { kind: 'staple', window }
const base: StapleCircumstances = { asked: true, resumed: false, held: good, mustStaple: 'no', mayWait: true, nowMs: hourMs, skewMs }
const pending: Held = { kind: 'pending' }
const nothing = (reason: 'revoked' | 'unknown' | 'failing' | 'notApplicable'): Held => ({ kind: 'nothing', reason })

// The rows of ocsp.md 9.3. Row 16, the staple of another certificate of the name, cannot be put: the table is asked by
// the identity of the certificate that is sent (staple-table.test.ts).
const rows: ReadonlyArray<readonly [string, Partial<StapleCircumstances>, object]> = [
  ['1. a client that did not ask gets nothing', { asked: false }, { kind: 'nothing' }],
  ['1. nor one that did not ask of a must-staple certificate', { asked: false, held: nothing('failing'), mustStaple: 'refuse' }, { kind: 'nothing' }],
  ['2. a resumed handshake gets nothing', { resumed: true, mustStaple: 'refuse' }, { kind: 'nothing' }],
  ['3. good, inside its window: the staple', {}, { kind: 'send' }],
  ['4. good, due or failing: the staple', { nowMs: 20 * hourMs }, { kind: 'send' }],
  ['5. good, past its end: nothing', { nowMs: 25 * hourMs }, { kind: 'bare', why: 'expired' }],
  ['5. good, within the margin before its end: nothing', { nowMs: 24 * hourMs - 30_000 }, { kind: 'bare', why: 'expired' }],
  ['6. past its end, must-staple, serve', { nowMs: 25 * hourMs, mustStaple: 'serve' }, { kind: 'bare', why: 'expired' }],
  ['6. past its end, must-staple, refuse', { nowMs: 25 * hourMs, mustStaple: 'refuse' }, { kind: 'refuse', why: 'expired' }],
  ['7. thisUpdate in the future beyond the skew: nothing', { nowMs: -skewMs - 1 }, { kind: 'bare', why: 'early' }],
  ['8. revoked: nothing', { held: nothing('revoked') }, { kind: 'bare', why: 'revoked' }],
  ['9. unknown only: nothing', { held: nothing('unknown') }, { kind: 'bare', why: 'unknown' }],
  ['10. an earlier good still inside its window, newest answer unknown: the earlier staple', { nowMs: 2 * hourMs }, { kind: 'send' }],
  ['11. nothing yet, first fetch running: wait', { held: pending }, { kind: 'wait' }],
  ['11. and after the wait nothing', { held: pending, mayWait: false }, { kind: 'bare', why: 'pending' }],
  ['12. first fetch running, must-staple: wait', { held: pending, mustStaple: 'refuse' }, { kind: 'wait' }],
  ['12. and after the wait as must_staple says', { held: pending, mayWait: false, mustStaple: 'refuse' }, { kind: 'refuse', why: 'pending' }],
  ['13. nothing, responder failing: nothing', { held: nothing('failing') }, { kind: 'bare', why: 'failing' }],
  ['14. no AIA: nothing', { held: nothing('notApplicable') }, { kind: 'bare', why: 'notApplicable' }],
  ['15. no AIA, must-staple, serve', { held: nothing('notApplicable'), mustStaple: 'serve' }, { kind: 'bare', why: 'notApplicable' }],
  ['15. no AIA, must-staple, refuse', { held: nothing('notApplicable'), mustStaple: 'refuse' }, { kind: 'refuse', why: 'notApplicable' }]
]

for (const [name, circumstances, expected] of rows) {
  t.test(name, async t => {
    t.same(decideStaple({ ...base, ...circumstances }), expected)
  })
}
