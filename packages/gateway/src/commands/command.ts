import type { ExitStatus } from './exit-status.ts'

/** Every option there is; each command takes some of them. */
export const options = {
  config: { type: 'string', short: 'c', text: '-c, --config FILE', help: 'another config.yaml than conf/config.yaml; with APISIX_PROFILE=P in the environment that is conf/config-P.yaml' },
  timeout: { type: 'string', text: '    --timeout SECONDS', help: 'how long to wait' },
  store: { type: 'boolean', text: '    --store', help: 'check every object of the store as well' },
  json: { type: 'boolean', text: '    --json', help: 'one JSON object' },
  help: { type: 'boolean', short: 'h', text: '-h, --help', help: 'this text' }
} as const satisfies Record<string, { readonly type: 'string' | 'boolean', readonly short?: string, readonly text: string, readonly help: string }>

export type OptionName = keyof typeof options

export interface CommandOptions {
  readonly config: string
  readonly timeoutMs: number | undefined
  readonly store: boolean
  readonly json: boolean
}

export interface Command {
  readonly name: string
  /** After the name, in one line. */
  readonly synopsis: string
  readonly summary: string
  /** What `clinch help NAME` says beside the options. */
  readonly details: string
  readonly options: readonly OptionName[]
  /** Undefined: the process goes on, and says itself how it ends. */
  readonly run: (options: CommandOptions) => Promise<ExitStatus | undefined>
}
