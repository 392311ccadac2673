import { Gauge, type Registry } from 'prom-client'
import type { KeptCrl } from './crl-kept.ts'
import { shownPlace } from './crl-source.ts'
import { stateOf, type CrlView } from './crl-view.ts'

const states = ['loading', 'current', 'expired', 'failing'] as const satisfies ReadonlyArray<CrlView['state']>

/** What there is to know of the CRLs that are kept, read when somebody looks. The label is host and id, 256 at most. */
export function watchCrls (registry: Registry, prefix: string, kept: () => readonly KeptCrl[], now: () => number): void {
  const registers = [registry]
  // eslint-disable-next-line no-new
  new Gauge({
    name: `${prefix}ocsp_crls`,
    help: 'CRLs that are kept for client certificates',
    labelNames: ['state'],
    registers,
    collect () {
      const found = kept().map(crl => stateOf(crl, now()))
      for (const state of states) this.set({ state }, found.filter(one => one === state).length)
    }
  })
  const gauge = (name: string, help: string, read: (crl: NonNullable<KeptCrl['crl']>) => number | undefined) => new Gauge({
    name: `${prefix}${name}`,
    help,
    labelNames: ['crl'],
    registers,
    collect () {
      this.reset()
      for (const { key, source, crl } of kept()) {
        const value = crl === undefined ? undefined : read(crl)
        if (value !== undefined) this.set({ crl: `${shownPlace(source)}/${key.slice(0, 16)}` }, value)
      }
    }
  })
  gauge('ocsp_crl_expiry_seconds', 'Until nextUpdate of the CRL that is held', crl => crl.nextUpdateMs === undefined ? undefined : (crl.nextUpdateMs - now()) / 1000)
  gauge('ocsp_crl_entries', 'Certificates that the CRL lists', crl => crl.table.size)
}
