import { StringEnum } from '@clinch/schema'
import { Type, type TSchema } from '@sinclair/typebox'
import { ExplainQuestionSchema } from '../ocsp/explain-question.ts'
import { stapleStates } from '../ocsp/inspection.ts'

const time = (description: string) => Type.Optional(Type.String({ format: 'date-time', description }))
const optionalText = (description: string) => Type.Optional(Type.String({ description }))
const fingerprint = Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of the certificate' })
const closed = { additionalProperties: false }

const lastError = Type.Optional(Type.Object({ code: Type.String(), message: Type.String(), since: Type.String({ format: 'date-time' }) }, closed))
const failures = Type.Integer({ minimum: 0, description: 'in a row' })

const StapleSchema = Type.Object({
  ssl_id: Type.String(),
  snis: Type.Array(Type.String()),
  fingerprint,
  state: StringEnum(stapleStates),
  must_staple: Type.Boolean(),
  verified: Type.Boolean(),
  this_update: time('when the responder knew it to be so'),
  usable_end: time('from then on it is sent no more'),
  fetched_at: time('when it was fetched'),
  due: time('when the responder is asked again'),
  responder: optionalText('whose answer it is, or who failed last'),
  signer: optionalText('issuer, delegate or configured'),
  hash: optionalText('the hash in the CertID of the response'),
  last_error: lastError,
  failures
}, closed)

const CrlSchema = Type.Object({
  id: Type.String({ description: 'as in metrics and log lines' }),
  place: Type.String({ description: 'the host it comes from, or a file' }),
  issuer: fingerprint,
  state: StringEnum(['loading', 'current', 'expired', 'failing']),
  this_update: time('when the issuer knew it to be so'),
  next_update: time('from then on it proves only what it lists'),
  entries: Type.Optional(Type.Integer({ minimum: 0, description: 'how many certificates it lists' })),
  number: optionalText('cRLNumber in hexadecimal'),
  fetched_at: time('when it was fetched'),
  due: time('when it is fetched again'),
  last_error: lastError,
  failures
}, closed)

const ClientSchema = Type.Object({
  fingerprint,
  state: StringEnum(['good', 'revoked', 'unknown', 'indeterminate', 'notApplicable']),
  source: optionalText('ocsp, crl, or disk: kept from before the start'),
  since: time('since when it is in this state'),
  this_update: time('when the responder knew it to be so'),
  usable_end: time('until then the verdict may be used'),
  known_until: time('until then nobody is asked'),
  responder: optionalText('the host that was asked'),
  ssl_id: optionalText('where the client came in first'),
  code: optionalText('why there is no verdict, or nothing to ask')
}, closed)

const StepSchema = Type.Object({
  step: Type.Integer(),
  rule: Type.String(),
  outcome: StringEnum(['passed', 'failed', 'not reached']),
  code: Type.Optional(Type.String()),
  detail: Type.Optional(Type.String()),
  source: Type.String({ description: 'the RFC sections that the rule comes from' })
}, closed)

const ExplanationSchema = Type.Object({
  certificate: Type.Object({ fingerprint, not_after: Type.String({ format: 'date-time' }), must_staple: Type.Boolean(), responders: Type.Array(Type.String()) }, closed),
  issuer: Type.Object({ fingerprint }, closed),
  verdict: Type.Object({ kind: StringEnum(['good', 'revoked', 'unknown', 'indeterminate', 'notApplicable']) }),
  answers: Type.Array(Type.Object({
    responder: Type.Optional(Type.String()),
    hash: Type.Optional(Type.String()),
    failure: Type.Optional(Type.Object({ code: Type.String(), detail: Type.String() }, closed)),
    response: optionalText('as it came, in base64'),
    steps: Type.Array(StepSchema)
  }, closed))
}, closed)

const listOf = <Item extends TSchema>(item: Item) => ({ total: Type.Integer({ minimum: 0, description: 'before paging' }), list: Type.Array(item) })

/** What the OCSP endpoints take and answer (ocsp/inspection.ts, ocsp/explanation.ts). */
export const ocspSchemas = {
  OcspStaples: Type.Object(listOf(StapleSchema), closed),
  OcspRefreshed: Type.Object({ asked: Type.Integer({ description: 'certificates that were asked about' }), ...listOf(StapleSchema) }, closed),
  OcspClients: Type.Object(listOf(ClientSchema), closed),
  OcspCrls: Type.Object(listOf(CrlSchema), closed),
  OcspQuestion: ExplainQuestionSchema,
  OcspExplanation: ExplanationSchema
} as const
