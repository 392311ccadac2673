import { StoreError } from '@clinch/store'
import { ConfigError } from './config/config-error.ts'

/** Why the gateway cannot run, in one line for whoever started it. */
export function explainError (error: unknown): string {
  if (error instanceof ConfigError) return error.message
  if (error instanceof StoreError) return `${error.code}: ${error.message}`
  if (!(error instanceof Error)) return String(error)
  const { code, port, address } = error as NodeJS.ErrnoException & { readonly port?: number, readonly address?: string | null }
  const place = `${address ?? '*'}:${port}`
  if (code === 'EADDRINUSE') return `${place} is in use by another process`
  if (code === 'EACCES' && port !== undefined) return `${place} may not be listened on: permission denied`
  if (code === 'EADDRNOTAVAIL') return `${place} is no address of this machine`
  return error.message
}
