import { DemoError } from './demo-error.ts'

/** The responder that certificates name when it runs on this machine. */
export function localResponder (port: number): string {
  return `http://127.0.0.1:${port}/`
}

/** The value of `--ocsp-url`, as certificates carry it. */
export function readResponderUrl (value: string): string {
  const url = URL.parse(value)
  if (url === null || url.protocol !== 'http:' || /[\s,;]/.test(value)) throw new DemoError(`--ocsp-url takes a URL such as http://responder:11451/, not ${value}`)
  return url.href
}

/** The port on which the responder that certificates name has to listen. */
export function portOf (url: string): number {
  return Number(new URL(url).port || 80)
}
