import type { HeaderList } from '../../contract/header-list.ts'
import { CONTINUE, type PhaseResult } from '../../contract/phases.ts'
import type { Plugin } from '../../contract/plugin.ts'
import { isFieldValue, toFieldValue } from '../../header/field-value.ts'
import { addToVary } from '../../header/vary.ts'
import { compileMetadataRule } from './metadata-rule.ts'
import { compileOriginPatterns, compileOrigins, findPatternFault, type OriginRule } from './origin-rule.ts'
import { CorsMetadataSchema, CorsSchema, type Cors } from './schema.ts'

/** Lets pages of other origins use the route: answers preflights and tells browsers what is allowed. */
export default {
  name: 'cors',
  version: 0.1,
  priority: 4000,
  schema: CorsSchema,
  metadataSchema: CorsMetadataSchema,

  check (conf) {
    const { allow_origins: origins, allow_methods: methods, allow_headers: headers, expose_headers: exposed, timing_allow_origins: timing } = conf
    if (conf.allow_credential && [origins, methods, headers, exposed, timing].includes('*')) {
      return 'you can not set \'*\' for other option when \'allow_credential\' is true'
    }
    const unsendable = Object.entries({ allow_methods: methods, allow_headers: headers, expose_headers: exposed ?? '' }).find(([, value]) => !isFieldValue(value))
    if (unsendable !== undefined) return `invalid value character in ${unsendable[0]}`
    return findPatternFault('allow_origins_by_regex', conf.allow_origins_by_regex) ??
      findPatternFault('timing_allow_origins_by_regex', conf.timing_allow_origins_by_regex)
  },

  create (conf, { metadata }) {
    const allow = compileAllowRule(conf, metadata)
    const allowTiming = compileTimingRule(conf)
    const describe = compileDescription(conf)
    const varies = conf.allow_origins !== '*' || conf.allow_origins_by_regex !== undefined || conf.allow_origins_by_metadata !== undefined ||
      conf.timing_allow_origins_by_regex !== undefined || (conf.timing_allow_origins ?? '*') !== '*'
    return {
      rewrite: context => context.method === 'OPTIONS' ? accepted : CONTINUE,

      headerFilter (context, { headers }) {
        const origin = context.headers.get('origin')
        if (varies) addToVary(headers, 'Origin')
        const allowed = allow(origin)
        if (allowed !== undefined) {
          headers.set('Access-Control-Allow-Origin', allowed)
          describe(headers, context.headers)
        }
        const timing = allowTiming?.(origin)
        if (timing !== undefined) headers.set('Timing-Allow-Origin', timing)
      }
    }
  }
} satisfies Plugin<typeof CorsSchema>

const accepted: PhaseResult = Object.freeze({ kind: 'respond', response: { status: 200 } })

function compileAllowRule (conf: Cors, metadata: () => Readonly<Record<string, unknown>> | undefined): OriginRule {
  const { allow_origins: origins, allow_origins_by_regex: patterns, allow_origins_by_metadata: keys } = conf
  const byConf = patterns === undefined ? compileOrigins(origins) : compileOriginPatterns(patterns)
  if (keys === undefined) return byConf
  const byMetadata = compileMetadataRule(keys, metadata)
  return origin => byMetadata(origin) ?? (origins === '*' ? undefined : byConf(origin))
}

function compileTimingRule ({ timing_allow_origins: origins, timing_allow_origins_by_regex: patterns }: Cors): OriginRule | undefined {
  if (patterns !== undefined) return compileOriginPatterns(patterns)
  return origins === undefined ? undefined : compileOrigins(origins)
}

/** What is told besides the origin, in place of what the upstream said of it. */
function compileDescription (conf: Cors): (response: HeaderList, request: HeaderList) => void {
  const { allow_methods: methods, allow_headers: headers, expose_headers: exposed = '' } = conf
  const constants: ReadonlyArray<readonly [name: string, value: string]> = [
    ['Access-Control-Allow-Methods', methods === '**' ? everyMethod : methods],
    ['Access-Control-Max-Age', String(conf.max_age)],
    ...headers === '**' ? [] : [['Access-Control-Allow-Headers', headers] as const],
    ...exposed === '' ? [] : [['Access-Control-Expose-Headers', exposed] as const],
    ...conf.allow_credential ? [['Access-Control-Allow-Credentials', 'true'] as const] : []
  ]
  const lines = constants.map(([name, value]) => [name, toFieldValue(value)] as const)
  return (response, request) => {
    for (const [name, value] of lines) response.set(name, value)
    if (headers !== '**') return
    const asked = request.get('access-control-request-headers')
    if (asked === undefined) response.delete('Access-Control-Allow-Headers')
    else response.set('Access-Control-Allow-Headers', asked)
  }
}

const everyMethod = 'GET,POST,PUT,DELETE,PATCH,HEAD,OPTIONS,CONNECT,TRACE'
