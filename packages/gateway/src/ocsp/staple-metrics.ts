import { Gauge, type Registry } from 'prom-client'
import type { StapleView } from './staple-view.ts'

/** What there is to know of each staple, read when somebody looks (ocsp.md 11). The label is ssl id and fingerprint. */
export function watchStaples (registry: Registry, prefix: string, views: () => readonly StapleView[], now: () => number): void {
  const label = ({ ssl_id: sslId, fingerprint }: StapleView) => ({ certificate: `${sslId}/${fingerprint.slice(0, 16)}` })
  const gauge = (name: string, help: string, read: (view: StapleView) => number | undefined) => new Gauge({
    name: `${prefix}${name}`,
    help,
    labelNames: ['certificate'],
    registers: [registry],
    collect () {
      this.reset()
      for (const view of views()) {
        const value = read(view)
        if (value !== undefined) this.set(label(view), value)
      }
    }
  })
  const secondsFromNow = (time: string | undefined) => time === undefined ? undefined : (Date.parse(time) - now()) / 1000
  gauge('ocsp_staple_expiry_seconds', 'Until the end of the staple that is held', view => secondsFromNow(view.usable_end))
  gauge('ocsp_staple_age_seconds', 'Since thisUpdate of the staple that is held', view => {
    const seconds = secondsFromNow(view.this_update)
    return seconds === undefined ? undefined : -seconds
  })
  gauge('ocsp_staple_state', '1 while a staple is held that may be sent, 0 otherwise', view => (view.state === 'good' || view.state === 'unverified') && (secondsFromNow(view.usable_end) ?? 0) > 0 ? 1 : 0)
}
