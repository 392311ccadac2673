import { DemoError } from './demo-error.ts'

/** The number of an option such as `--port 8080`. */
export function readPort (option: string, value: string): number {
  const port = Number(value)
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new DemoError(`--${option} takes a port number, not ${value}`)
  return port
}
