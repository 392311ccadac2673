export type AuditVerdict =
  | { readonly kind: 'fine' }
  | { readonly kind: 'found', readonly advisories: readonly string[] }
  /** Nobody could be asked. */
  | { readonly kind: 'unknown', readonly reason: string }

const grave: readonly unknown[] = ['high', 'critical']

interface AuditReport {
  readonly vulnerabilities?: Readonly<Record<string, { readonly severity?: unknown, readonly range?: unknown, readonly via?: ReadonlyArray<string | { readonly title?: unknown, readonly url?: unknown }> }>>
  readonly message?: unknown
}

/** What `npm audit --json` printed comes to: advisories of the severity `high` or above, one text for each package. */
export function judgeAudit (printed: string): AuditVerdict {
  const report = parse(printed)
  if (report?.vulnerabilities === undefined) return { kind: 'unknown', reason: typeof report?.message === 'string' ? report.message : 'npm audit printed no report' }
  const advisories = Object.entries(report.vulnerabilities).filter(([, { severity }]) => grave.includes(severity)).map(([name, { severity, range, via = [] }]) => {
    const causes = via.map(cause => typeof cause === 'string' ? `by ${cause}` : `${String(cause.title)} ${String(cause.url)}`)
    return `${name} ${String(range)}: ${String(severity)}: ${causes.join('; ')}`
  })
  return advisories.length === 0 ? { kind: 'fine' } : { kind: 'found', advisories }
}

function parse (printed: string): AuditReport | undefined {
  try {
    const report: unknown = JSON.parse(printed)
    return typeof report === 'object' && report !== null ? report : undefined
  } catch {
    return undefined
  }
}
