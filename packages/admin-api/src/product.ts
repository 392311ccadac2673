import manifest from '../package.json' with { type: 'json' }

const name = 'Clinch'

export const productVersion: string = manifest.version

/** The `Server` header: with the version, or without when `enable_server_tokens` is off. */
export function productToken (serverTokens: boolean): string {
  return serverTokens ? `${name}/${productVersion}` : name
}
