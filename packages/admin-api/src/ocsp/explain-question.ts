import { CertificatePemSchema, compileValidator, StringEnum, WithDefault } from '@clinch/schema'
import { Type, type Static } from '@sinclair/typebox'
import { refusal } from '../errors.ts'

const seconds = (maximum: number, description: string) => Type.Optional(Type.Number({ minimum: 0, maximum, description }))
const dayS = 86_400

const PolicySchema = Type.Object({
  purpose: WithDefault(StringEnum(['staple', 'client'], { default: 'staple', description: 'whose defaults count: those of staples or those of client checks' })),
  skew: seconds(900, 'by which clocks may differ'),
  max_window: seconds(365 * dayS, 'a response is used no longer after its thisUpdate'),
  response_max_age: seconds(365 * dayS, 'an older response is refused'),
  without_next_update_ttl: seconds(365 * dayS, 'how long a response without nextUpdate lives; without this one it is refused'),
  allow_sha1_signatures: Type.Optional(Type.Boolean()),
  trusted_responders: Type.Optional({ ...CertificatePemSchema, description: 'PEM of certificates that may sign besides the issuer and its delegates' }),
  delegate_revocation: Type.Optional(StringEnum(['lenient', 'strict'], { description: 'what becomes of a delegate without nocheck' })),
  nonce: Type.Optional(StringEnum(['off', 'optional', 'required']))
}, { additionalProperties: false, default: {} })

/** The body of `ocsp/explain`. Members are named as in ssl resources and `plugin_attr`; durations are seconds. */
export const ExplainQuestionSchema = Type.Object({
  cert: { ...CertificatePemSchema, description: 'the certificate in question; its issuer may stand behind it' },
  issuer: Type.Optional({ ...CertificatePemSchema, description: 'who issued it' }),
  response: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9+/=\\s]+$', description: 'an OCSPResponse in base64; nobody is asked' })),
  responder: Type.Optional(Type.String({ pattern: '^https?://\\S+$', maxLength: 2048, description: 'asked instead of the responders that the certificate names' })),
  at: Type.Optional(Type.String({ format: 'date-time', description: 'the instant to judge at, ISO 8601; now when left out' })),
  policy: WithDefault(PolicySchema)
}, { additionalProperties: false })
export type ExplainQuestion = Static<typeof ExplainQuestionSchema>

const validate = compileValidator(ExplainQuestionSchema, { fillDefaults: true })

/**
 * The question in a body, with its defaults.
 *
 * @throws AdminError ADMIN_ERR_CONFIGURATION_INVALID
 */
export function readQuestion (body: unknown): ExplainQuestion {
  const result = validate(body)
  if (result.kind === 'invalid') throw refusal(`invalid question: ${result.issue.message}`)
  const { response, responder, at } = result.value
  if (response !== undefined && responder !== undefined) throw refusal('invalid question: "response" and "responder" exclude each other')
  if (at !== undefined && Number.isNaN(Date.parse(at))) throw refusal('invalid question: "at" is no instant')
  return result.value
}
