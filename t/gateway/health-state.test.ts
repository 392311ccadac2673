import t from 'tap'
import type { HealthEvent, HealthStatus } from '@clinch/data-plane'
import { compileValidator, HealthCheckerSchema, type HealthChecker } from '@clinch/schema'
import { activeLimits, eventOf, passiveLimits, type ProbeOutcome } from '../../packages/gateway/src/health/limits.ts'
import { afterEvent, isUsable, newTarget, type TargetHealth } from '../../packages/gateway/src/health/target-health.ts'

const limits = { success: 2, http_failure: 3, tcp_failure: 2, timeout_failure: 3 }
const letters: Readonly<Record<string, HealthEvent>> = { S: 'success', H: 'http_failure', T: 'tcp_failure', O: 'timeout_failure' }

function run (events: string, from: TargetHealth = newTarget, with_ = limits): TargetHealth {
  return [...events].reduce((target, letter) => afterEvent(target, letters[letter] ?? 'success', with_), from)
}

function counters (success: number, http: number, tcp: number, timeout: number): TargetHealth['counters'] {
  return { success, http_failure: http, tcp_failure: tcp, timeout_failure: timeout }
}

t.test('what a row of events makes of a target: S success, H bad status, T no connection, O too late', async t => {
  const cases: ReadonlyArray<readonly [events: string, status: HealthStatus, counters: TargetHealth['counters']]> = [
    ['', 'healthy', counters(0, 0, 0, 0)],
    ['S', 'healthy', counters(0, 0, 0, 0)],
    ['H', 'mostly_healthy', counters(0, 1, 0, 0)],
    ['HH', 'mostly_healthy', counters(0, 2, 0, 0)],
    ['HHH', 'unhealthy', counters(0, 3, 0, 0)],
    ['TT', 'unhealthy', counters(0, 0, 2, 0)],
    ['OOO', 'unhealthy', counters(0, 0, 0, 3)],
    ['HTO', 'mostly_healthy', counters(0, 1, 1, 1)],
    ['HTOT', 'unhealthy', counters(0, 1, 2, 1)],
    ['HHS', 'mostly_healthy', counters(1, 0, 0, 0)],
    ['HHSS', 'healthy', counters(2, 0, 0, 0)],
    ['HHSH', 'mostly_healthy', counters(0, 1, 0, 0)],
    ['HHSSH', 'mostly_healthy', counters(0, 1, 0, 0)],
    ['TTT', 'unhealthy', counters(0, 0, 2, 0)],
    ['TTH', 'unhealthy', counters(0, 0, 2, 0)],
    ['TTS', 'mostly_unhealthy', counters(1, 0, 0, 0)],
    ['TTSS', 'healthy', counters(2, 0, 0, 0)],
    ['TTSSS', 'healthy', counters(2, 0, 0, 0)],
    ['TTST', 'mostly_unhealthy', counters(0, 0, 1, 0)],
    ['TTSTT', 'unhealthy', counters(0, 0, 2, 0)],
    ['TTSTS', 'mostly_unhealthy', counters(1, 0, 0, 0)],
    ['TTSTSS', 'healthy', counters(2, 0, 0, 0)]
  ]
  for (const [events, status, expected] of cases) t.same(run(events), { status, counters: expected }, events)
})

t.test('a kind without a limit is not counted', async t => {
  t.equal(run('TTTT', newTarget, { ...limits, tcp_failure: 0 }), newTarget)
  t.equal(run('TTSSS', newTarget, { ...limits, success: 0 }).status, 'unhealthy')
})

t.test('with a limit of one there is nothing between well and ill', async t => {
  const ones = { success: 1, http_failure: 1, tcp_failure: 1, timeout_failure: 1 }
  t.equal(run('H', newTarget, ones).status, 'unhealthy')
  t.equal(run('HS', newTarget, ones).status, 'healthy')
})

t.test('the first two states are used', async t => {
  t.same((['healthy', 'mostly_healthy', 'mostly_unhealthy', 'unhealthy'] as const).map(isUsable), [true, true, false, false])
})

t.test('limits are those that are written, and none where a side is left out', async t => {
  const full = checker({ active: { healthy: {}, unhealthy: {} }, passive: { healthy: {}, unhealthy: {} } })
  t.same(activeLimits(full), { success: 2, http_failure: 5, tcp_failure: 2, timeout_failure: 3 })
  t.same(passiveLimits(full), { success: 5, http_failure: 5, tcp_failure: 2, timeout_failure: 7 })
  const bare = checker({ active: {} })
  t.same(activeLimits(bare), { success: 0, http_failure: 0, tcp_failure: 0, timeout_failure: 0 })
  t.same(passiveLimits(bare), { success: 0, http_failure: 0, tcp_failure: 0, timeout_failure: 0 })
})

t.test('what a probe found out is an event', async t => {
  const checks = checker({ active: { healthy: {}, unhealthy: {} } })
  const cases: ReadonlyArray<readonly [outcome: ProbeOutcome, event: HealthEvent | undefined]> = [
    [{ kind: 'status', status: 200 }, 'success'],
    [{ kind: 'status', status: 302 }, 'success'],
    [{ kind: 'status', status: 503 }, 'http_failure'],
    [{ kind: 'status', status: 404 }, 'http_failure'],
    [{ kind: 'status', status: 201 }, undefined],
    [{ kind: 'unparsable' }, 'http_failure'],
    [{ kind: 'connected' }, 'success'],
    [{ kind: 'failed', reason: 'ECONNREFUSED' }, 'tcp_failure'],
    [{ kind: 'timeout' }, 'timeout_failure']
  ]
  for (const [outcome, event] of cases) t.equal(eventOf(outcome, checks), event, JSON.stringify(outcome))
})

function checker (stored: object): HealthChecker {
  const checked = compileValidator(HealthCheckerSchema, { fillDefaults: true })(stored)
  if (checked.kind === 'invalid') throw new Error(checked.issue.message)
  return checked.value
}
